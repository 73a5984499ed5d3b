"""Styles with several networks: which is taken, and what is said where there is none."""

import numpy
import probes
import program
import pytest
import style_files
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """`two`: balanced gives the picture back, fast inverts it. `one`: original only, which inverts. `three`: still gives the picture back, the others invert it.
    `picture`: still only."""
    folder = tmp_path_factory.mktemp("library")
    style_files.write_identity(folder / "two.safetensors")
    style_files.write_invert(folder / "two.fast.safetensors")
    style_files.write_invert(folder / "one.original.safetensors")
    for name in ("three.still", "picture.still"):
        style_files.write_identity(folder / f"{name}.safetensors")
    for name in ("three", "three.fast"):
        style_files.write_invert(folder / f"{name}.safetensors")
    return folder


@pytest.fixture(autouse=True)
def named(library, monkeypatch):
    monkeypatch.setenv("CLIPMORPH_STYLES", str(library))


@pytest.fixture
def photograph(folder):
    image(40, 30).save(folder / "a.png")
    return folder / "a.png"


def inverted(source, output) -> bool:
    a, b = pixels(source).astype(int), pixels(output).astype(int)
    assert numpy.abs(b - a).max() <= 1 or numpy.abs(b - (255 - a)).max() <= 1
    return bool(numpy.abs(b - a).max() > 1)


@pytest.mark.parametrize(
    "style, flags, expected",
    [("two", [], False), ("two", ["--tier", "fast"], True), ("two", ["--tier", "balanced"], False), ("one", [], True),
     ("three", [], False), ("three", ["--tier", "balanced"], True), ("picture", [], False)],
)  # fmt: skip
def test_pictures(style, flags, expected, photograph, folder):
    program.stylize(photograph, style, folder / "out.png", *flags)
    assert inverted(photograph, folder / "out.png") == expected


def test_clips_take_the_fast_network(folder):
    clip = folder / "a.mp4"
    probes.tool(*FFMPEG, "-f", "lavfi", "-i", "color=c=black:size=64x48:rate=10:duration=0.3", *H264, clip)
    choices = [("two", (), 255), ("two", ("--tier", "balanced"), 0), ("three", (), 255), ("three", ("--tier", "still"), 0), ("picture", (), 0)]
    for style, flags, brightness in choices:
        program.stylize(clip, style, folder / "out.mkv", "--overwrite", "--codec", "ffv1", *flags)
        probes.tool("ffmpeg", "-v", "error", "-y", "-i", folder / "out.mkv", "-frames:v", "1", folder / "frame.png")
        assert abs(pixels(folder / "frame.png").astype(float).mean() - brightness) <= 3


def test_a_folder_of_both(folder, photograph):
    source = folder / "source"
    source.mkdir()
    photograph.rename(source / "a.png")
    probes.tool(*FFMPEG, *picture("64x48", seconds="0.3"), *H264, source / "b.mp4")
    program.run("stylize", source, "-s", "three", "-o", folder / "out", "--quiet").ok()
    assert not inverted(source / "a.png", folder / "out" / "a.png")
    assert (folder / "out" / "b.mp4").exists()


def test_styles_lists_them():
    lines = program.run("styles").ok().text.splitlines()
    assert any(line.split()[:3] == ["two", "balanced,", "fast"] for line in lines), lines
    assert any(line.split()[:2] == ["one", "original"] for line in lines), lines
    assert any(line.split()[:4] == ["three", "balanced,", "fast,", "still"] for line in lines), lines
    assert "identity" in program.run("styles", "two").ok().text
    assert "three.still.safetensors" in program.run("styles", "three").ok().text


def test_refusals(library, photograph, folder):
    out = folder / "out.png"
    program.assert_refused(program.run("stylize", photograph, "-s", "one", "--tier", "fast", "-o", out), program.BAD_STYLE, "original")
    file = library / "two.safetensors"
    program.assert_refused(program.run("stylize", photograph, "-s", file, "--tier", "fast", "-o", out), program.BAD_STYLE, "--tier")
    assert program.run("stylize", photograph, "-s", "two", "--tier", "huge", "-o", out).status == program.USAGE
    assert not out.exists()
