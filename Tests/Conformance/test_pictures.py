"""Pixels of pictures: formats, depths, sizes, alpha, strength, colour, tiles."""

import os
import time

import numpy
import program
import pytest
from picture_sources import chroma, icc, image, overwrite_middle, pixels, png_depth, read_png16, texture, write_png16, write_tiff
from PIL import Image

# Lossless inputs: name, Pillow's mode, extension, save options.
LOSSLESS = {
    "png": ("RGB", "png", {}),
    "png-grey": ("L", "png", {}),
    "png-palette": ("P", "png", {}),
    "png-one-bit": ("1", "png", {}),
    "png-alpha": ("RGBA", "png", {}),
    "png-grey-alpha": ("LA", "png", {}),
    "webp": ("RGB", "webp", {"lossless": True}),
    "webp-alpha": ("RGBA", "webp", {"lossless": True, "exact": True}),
    "tiff": ("RGB", "tiff", {}),
    "tiff-lzw": ("RGB", "tiff", {"compression": "tiff_lzw"}),
    "tiff-deflate": ("RGB", "tif", {"compression": "tiff_adobe_deflate"}),
    "tiff-alpha": ("RGBA", "tiff", {}),
    "tiff-grey": ("L", "tiff", {}),
    "tiff-grey-alpha": ("LA", "tiff", {}),
    "tiff-palette": ("P", "tiff", {}),
    "tiff-one-bit": ("1", "tiff", {"compression": "group4"}),
    "tiff-packbits": ("RGB", "tiff", {"compression": "packbits"}),
    "tiff-packbits-strips": ("RGBA", "tiff", {"compression": "packbits", "tiffinfo": {278: 7}}),
    "bmp": ("RGB", "bmp", {}),
    "bmp-grey": ("L", "bmp", {}),
    "bmp-one-bit": ("1", "bmp", {}),
}


@pytest.fixture(scope="module")
def lossless(identity, tmp_path_factory):
    """The pictures of `LOSSLESS` in a folder, and the folder of what one call made of them; WebP is asked for as PNG."""
    folder = tmp_path_factory.mktemp("lossless")
    (folder / "in").mkdir()
    for name, (mode, extension, options) in LOSSLESS.items():
        image(mode=mode).save(folder / f"in/{name}.{extension}", **options)
    others = [path for path in sorted((folder / "in").iterdir()) if path.suffix != ".webp"]
    results = [program.run("stylize", *others, "-s", identity, "-o", folder / "out/", "--quiet")]
    for path in (folder / "in").glob("*.webp"):
        results.append(program.run("stylize", path, "-s", identity, "-o", folder / f"out/{path.stem}.png", "--quiet"))
    return folder, results


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_input_comes_through(name, lossless):
    """What is not written, TIFF and BMP, becomes PNG."""
    folder, results = lossless
    mode, extension, _ = LOSSLESS[name]
    for result in results:
        result.ok()
    source, output = folder / f"in/{name}.{extension}", folder / f"out/{name}.png"
    before, after = pixels(source, "RGBA"), pixels(output, "RGBA")
    assert after.shape == before.shape
    assert (after[..., 3] == before[..., 3]).all(), "alpha differs"
    seen = before[..., 3:] > 0
    assert abs((after - before)[..., :3] * seen).max() <= 1
    assert "A" in Image.open(output).mode or "A" not in mode


@pytest.mark.parametrize("depth", [8, 16])
def test_tiff_of_both_depths(depth, identity, folder):
    """With a tag that FFmpeg does not know."""
    values = texture(50, 37)
    source = write_tiff(folder / "a.tiff", values if depth == 8 else values.astype(numpy.uint16) * 257)
    program.stylize(source, identity, folder / "b.png")
    assert png_depth(folder / "b.png") == depth
    assert abs(pixels(folder / "b.png").astype(int) - values).max() <= 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_damaged_tiff_is_refused(compression, identity, folder):
    source = folder / "a.tiff"
    image(240, 160).save(source, compression=compression)
    overwrite_middle(source)
    result = program.run("stylize", source, "-s", identity, "-o", folder / "b.png", "--quiet")
    program.assert_refused(result, program.BAD_DATA, "damaged")
    assert list(program.snapshot(folder)) == ["a.tiff"]


def test_tiff_in_tiles_is_refused(identity, folder):
    """FFmpeg would read it as black, without an error."""
    result = program.run("stylize", write_tiff(folder / "a.tiff", texture(50, 37), 16), "-s", identity, "-o", folder / "b.png", "--quiet")
    program.assert_refused(result, program.BAD_DATA, "in tiles")
    assert list(program.snapshot(folder)) == ["a.tiff"]


@pytest.mark.parametrize("mode", ["RGB", "L", "YCbCr"])
def test_tiff_of_jpeg_streams_is_refused(mode, identity, folder):
    """FFmpeg would read it as black or noise, without an error."""
    source = folder / "a.tiff"
    image(mode=mode).save(source, compression="jpeg")
    result = program.run("stylize", source, "-s", identity, "-o", folder / "b.png", "--quiet")
    program.assert_refused(result, program.BAD_DATA, "JPEG's compression")
    assert list(program.snapshot(folder)) == ["a.tiff"]


