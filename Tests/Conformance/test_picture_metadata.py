"""EXIF, orientation and colour profiles of pictures."""

import numpy
import program
import pytest
from picture_sources import ARTIST, DATE_TIME, DATE_TIME_ORIGINAL, EXIF_FOLDER, ORIENTATION, exif, icc, image, pixels
from PIL import Image, ImageOps

INPUTS = {"jpg": {"quality": 95, "subsampling": 0}, "png": {}, "webp": {"lossless": True}, "tiff": {}}
OUTPUTS = ["jpg", "png", "webp"]


@pytest.fixture(scope="module")
def oriented(identity, tmp_path_factory):
    """A folder of pictures in every orientation and the folder of what one call made of them."""
    folder = tmp_path_factory.mktemp("oriented")
    (folder / "in").mkdir()
    for extension in OUTPUTS:
        for orientation in range(1, 9):
            path = folder / f"in/{extension}-{orientation}.{extension}"
            image(40, 24).save(path, exif=exif(orientation), **INPUTS[extension])
    result = program.run("stylize", folder / "in", "-s", identity, "-o", folder / "out", "--quiet")
    return folder, result


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", OUTPUTS)
def test_orientation_is_applied_once(extension, orientation, oriented):
    folder, result = oriented
    result.ok()
    name = f"{extension}-{orientation}.{extension}"
    with Image.open(folder / "in" / name) as stored:
        expected = numpy.asarray(ImageOps.exif_transpose(stored).convert("RGB")).astype(int)
    after = pixels(folder / "out" / name)
    assert after.shape == expected.shape
    assert abs(after - expected).mean() <= (0.5 if extension == "png" else 4)
    with Image.open(folder / "out" / name) as written:
        assert written.getexif().get(ORIENTATION, 1) == 1, "a viewer would turn it again"


@pytest.mark.parametrize("output", OUTPUTS)
def test_oriented_size_in_every_format(output, identity, folder):
    source, target = folder / "a.jpg", folder / f"b.{output}"
    image(40, 24).save(source, exif=exif(6), quality=95)
    program.stylize(source, identity, target)
    with Image.open(target) as written:
        assert written.size == (24, 40)
        assert ImageOps.exif_transpose(written).size == (24, 40)


@pytest.fixture(scope="module")
def described(identity, tmp_path_factory):
    """Gives the output of a picture with EXIF and a profile, for an input and an output format; each is made once."""
    folder, made = tmp_path_factory.mktemp("described"), {}

    def get(extension, output):
        source, target = folder / f"{extension}.{extension}", folder / f"{extension}-out.{output}"
        if target not in made:
            options = {} if extension == "tiff" else {"exif": exif(1)}
            image().save(source, icc_profile=icc(), **options, **INPUTS[extension])
            made[target] = program.run("stylize", source, "-s", identity, "-o", target, "--quiet")
        made[target].ok()
        return target

    return get


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
def test_exif_is_kept(extension, output, described):
    with Image.open(described(extension, output)) as written:
        fields = written.getexif()
        assert fields.get(ARTIST) == "Hokusai"
        assert fields.get(DATE_TIME) == "1831:05:06 07:08:09"
        assert fields.get_ifd(EXIF_FOLDER).get(DATE_TIME_ORIGINAL) == "1831:01:02 03:04:05"


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("extension", INPUTS)
def test_colour_profile_is_kept(extension, output, described):
    with Image.open(described(extension, output)) as written:
        assert written.info.get("icc_profile") == icc(), "the profile is gone or changed"


def test_big_colour_profile_in_several_jpeg_segments(identity, folder):
    """A profile over 64 KiB is spread over segments."""
    profile = icc() + bytes(range(256)) * 400
    profile = len(profile).to_bytes(4, "big") + profile[4:]
    source, target = folder / "a.jpg", folder / "b.jpg"
    image().save(source, icc_profile=profile)
    program.stylize(source, identity, target)
    with Image.open(target) as written:
        assert written.info.get("icc_profile") == profile


def test_no_profile_and_no_exif_from_nowhere(identity, folder):
    source, target = folder / "a.png", folder / "b.png"
    image().save(source)
    program.stylize(source, identity, target)
    with Image.open(target) as written:
        assert "icc_profile" not in written.info
        assert ARTIST not in written.getexif()


@pytest.mark.parametrize("mode, space", [("CMYK", "CMYK"), ("L", "GRAY")])
def test_profile_of_another_colour_space_is_not_put_on_rgb(mode, space, identity, folder):
    source, target = folder / "a.jpg", folder / "b.jpg"
    image(mode=mode).save(source, icc_profile=icc(space))
    program.stylize(source, identity, target)
    with Image.open(target) as written:
        profile = written.info.get("icc_profile")
        spaces = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}
        assert profile is None or profile[16:20] == spaces[written.mode], f"a {space} profile on a {written.mode} picture"
