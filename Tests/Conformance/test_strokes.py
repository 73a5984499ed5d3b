"""Stroke size: how large the network sees a picture, and that the result has the input's size."""

import numpy
import probes
import program
import pytest
import style_files
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels, png_depth, read_png16, texture, write_png16
from PIL import Image


def painted(source, style, output, *flags):
    program.stylize(source, style, output, "--precision", "f32", "--overwrite", *flags)
    return pixels(output)


def test_small_pictures_are_painted_as_ever(network, folder):
    """`auto` chooses 1 up to 1024 pixels: the same bits."""
    source = folder / "a.png"
    image(1024, 300).save(source)
    one = painted(source, network, folder / "one.png", "--stroke-size", "1")
    assert (painted(source, network, folder / "auto.png") == one).all()
    assert (painted(source, network, folder / "named.png", "--stroke-size", "auto") == one).all()


def test_large_pictures_have_larger_strokes(network, folder):
    source = folder / "a.png"
    image(2048, 200).save(source)
    auto = painted(source, network, folder / "auto.png")
    assert auto.shape == (200, 2048, 3)
    assert (auto == painted(source, network, folder / "named.png", "--stroke-size", "1.4142135623730951")).all()
    assert abs(auto - painted(source, network, folder / "one.png", "--stroke-size", "1")).mean() > 1


@pytest.mark.parametrize("times", ["0.25", "0.6", "1.3", "2", "4"])
@pytest.mark.parametrize("width, height", [(1, 1), (3, 70), (127, 61)])
def test_size_is_the_inputs(times, width, height, network, folder):
    source = folder / "a.png"
    image(width, height).save(source)
    assert painted(source, network, folder / "b.png", "--stroke-size", times).shape == (height, width, 3)


@pytest.mark.parametrize("times", ["0.5", "2"])
def test_nothing_is_shifted_or_lost(times, invert, folder):
    """A picture without detail, inverted at another size, is the inverse; both ways of resampling keep every pixel in its place."""
    source = folder / "a.png"
    y, x = numpy.mgrid[0:120, 0:160]
    smooth = 128 + 80 * numpy.sin(x / 23)[..., None] * numpy.cos(y / 17)[..., None] + numpy.array([0, 10, -10])
    Image.fromarray(numpy.rint(smooth).astype(numpy.uint8)).save(source)
    inverse = painted(source, invert, folder / "b.png", "--stroke-size", times)
    assert abs(255 - pixels(source) - inverse).max() <= 2


def test_strokes_grow(folder):
    """A style that draws stripes of a width of its own: twice the stroke size, twice the width."""
    layers = [style_files.convolution("conv", 3, 3, 3, padding=1)]
    # Neighbours count negatively: a single bright column has dark ones beside it, as far away as a pixel of the network's is wide.
    weight = numpy.zeros((3, 3, 3, 3))
    for channel in range(3):
        weight[channel, channel] = [[0, 0, 0], [-0.5, 1, -0.5], [0, 0, 0]]
    style = style_files.write_style(folder / "edges.safetensors", "identity", layers, {"conv.weight": weight, "conv.bias": [0.5] * 3})
    values = numpy.full((40, 160, 3), 120, numpy.uint8)
    values[:, 80:] = 200
    Image.fromarray(values).save(folder / "a.png")
    widths = []
    for times in ("1", "2", "4"):
        line = painted(folder / "a.png", style, folder / "b.png", "--stroke-size", times)[20, :, 0]
        widths.append(int((abs(line - 128) > 12).sum()))
    assert widths[0] >= 2 and 1.5 <= widths[1] / widths[0] <= 3 and 1.5 <= widths[2] / widths[1] <= 3, widths


def test_with_everything_else(network, folder):
    """Tiles, strength, colours, opacity and sixteen bits."""
    source = folder / "a.png"
    image(300, 200, mode="RGBA").save(source)
    flags = ["--stroke-size", "2", "--strength", "0.5", "--preserve-color"]
    whole = painted(source, network, folder / "whole.png", *flags)
    tiled = painted(source, network, folder / "tiled.png", *flags, "--tile", "64")
    assert abs(whole - tiled).max() <= 4
    assert (pixels(folder / "whole.png", "RGBA")[..., 3] == pixels(source, "RGBA")[..., 3]).all()
    half = painted(source, network, folder / "half.png", "--stroke-size", "2", "--strength", "0.5")
    full = painted(source, network, folder / "full.png", "--stroke-size", "2")
    seen = pixels(source, "RGBA")[..., 3:] > 0
    assert abs((full + pixels(source)) / 2 - half)[seen[..., 0]].max() <= 1
    deep = write_png16(folder / "deep.png", texture(90, 70, 3).astype(numpy.uint16) * 257)
    painted(deep, network, folder / "deep-out.png", "--stroke-size", "2")
    assert png_depth(folder / "deep-out.png") == 16
    assert len(numpy.unique(read_png16(folder / "deep-out.png") % 257)) > 50, "painted in 8 bits"


def test_clips(invert, network, folder):
    clip = folder / "a.mp4"
    probes.tool(*FFMPEG, *picture("322x180", seconds="0.4"), *H264, clip)
    for style, flags in [(network, ()), (network, ("--stroke-size", "1")), (network, ("--stroke-size", "2"))]:
        output = folder / f"{len(flags)}{flags[-1:]}.mkv"
        program.stylize(clip, style, output, "--codec", "ffv1", "--precision", "f32", *flags)
        assert probes.decode(output).shape[1:3] == (180, 322)
    outputs = [probes.decode(path).astype(int) for path in sorted(folder.glob("*.mkv"))]
    same = [(a == b).all() for a, b in [(outputs[0], outputs[1]), (outputs[1], outputs[2])]]
    assert same == [True, False], "auto is 1 for clips of this size, and 2 is another painting"


@pytest.mark.parametrize("value", ["0", "0.2", "5", "large", "nan", "-1"])
def test_refusals(value, identity, folder):
    image().save(folder / "a.png")
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / "b.png", f"--stroke-size={value}")
    assert result.status == program.USAGE
    assert "0.25 to 4" in result.err
    assert not (folder / "b.png").exists()

