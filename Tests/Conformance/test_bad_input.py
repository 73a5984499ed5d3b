"""Each bad input gives one sentence and its own exit status, and leaves no file."""

import os
import struct
from pathlib import Path

import probes
import program
import pytest
from clip_sources import AAC, FFMPEG, H264, picture, tone
from picture_sources import cut, noise_picture, text, zeros
from program import BAD_DATA, CANNOT_CREATE, NO_INPUT, USAGE


def media(path, *command):
    probes.tool(*FFMPEG, *command, path)


def truncated(make, share=0.5):
    def apply(path):
        make(path)
        cut(path, share)

    return apply


def clip(path):
    media(path, *picture(), *tone(), *H264, *AAC)


def sound_only(path):
    media(path, *tone(), *AAC)


def no_frames(path):
    media(path, *picture(), *H264, "-t", "0")


# name: file, how it is made, exit status
INPUTS = {
    "missing-picture": ("a.jpg", None, NO_INPUT),
    "missing-clip": ("a.mp4", None, NO_INPUT),
    "empty-picture": ("a.png", Path.touch, BAD_DATA),
    "empty-clip": ("a.mp4", Path.touch, BAD_DATA),
    "empty-without-extension": ("a", Path.touch, BAD_DATA),
    "truncated-png": ("a.png", truncated(noise_picture), BAD_DATA),
    "truncated-jpeg": ("a.jpg", truncated(noise_picture, 0.4), BAD_DATA),
    "truncated-jpeg-header": ("a.jpg", truncated(noise_picture, 0.02), BAD_DATA),
    "truncated-webp": ("a.webp", truncated(noise_picture), BAD_DATA),
    "truncated-tiff": ("a.tiff", truncated(noise_picture), BAD_DATA),
    "truncated-bmp": ("a.bmp", truncated(noise_picture), BAD_DATA),
    "truncated-mp4": ("a.mp4", truncated(clip), BAD_DATA),
    "truncated-mkv-header": ("a.mkv", truncated(clip, 0.02), BAD_DATA),
    "text-as-mp4": ("a.mp4", text, BAD_DATA),
    "text-as-jpeg": ("a.jpg", text, BAD_DATA),
    "text-as-mkv": ("a.mkv", text, BAD_DATA),
    "text-as-txt": ("a.txt", text, BAD_DATA),
    "zeros-as-png": ("a.png", zeros, BAD_DATA),
    "zeros-as-mov": ("a.mov", zeros, BAD_DATA),
    "sound-as-mp4": ("a.mp4", sound_only, BAD_DATA),
    "sound-as-mkv": ("a.mkv", sound_only, BAD_DATA),
    "no-frames-mp4": ("a.mp4", no_frames, BAD_DATA),
    "no-frames-mkv": ("a.mkv", no_frames, BAD_DATA),
    "empty-folder": ("a", Path.mkdir, (BAD_DATA, NO_INPUT)),
}


@pytest.mark.parametrize("name", INPUTS)
def test_bad_input(name, identity, folder):
    file, make, status = INPUTS[name]
    source = folder / file
    if make:
        make(source)
    before = program.snapshot(folder)
    output = folder / ("out.mp4" if source.suffix in (".mp4", ".mkv", ".mov") else "out.png")
    result = program.run("stylize", source, "-s", identity, "-o", output, "--quiet", timeout=30)
    program.assert_refused(result, status, file)
    assert program.snapshot(folder) == before


def immense_tiff(path):
    """A TIFF of PackBits whose numbers, multiplied, are more than a machine's words hold."""
    entries = [(256, 4, 0xFFFFFF), (257, 4, 0xFFFFFFFF), (258, 3, 64), (259, 3, 32773), (262, 3, 2), (273, 4, 8), (277, 3, 65535),
               (278, 4, 0xFFFFFFFF), (279, 4, 4)]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    path.write_bytes(b"II*\0" + struct.pack("<I", 12) + b"\0\0\0\0" + struct.pack("<H", len(entries)) + rows + b"\0\0\0\0")


def test_numbers_that_overflow_do_not_end_a_batch(identity, folder):
    immense_tiff(folder / "a.tif")
    noise_picture(folder / "b.png")
    result = program.run("stylize", folder / "a.tif", folder / "b.png", "-s", identity, "-o", folder / "out/", "--quiet", timeout=30)
    program.assert_no_crash(result)
    assert result.status == 1 and "a.tif" in result.err and (folder / "out" / "b.png").exists()


@pytest.mark.parametrize("name", ["text-as-jpeg", "text-as-mp4", "text-as-txt"])
def test_what_is_no_picture_and_no_clip_is_said_to_be_none(name, identity, folder):
    file, make, status = INPUTS[name]
    make(folder / file)
    result = program.run("stylize", folder / file, "-s", identity, "-o", folder / "out.png", "--quiet")
    program.assert_refused(result, status, "of no known kind, or damaged")


def test_a_pipe_that_is_not_y4m_is_said_to_be_none(identity, folder):
    clip(folder / "a.mp4")
    result = program.run("stylize", "-", "-s", identity, "-o", folder / "out.mp4", "--quiet", stdin=(folder / "a.mp4").read_bytes())
    program.assert_refused(result, BAD_DATA, "it is not Y4M")