JPEGS = {
    "rgb": ("RGB", {"quality": 95, "subsampling": 0}, 1.0),
    "subsampled": ("RGB", {"quality": 90}, 3.0),
    "grey": ("L", {"quality": 95}, 1.0),
    "progressive": ("RGB", {"quality": 95, "subsampling": 0, "progressive": True}, 1.0),
    "cmyk": ("CMYK", {"quality": 95}, 6.0),
}


@pytest.mark.parametrize("name", JPEGS)
def test_jpeg_comes_through(name, identity, folder):
    mode, options, tolerance = JPEGS[name]
    source, output = folder / "a.jpg", folder / "b.png"
    image(mode=mode).save(source, **options)
    program.stylize(source, identity, output)
    before, after = pixels(source), pixels(output)
    assert after.shape == before.shape
    assert abs(after - before).mean() <= tolerance


def test_webp_with_loss(identity, folder):
    source, output = folder / "a.webp", folder / "b.png"
    image().save(source, quality=90)
    program.stylize(source, identity, output)
    assert abs(pixels(source) - pixels(output)).mean() <= 3


FORMATS = [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")]
CASES = [(*pair, mode) for pair in FORMATS for mode in ("RGBA", "L")] + [("jpeg", "JPEG", "RGB"), ("JPG", "JPEG", "RGB")]


@pytest.mark.parametrize("extension, kind, mode", CASES)
def test_output_format_by_extension(extension, kind, mode, identity, folder):
    source, output = folder / "a.png", folder / f"b.{extension}"
    image(mode=mode).save(source)
    program.stylize(source, identity, output)
    with Image.open(output) as written:
        assert written.format == kind
        assert written.size == (48, 30)
    if mode == "RGBA" and kind != "JPEG":
        assert (pixels(output, "RGBA")[..., 3] == pixels(source, "RGBA")[..., 3]).all()
    if mode != "RGBA":
        assert abs(pixels(source) - pixels(output)).mean() <= 4


def test_alpha_is_not_stylized(invert, folder):
    source, output = folder / "a.png", folder / "b.png"
    image(mode="RGBA").save(source)
    program.stylize(source, invert, output)
    before, after = pixels(source, "RGBA"), pixels(output, "RGBA")
    assert (after[..., 3] == before[..., 3]).all()
    opaque = before[..., 3] > 0
    assert abs(255 - before - after)[..., :3][opaque].max() <= 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_come_through(channels, identity, folder):
    values = texture(33, 21, channels, seed=5).astype(numpy.uint16) * 257 - (numpy.arange(33)[:, None] % 97).astype(numpy.uint16)
    source, output = write_png16(folder / "a.png", numpy.maximum(values, 128)), folder / "b.png"
    program.stylize(source, identity, output)
    before, after = read_png16(source), read_png16(output)
    if channels == 1 and after.shape[2] == 3:
        before = before.repeat(3, axis=2)
    assert after.shape == before.shape
    assert abs(after - before).max() <= 2 * 257
    assert png_depth(output) == 16, "16 bits became 8"


SIZES = [(1, 1), (1, 7), (2, 3), (3, 500), (17, 33), (500, 3)]


@pytest.mark.parametrize("style", ["identity", "network"])
def test_size_is_the_inputs(style, request, folder):
    sources = [folder / f"{width}x{height}.png" for width, height in SIZES]
    for source, (width, height) in zip(sources, SIZES):
        image(width, height).save(source)
    program.stylize(*sources[:1], request.getfixturevalue(style), folder / "one.png")
    program.run("stylize", *sources, "-s", request.getfixturevalue(style), "-o", folder / "out", "--quiet").ok()
    assert pixels(folder / "one.png").shape == (1, 1, 3)
    for source, (width, height) in zip(sources, SIZES):
        after = pixels(folder / "out" / source.name)
        assert after.shape == (height, width, 3), source.name
        assert style == "network" or abs(after - pixels(source)).max() <= 1, source.name


@pytest.mark.parametrize("size, shape", [(24, (15, 24)), (96, (60, 96)), (31, (19, 31))])
def test_size_option(size, shape, identity, folder):
    source, output = folder / "a.png", folder / "b.png"
    image(48, 30).save(source)
    program.stylize(source, identity, output, "--size", size)
    assert pixels(output).shape[:2] == shape
    expected = numpy.asarray(Image.open(source).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)).astype(int)
    assert abs(pixels(output) - expected).mean() <= 6


@pytest.mark.parametrize("strength, expected", [("0", lambda v: v), ("0.5", lambda v: 127.5 + 0 * v),
                                                ("0.25", lambda v: v + 0.25 * (255 - 2 * v))])  # fmt: skip
def test_strength(strength, expected, invert, folder):
    source, output = folder / "a.png", folder / "b.png"
    image().save(source)
    program.stylize(source, invert, output, "--strength", strength)
    assert abs(pixels(output) - expected(pixels(source))).max() <= 1


