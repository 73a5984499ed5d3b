"""Clips that end before they say so: what is there is painted, and a word is said."""

import probes
import program
import pytest
from clip_sources import AAC, CLIPS, FFMPEG, H264, VP9, irregular, make_clip, picture, tone
from picture_sources import cut

MPEG2 = ["-c:v", "mpeg2video", "-q:v", "2", "-pix_fmt", "yuv420p"]
SOUND = tone(seconds="2")

# name: extension, how it is made, whether it says how many frames it has
WHOLE = {
    "mp4": ("mp4", [*picture(seconds="2"), *SOUND, *H264, "-g", "10", *AAC, "-movflags", "+faststart"], True),
    "mkv": ("mkv", [*picture(seconds="2"), *SOUND, *H264, "-g", "10", "-c:a", "flac"], True),
    "webm": ("webm", [*picture(seconds="2"), *SOUND, *VP9, "-g", "10", "-c:a", "libopus"], True),
    "avi": ("avi", [*picture(seconds="2"), *SOUND, "-c:v", "mjpeg", "-q:v", "2", "-c:a", "pcm_s16le"], True),
    "ts": ("ts", [*picture(seconds="2"), *SOUND, *MPEG2, "-c:a", "ac3"], False),
    "gif": ("gif", [*picture(seconds="2")], False),
    "y4m": ("y4m", [*picture(seconds="2"), "-pix_fmt", "yuv420p"], False),
}


def whole_clip(name, folder):
    extension, command, declared = WHOLE[name]
    source = folder / f"a.{extension}"
    probes.tool(*FFMPEG, *command, source)
    return source, declared


@pytest.mark.parametrize("name", WHOLE)
def test_a_clip_that_is_cut_short(name, identity, folder):
    source, declared = whole_clip(name, folder)
    cut(source, 0.5771)
    output = folder / "out.mkv"
    result = program.run("stylize", source, "-s", identity, "--stabilize", "off", "-o", output, "--quiet").ok()
    count = len(probes.frame_times(output))
    assert 15 < count < 45
    words = result.err.splitlines()[-1]
    assert "ends early" in words and f"{count} {'of about 50 ' if declared else ''}frames" in words, result.err


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_clip_is_not_called_short(name, identity, folder):
    source, _ = whole_clip(name, folder)
    assert program.stylize(source, identity, folder / "out.mkv").err == ""


@pytest.mark.parametrize("name", ["picture-starts-later", "cut-between-keyframes", "long-pause", "variable-rate-mkv", "gif-uneven-delays"])
def test_odd_times_are_not_called_short(name, identity, clips, folder):
    output = folder / f"out.{CLIPS[name].target}"
    assert program.stylize(make_clip(name, clips), identity, output).err == ""


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_sound_that_goes_on_is_not_called_short(extension, identity, folder):
    source = folder / f"a.{extension}"
    probes.tool(*FFMPEG, *picture(), *tone(seconds="4"), *H264, *AAC, source)
    assert program.stylize(source, identity, folder / "out.mkv").err == ""


def test_a_part_before_the_cut_is_whole(identity, folder):
    source, _ = whole_clip("mp4", folder)
    cut(source, 0.6)
    assert program.stylize(source, identity, folder / "out.mkv", "--duration", "0.5").err == ""
    result = program.stylize(source, identity, folder / "rest.mkv", "--start", "0.5")
    assert "ends early" in result.err and "of about 38 frames" in result.err, result.err


def test_a_pipe_that_breaks_off(identity, folder):
    data = probes.tool(*FFMPEG, *picture(), "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-")
    output = folder / "out.mkv"
    assert program.stylize("-", identity, output, stdin=data).err == ""
    result = program.stylize("-", identity, output, "--overwrite", stdin=data[: len(data) * 3 // 5])
    assert "ends early" in result.err and "14 frames" in result.err, result.err