def test_clip_cut_short_gives_what_is_there_or_is_refused(identity, folder):
    """The index is whole, the picture data end early: what a broken download leaves."""
    source, output = folder / "a.mp4", folder / "out.mp4"
    media(source, *picture(seconds="2"), *H264, "-g", "10", "-movflags", "+faststart")
    whole = len(probes.frame_times(source))
    cut(source, 0.6)
    result = program.run("stylize", source, "-s", identity, "-o", output, "--quiet")
    if result.status:
        program.assert_refused(result, BAD_DATA)
        assert list(program.snapshot(folder)) == ["a.mp4"]
    else:
        assert whole // 4 < len(probes.frame_times(output)) < whole
        assert result.err.startswith("clipmorph: "), "not a word about the missing part"


@pytest.mark.parametrize("bad", ["text", "empty", "truncated", "missing"])
def test_a_failure_keeps_the_old_output(bad, identity, folder):
    source, output = folder / "a.png", folder / "out.png"
    noise_picture(source)
    noise_picture(output)
    kept = output.read_bytes()
    {"text": text, "empty": lambda p: p.write_bytes(b""), "truncated": lambda p: cut(p, 0.5), "missing": Path.unlink}[bad](source)
    result = program.run("stylize", source, "-s", identity, "-o", output, "--overwrite", "--quiet")
    program.assert_refused(result, NO_INPUT if bad == "missing" else BAD_DATA)
    assert output.read_bytes() == kept


def test_existing_output_is_refused(identity, folder):
    source, output = folder / "a.png", folder / "out.png"
    noise_picture(source)
    output.write_text("a letter")
    before = program.snapshot(folder)
    result = program.run("stylize", source, "-s", identity, "-o", output, "--quiet")
    program.assert_refused(result, CANNOT_CREATE, "--overwrite")
    assert program.snapshot(folder) == before
    program.stylize(source, identity, output, "--overwrite")
    assert output.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("way", ["same", "dotted", "symlink", "hard-link", "default-name"])
def test_the_input_is_never_overwritten(way, identity, folder):
    source = folder / "a.png"
    noise_picture(source)
    output = folder / "b.png"
    if way == "same":
        output = source
    elif way == "dotted":
        (folder / "sub").mkdir()
        output = folder / "sub/../a.png"
    elif way == "symlink":
        output.symlink_to(source)
    elif way == "hard-link":
        os.link(source, output)
    before = program.snapshot(folder)
    where = ["-o", output] if way != "default-name" else ["-o", str(folder) + "/"]
    result = program.run("stylize", source, "-s", identity, *where, "--overwrite", "--quiet")
    assert program.snapshot(folder)["a.png"] == before["a.png"], "the input is overwritten"
    if way in ("symlink", "hard-link") and result.status == 0:
        assert not output.is_symlink() and not output.samefile(source), "the output took the input with it"
        return
    program.assert_refused(result, CANNOT_CREATE, "input", "same", "itself")
    assert program.snapshot(folder) == before


@pytest.mark.parametrize("output", ["out.xyz", "out", "out.txt", "out.tiff", "out.avi"])
def test_output_format_that_is_not_written(output, identity, folder):
    """A name without an extension could be a folder for several inputs, not for a picture that is asked to become a file."""
    source = folder / "a.png"
    noise_picture(source)
    before = program.snapshot(folder)
    result = program.run("stylize", source, "-s", identity, "-o", folder / output, "--quiet")
    if output == "out" and result.status == 0:
        assert [path.name for path in (folder / "out").iterdir()] == ["a.png"]
        return
    program.assert_no_crash(result)
    assert result.status in (USAGE, CANNOT_CREATE), (result.status, result.err)
    assert Path(output).suffix in result.err
    assert program.snapshot(folder) == before


def test_picture_into_a_clip_and_clip_into_a_picture(identity, folder):
    clip(folder / "a.mp4")
    noise_picture(folder / "a.png")
    before = program.snapshot(folder)
    for source, output in (("a.mp4", "b.png"), ("a.png", "b.mp4")):
        result = program.run("stylize", folder / source, "-s", identity, "-o", folder / output, "--quiet")
        program.assert_no_crash(result)
        assert result.status in (USAGE, CANNOT_CREATE), (result.status, result.err)
        assert program.snapshot(folder) == before


@pytest.mark.parametrize(
    "flags",
    [
        ["--strength", "2"], ["--strength=-0.1"], ["--strength", "strong"], ["--strength", "nan"], ["--size", "0"], ["--size=-5"],
        ["--duration", "0"], ["--tile", "many"], ["--tile", "0"], ["--crf", "99"], ["--fps", "0"], ["--fps", "0.0004"], ["--engine", "steam"], ["--no-such-flag"],
    ],
)  # fmt: skip
def test_usage_errors(flags, identity, folder):
    source = folder / "a.mp4"
    clip(source)
    before = program.snapshot(folder)
    result = program.run("stylize", source, "-s", identity, "-o", folder / "b.mp4", *flags)
    program.assert_no_crash(result)
    assert result.status == USAGE, (result.status, result.err)
    assert flags[0].split("=")[0] in result.err
    assert program.snapshot(folder) == before


@pytest.mark.parametrize("arguments", [[], ["stylize"], ["stylize", "a.png"], ["stylise", "a.png"]])
def test_incomplete_commands(arguments):
    result = program.run(*arguments)
    program.assert_no_crash(result)
    assert result.status == USAGE or (arguments == [] and result.status == 0 and "stylize" in result.text)
