"""Masks: where a style is laid on."""

import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels, read_png16, text, texture, write_png16
from PIL import Image


@pytest.fixture
def photograph(folder):
    image(90, 60).save(folder / "a.png")
    return folder / "a.png"


def thirds(path, mode="L", size=(90, 60)):
    """Black, half grey and white, from left to right."""
    values = numpy.zeros((size[1], size[0]), numpy.uint8)
    values[:, size[0] // 3 :] = 128
    values[:, 2 * size[0] // 3 :] = 255
    Image.fromarray(values).convert(mode).save(path)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "LA"])
def test_white_is_painted(mode, photograph, invert, folder):
    mask = thirds(folder / "mask.png", mode)
    program.stylize(photograph, invert, folder / "b.png", "--mask", mask)
    before, after = pixels(photograph), pixels(folder / "b.png")
    assert (after[:, :30] == before[:, :30]).all(), "black is the source to the bit"
    assert abs(255 - before - after)[:, 60:].max() <= 1
    if mode != "1":
        assert abs(before + (255 - 2 * before) * 128 / 255 - after)[:, 30:60].max() <= 1


def test_inverted(photograph, invert, folder):
    mask = thirds(folder / "mask.png")
    program.stylize(photograph, invert, folder / "b.png", "--mask", mask, "--invert-mask")
    before, after = pixels(photograph), pixels(folder / "b.png")
    assert (after[:, 60:] == before[:, 60:]).all()
    assert abs(255 - before - after)[:, :30].max() <= 1


def test_transparent_is_black(photograph, invert, folder):
    values = numpy.full((60, 90, 4), 255, numpy.uint8)
    values[:30, :, 3] = 0
    Image.fromarray(values).save(folder / "mask.png")
    program.stylize(photograph, invert, folder / "b.png", "--mask", folder / "mask.png")
    before, after = pixels(photograph), pixels(folder / "b.png")
    assert (after[:30] == before[:30]).all() and abs(255 - before - after)[30:].max() <= 1


def test_sixteen_bits(invert, folder):
    source = write_png16(folder / "a.png", texture(40, 30, 3).astype(numpy.uint16) * 257)
    levels = (numpy.arange(40) * 1500 + 100).astype(numpy.uint16)
    mask = write_png16(folder / "mask.png", numpy.broadcast_to(levels[None, :, None], (30, 40, 1)))
    program.stylize(source, invert, folder / "b.png", "--mask", mask, "--precision", "f32")
    before, after = read_png16(source), read_png16(folder / "b.png")
    assert abs(before + (65535 - 2 * before) * levels[None, :, None] / 65535 - after).max() <= 4


def test_one_mask_for_inputs_of_any_size(invert, folder):
    thirds(folder / "mask.png", size=(31, 17))
    sizes = [(90, 60), (300, 20), (33, 200)]
    sources = [folder / f"{width}.png" for width, _ in sizes]
    for source, size in zip(sources, sizes):
        image(*size).save(source)
    program.run("stylize", *sources, "-s", invert, "-o", folder / "out/", "--mask", folder / "mask.png", "--quiet").ok()
    for source, (width, _) in zip(sources, sizes):
        before, after = pixels(source), pixels(folder / "out" / source.name)
        # A mask is soft where it has been stretched: two of its pixels to each side.
        soft = -(-2 * width // 31) + 1
        left, right = width * 10 // 31 - soft, width * 20 // 31 + soft
        assert (after[:, :left] == before[:, :left]).all()
        assert abs(255 - before - after)[:, right:].max() <= 1


@pytest.mark.parametrize("stabilize", ["off", "auto"])
def test_clips(stabilize, invert, folder):
    clip, mask = folder / "a.mkv", thirds(folder / "mask.png", size=(120, 80))
    probes.tool(*FFMPEG, *picture("120x80", seconds="0.6"), "-c:v", "ffv1", "-pix_fmt", "bgr0", clip)
    program.stylize(clip, invert, folder / "b.mkv", "--codec", "ffv1", "--mask", mask, "--stabilize", stabilize)
    before, after = (probes.decode(path).astype(int) for path in (clip, folder / "b.mkv"))
    assert before.shape == after.shape
    # Colours go through the encoder's own, and chroma may be shared by two columns.
    assert abs(after - before)[:, :, :38].mean() <= 2, "black is the source, steadied or not"
    assert abs(255 - before - after)[:, :, 84:].mean() <= (3 if stabilize == "off" else 30)
    assert abs(after - before)[:, :, 84:].mean() > 20


def test_pipes(invert, folder):
    clip, mask = folder / "a.mp4", thirds(folder / "mask.png", size=(96, 64))
    probes.tool(*FFMPEG, *picture("96x64", seconds="0.4"), *H264, clip)
    piped = probes.tool("ffmpeg", "-v", "error", "-i", clip, "-f", "yuv4mpegpipe", "-pix_fmt", "yuv444p", "-")
    flags = ["--mask", mask, "--stabilize", "off"]
    result = program.run("stylize", "-", "-s", invert, "-o", "-", *flags, stdin=piped).ok()
    (folder / "b.y4m").write_bytes(result.out)
    (folder / "a.y4m").write_bytes(piped)
    before, after = (probes.decode(folder / name).astype(int) for name in ("a.y4m", "b.y4m"))
    assert abs(after - before)[:, :, :30].mean() <= 2
    assert abs(255 - before - after)[:, :, 68:].mean() <= 3


def test_refusals(photograph, identity, folder):
    def refused(mask, status, *words):
        result = program.run("stylize", photograph, "-s", identity, "-o", folder / "b.png", "--mask", mask)
        program.assert_refused(result, status, *words)
        assert not (folder / "b.png").exists()

    refused(folder / "none.png", program.NO_INPUT, "none.png")
    text(folder / "letter.png")
    refused(folder / "letter.png", program.BAD_DATA, "letter.png")
    refused(folder, program.NO_INPUT, "folder", "directory")
    result = program.run("stylize", photograph, "-s", identity, "-o", folder / "b.png", "--invert-mask")
    assert result.status == program.USAGE and "--mask" in result.err