def test_preserve_color_takes_luminance_from_the_painting(invert, folder):
    source, output = folder / "a.png", folder / "b.png"
    image(low=95, high=160).save(source)  # pale enough for every luminance to have its chroma
    program.stylize(source, invert, output, "--preserve-color")
    before, after = pixels(source), pixels(output)
    assert abs(chroma(after) - chroma(before)).max() <= 2
    luma = [0.299 * p[..., 0] + 0.587 * p[..., 1] + 0.114 * p[..., 2] for p in (before, after)]
    assert abs(255 - luma[0] - luma[1]).mean() <= 8, "not the painting's luminance"


def test_preserve_color_of_a_grey_picture_is_grey(network, folder):
    source, output = folder / "a.png", folder / "b.png"
    image(mode="L").save(source)
    program.stylize(source, network, output, "--preserve-color")
    after = pixels(output)
    assert (after.max(axis=2) - after.min(axis=2)).max() <= 2
    assert after.std() > 3, "no painting at all"


@pytest.fixture(scope="module")
def whole(network, tmp_path_factory):
    """A 500x400 picture and its painting in one piece."""
    folder = tmp_path_factory.mktemp("tiles")
    source, output = folder / "source.png", folder / "whole.png"
    rgb = texture(500, 400, seed=4).astype(int)
    rgb[150:250, 200:300] = 255 - rgb[150:250, 200:300]
    rgb += numpy.random.default_rng(2).integers(-25, 26, rgb.shape)
    Image.fromarray(rgb.clip(0, 255).astype(numpy.uint8)).save(source)
    program.stylize(source, network, output, "--tile", "off", "--precision", "f32")
    assert pixels(output).std() > 5, "a flat painting would hide seams"
    return source, output


@pytest.mark.parametrize("tile", ["128", "333"])
def test_tiles_leave_no_seam(tile, whole, network, folder):
    source, expected = whole
    program.stylize(source, network, folder / "tiled.png", "--tile", tile, "--precision", "f32")
    assert abs(pixels(folder / "tiled.png") - pixels(expected)).max() <= 2


def test_tiles_by_themselves(whole, network, folder):
    source, expected = whole
    program.stylize(source, network, folder / "auto.png", "--tile", "auto", "--precision", "f32")
    assert abs(pixels(folder / "auto.png") - pixels(expected)).max() <= 2


def test_the_network_paints(whole, network):
    """Guards the comparisons above: the painting is not the source."""
    source, output = whole
    assert abs(pixels(source) - pixels(output)).mean() > 10


def test_the_same_twice(whole, network, folder):
    source, expected = whole
    program.stylize(source, network, folder / "again.png", "--tile", "off", "--precision", "f32")
    assert (pixels(folder / "again.png") == pixels(expected)).all()


def test_engine_can_be_named(identity, folder):
    source = folder / "a.png"
    image().save(source)
    program.stylize(source, identity, folder / "b.png", "--engine", "torch", "--precision", "f32")
    assert abs(pixels(folder / "b.png") - pixels(source)).max() <= 1


def test_profile_bytes_are_the_tests_own():
    assert icc() != icc("CMYK") and icc()[16:20] == b"RGB "


@pytest.mark.parametrize("size, output, words", [
    (100_000, "b.png", "a.png cannot be scaled to 100000x62500"), (16_400, "b.webp", "webp holds at most 16383 pixels a side"),
])  # fmt: skip
def test_sizes_that_no_output_has(size, output, words, identity, folder):
    """Told before painting, which would take long."""
    image(48, 30 if size == 100_000 else 1).save(folder / "a.png")
    began = time.monotonic()
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / output, "--size", size)
    program.assert_refused(result, (program.BAD_DATA, program.CANNOT_CREATE), words)
    assert time.monotonic() - began < 10 and program.snapshot_names(folder) == ["a.png"]


def test_options_for_clips_are_not_lost_in_silence(identity, folder):
    image().save(folder / "a.png")
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / "b.png", "--crf", 20, "--start", 1).ok()
    assert "warning: --start, --crf: for clips only" in result.err
    program.stylize(folder / "a.png", identity, folder / "c.png", "--crf", 20)
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / "d.png", "--codec", "nonsense")
    assert result.status == program.USAGE and "there is no codec nonsense" in result.err, result.err


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "é" * 120 + "n" * 11 + ".png"])
def test_names_as_long_as_names_can_be(name, identity, folder):
    image().save(folder / "a.png")
    program.stylize(folder / "a.png", identity, folder / name)
    assert program.snapshot_names(folder) == sorted(["a.png", name])
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / ("n" + name))
    program.assert_refused(result, program.CANNOT_CREATE, "too long")


def test_a_picture_in_tiles_leaves_no_model_of_its_own(network, folder):
    """What is compiled with a picture's own statistics is of no use for another."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}

    def models():
        return sorted(path.name for path in (folder / "cache").rglob("*.blob"))

    for seed, tiles in ((1, "off"), (1, "64"), (2, "64")):
        image(160, 120, seed=seed).save(folder / "a.png")
        program.stylize(folder / "a.png", network, folder / "b.png", "--engine", "openvino", "--tile", tiles, "--overwrite", env=environment)
        if tiles == "off":
            whole = models()
    assert len(whole) == 1 and models() == whole
