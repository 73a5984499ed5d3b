"""Several inputs, folders, globs, names."""

import zlib

import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels
from PIL import Image


def save(path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image(**options).save(path)
    return path


def files(folder):
    return sorted(name for name, kind in program.snapshot(folder).items() if kind != "folder")


@pytest.fixture
def photos(folder):
    """A folder with pictures at two depths, and what else lies in such folders."""
    for seed, name in enumerate(["one.jpg", "two.png", "summer/three.jpg", "summer/sea/four.webp"]):
        save(folder / "photos" / name, seed=seed)
    (folder / "photos" / "notes.txt").write_text("not a picture")
    (folder / "photos" / ".hidden.png").write_bytes(b"not one either")
    return folder / "photos"


def test_several_inputs_into_a_folder(identity, folder):
    sources = [save(folder / f"{n}.png", seed=n) for n in range(3)]
    program.run("stylize", *sources, "-s", identity, "-o", folder / "out/", "--quiet").ok()
    assert files(folder / "out") == ["0.png", "1.png", "2.png"]
    for source in sources:
        assert abs(pixels(folder / "out" / source.name) - pixels(source)).max() <= 1


def test_folder_without_recursion(photos, identity, folder):
    program.run("stylize", photos, "-s", identity, "-o", folder / "out", "--quiet").ok()
    assert files(folder / "out") == ["one.jpg", "two.png"]


def test_folder_with_recursion(photos, identity, folder):
    result = program.run("stylize", photos, "-r", "-s", identity, "-o", folder / "out", "--quiet").ok()
    assert files(folder / "out") == ["one.jpg", "summer/sea/four.webp", "summer/three.jpg", "two.png"]
    assert result.err == ""
    assert abs(pixels(folder / "out/two.png") - pixels(photos / "two.png")).max() <= 1


def test_output_folder_inside_the_input_folder(photos, identity):
    """A second run does not paint the paintings."""
    for _ in range(2):
        program.run("stylize", photos, "-r", "-s", identity, "-o", photos / "out", "--quiet", "--overwrite").ok()
    assert files(photos / "out") == ["one.jpg", "summer/sea/four.webp", "summer/three.jpg", "two.png"]


def test_quoted_glob(photos, identity, folder):
    save(photos / "zero.jpg")
    program.run("stylize", "*.jpg", "-s", identity, "-o", folder / "out", "--quiet", cwd=photos).ok()
    assert files(folder / "out") == ["one.jpg", "zero.jpg"]


def test_glob_that_matches_nothing(photos, identity, folder):
    result = program.run("stylize", "*.webp", "-s", identity, "-o", folder / "out", "--quiet", cwd=photos)
    program.assert_refused(result, program.NO_INPUT, "*.webp")
    assert not (folder / "out").exists()


def test_name_with_glob_characters_is_a_name(identity, folder):
    source = save(folder / "a[1]*.png")
    program.stylize(source, identity, folder / "b.png")
    assert abs(pixels(folder / "b.png") - pixels(source)).max() <= 1


def test_one_broken_file_does_not_stop_the_rest(identity, folder):
    sources = [save(folder / f"{n}.png", seed=n) for n in range(5)]
    sources[2].write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    result = program.run("stylize", *sources, "-s", identity, "-o", folder / "out", "--quiet")
    program.assert_refused(result, 1, "2.png")
    assert files(folder / "out") == ["0.png", "1.png", "3.png", "4.png"]


def test_every_broken_file_is_named(identity, folder):
    sources = [save(folder / f"{n}.png", seed=n) for n in range(3)]
    sources[0].write_bytes(b"")
    sources[1].unlink()
    result = program.run("stylize", *sources, "-s", identity, "-o", folder / "out", "--quiet")
    assert result.status == 1, result.err
    lines = result.err.splitlines()
    assert len(lines) == 2 and all(line.startswith("clipmorph: ") for line in lines), result.err
    assert "0.png" in lines[0] and "1.png" in lines[1]
    assert files(folder / "out") == ["2.png"]


def test_pictures_and_clips_together(identity, folder):
    source = folder / "clip.mp4"
    probes.tool(*FFMPEG, *picture(seconds="0.4"), *H264, source)
    program.run("stylize", source, save(folder / "a.jpg"), "-s", identity, "-o", folder / "out", "--quiet").ok()
    assert files(folder / "out") == ["a.jpg", "clip.mp4"]
    probes.check_frame_times(source, folder / "out/clip.mp4")


NAMES = ["two words.png", "日本の海.png", "ünï (1).png", "a'b\"c.png", "100%.png", "-dash.png", "a..b.png", "a:b.png", "new\nline.png"]


def test_names(identity, folder):
    sources = [save(folder / name, seed=seed) for seed, name in enumerate(NAMES)]
    arguments = [f"./{name}" for name in NAMES]
    program.run("stylize", *arguments, "-s", identity, "-o", "./my paintings/", "--quiet", cwd=folder).ok()
    assert files(folder / "my paintings") == sorted(NAMES)
    for source in sources:
        assert abs(pixels(folder / "my paintings" / source.name) - pixels(source)).max() <= 1, source.name


@pytest.mark.parametrize("name", ["two words é.mp4", "a:b%d.mp4"])
def test_names_of_clips(name, identity, folder):
    """Neither a protocol nor a pattern, though FFmpeg could take them for that."""
    probes.tool(*FFMPEG, *picture(seconds="0.2"), *H264, "-f", "mp4", f"file:{folder / 'x'}")
    (folder / "x").rename(folder / name)
    program.run("stylize", name, "-s", identity, "-o", f"out {name}", "--quiet", cwd=folder).ok()
    assert files(folder) == sorted([name, f"out {name}"])


def test_dash_after_the_end_of_options(identity, folder):
    save(folder / "-a.png")
    program.run("stylize", "-s", identity, "-o", "b.png", "--quiet", "--", "-a.png", cwd=folder).ok()
    assert files(folder) == ["-a.png", "b.png"]


def test_name_without_an_output(identity, folder):
    save(folder / "sea.png")
    program.run("stylize", "sea.png", "-s", identity, "--quiet", cwd=folder).ok()
    assert files(folder) == ["sea-identity.png", "sea.png"]


@pytest.mark.parametrize("extension", ["bmp", "tiff"])
def test_name_without_an_output_of_a_format_that_is_not_written(extension, identity, folder):
    save(folder / f"sea.{extension}")
    program.run("stylize", f"sea.{extension}", "-s", identity, "--quiet", cwd=folder).ok()
    made = [name for name in files(folder) if name != f"sea.{extension}"]
    assert len(made) == 1 and made[0].startswith("sea-identity.")
    with Image.open(folder / made[0]) as written:
        assert written.format in ("PNG", "JPEG", "WEBP")


@pytest.mark.parametrize("names", [("a.png", "a.jpg"), ("a.png", "a.bmp"), ("x/a.png", "y/a.png")])
def test_equal_names_do_not_overwrite_one_another(names, identity, folder):
    """Either both paintings exist, or one is refused in words; never one on top of the other."""
    sources = [save(folder / name, seed=seed) for seed, name in enumerate(names)]
    result = program.run("stylize", *sources, "-s", identity, "-o", folder / "out", "--quiet")
    made = [folder / "out" / name for name in files(folder / "out")] if (folder / "out").exists() else []
    if result.status == 0:
        assert len(made) == 2
        for source in sources:
            assert min(abs(pixels(path) - pixels(source)).mean() for path in made) <= 3, f"no painting of {source.name}"
    else:
        assert result.status in (1, program.USAGE, program.CANNOT_CREATE), result.err
        assert result.err.startswith("clipmorph: ") and len(made) < 2
    assert names != ("a.png", "a.jpg") or result.status == 0, "these two names do not collide"


def test_several_inputs_to_one_file_are_refused(identity, folder):
    sources = [save(folder / f"{n}.png", seed=n) for n in range(2)]
    before = program.snapshot(folder)
    result = program.run("stylize", *sources, "-s", identity, "-o", folder / "out.png", "--quiet")
    assert result.status in (program.USAGE, program.CANNOT_CREATE), (result.status, result.err)
    assert program.snapshot(folder) == before


def test_output_in_a_folder_that_does_not_exist(identity, folder):
    """Made, or refused in words."""
    source = save(folder / "a.png")
    result = program.run("stylize", source, "-s", identity, "-o", folder / "new/b.png", "--quiet")
    if result.status:
        program.assert_refused(result, program.CANNOT_CREATE, "new")
        assert files(folder) == ["a.png"]
    else:
        assert pixels(folder / "new/b.png").shape == (30, 48, 3)


def test_animated_gif_stays_animated(stylized):
    _, output, _ = stylized("gif-uneven-delays")
    with Image.open(output) as written:
        assert written.format == "GIF" and written.n_frames == 25


def test_what_has_the_name_of_another_kind_goes_by_its_contents(identity, folder):
    """An animated PNG, a picture that is called a clip, a clip that is called a picture; what is broken is told by its own name."""
    probes.tool(*FFMPEG, *picture(seconds="0.2"), "-f", "apng", folder / "moves.png")
    image().save(folder / "rests.mp4", format="PNG")
    probes.tool(*FFMPEG, *picture(seconds="0.2"), *H264, "-f", "mp4", folder / "film.jpg")
    (folder / "broken.jpg").write_text("nothing")
    result = program.run("stylize", *(folder / name for name in ("moves.png", "rests.mp4", "film.jpg", "broken.jpg")), "-s", identity,
                         "-o", folder / "out/", "--quiet", "--stabilize", "off")
    assert result.status == 1 and "broken.jpg" in result.err and len(result.err.splitlines()) == 1, result.err
    assert files(folder / "out") == ["film.mp4", "moves.mp4", "rests.png"]
    assert len(probes.frame_times(folder / "out" / "moves.mp4")) == 5


def test_an_animation_is_known_behind_whatever_lies_before_it(identity, folder):
    """Megabytes of text between a PNG's header and `acTL`."""
    probes.tool(*FFMPEG, *picture(seconds="0.2"), "-f", "apng", folder / "short.png")
    data = (folder / "short.png").read_bytes()
    text = b"tEXt" + b"Comment\0" + b"x" * 3_000_000
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    (folder / "long.png").write_bytes(data[:33] + chunk + data[33:])
    program.stylize(folder / "long.png", identity, folder / "long.mp4")
    assert len(probes.frame_times(folder / "long.mp4")) == 5
    result = program.run("stylize", folder / "long.png", "-s", identity, "-o", folder / "still.png", "--quiet")
    program.assert_refused(result, program.CANNOT_CREATE, "is a clip")
