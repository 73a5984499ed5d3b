"""Y4M through standard input and output, and memory over a clip's length."""

import os

import clip_sources
import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, counted, counting_frames, picture


def y4m(*source, layout="yuv420p") -> bytes:
    return probes.tool(*FFMPEG, *source, "-pix_fmt", layout, "-strict", "-1", "-f", "yuv4mpegpipe", "-")


def read_y4m(data: bytes) -> numpy.ndarray:
    return probes.decode(data, "-f", "yuv4mpegpipe")


@pytest.fixture(scope="module")
def counting(clips):
    return clip_sources.make_frames(clips / "counting-y4m.mp4", counting_frames(30), *H264)


@pytest.mark.parametrize("size, layout", [("64x48", "yuv420p"), ("65x49", "yuv420p"), ("64x48", "yuv444p")])
def test_through_pipes(size, layout, identity):
    data = y4m(*picture(size), layout=layout)
    out = program.run("stylize", "-", "-s", identity, "--stabilize", "off", "-o", "-", "--quiet", stdin=data).ok().out
    assert out.startswith(b"YUV4MPEG2 ")
    before, after = read_y4m(data), read_y4m(out)
    assert after.shape == before.shape
    assert abs(before.astype(int) - after).mean() < 7


def test_solid_colours_through_pipes(identity, invert):
    colours = numpy.array([(128, 128, 128), (200, 40, 40), (40, 60, 200), (224, 172, 140)])
    frames = numpy.broadcast_to(colours[:, None, None], (4, 48, 64, 3)).astype(numpy.uint8)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x48", "-r", "25", "-i", "-"]
    command = [part for part in FFMPEG if part != "-nostdin"]
    data = probes.tool(*command, *raw, "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-", stdin=frames.tobytes())
    before = read_y4m(data).astype(int)
    for style, expected in ((identity, before), (invert, 255 - before)):
        after = read_y4m(program.run("stylize", "-", "-s", style, "--stabilize", "off", "-o", "-", "--quiet", stdin=data).ok().out)
        assert abs(after - expected).max() <= 3, style.stem


def test_progress_does_not_mix_with_the_frames(counting, identity):
    """Without --quiet, standard output carries frames and nothing else."""
    result = program.run("stylize", counting, "-s", identity, "--stabilize", "off", "-o", "-").ok()
    assert counted(read_y4m(result.out)) == list(range(30))


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_events_and_frames_do_not_share_an_output(output, identity):
    result = program.run("stylize", "-", "-s", identity, "--json", *output, stdin=b"")
    assert result.status == program.USAGE and "--json" in result.err and result.out == b""


def test_from_a_file_to_a_pipe_keeps_the_rate(identity, clips):
    source = clip_sources.make_clip("rate-29.97-mp4", clips)
    out = program.run("stylize", source, "-s", identity, "--stabilize", "off", "-o", "-", "--quiet").ok().out
    assert b" F30000:1001" in out.split(b"\n", 1)[0]
    assert len(read_y4m(out)) == 30


def test_a_y4m_file_is_what_a_pipe_gets(counting, identity, folder):
    """`-o clip.y4m` is a file like any other: nothing goes to standard output, and what is there is not replaced unasked."""
    command = ["stylize", counting, "-s", identity, "--stabilize", "off", "--quiet"]
    target = folder / "painted.y4m"
    assert program.run(*command, "-o", target).ok().out == b""
    assert target.read_bytes() == program.run(*command, "-o", "-").ok().out
    assert program.run(*command, "-o", target).status != 0


def test_from_a_pipe_to_a_file(identity, folder, counting):
    data = y4m("-i", counting)
    output = folder / "out.mp4"
    program.stylize("-", identity, output, stdin=data)
    assert counted(probes.decode(output)) == list(range(30))
    assert probes.video(output)["r_frame_rate"] == "25/1"
    assert list(program.snapshot(folder)) == ["out.mp4"]


@pytest.mark.parametrize("data", [b"", b"hello, this is no video\n" * 50, b"YUV4MPEG2 W64 H48 F25:1\nFRAME\n" + b"\x80" * 100])
def test_a_pipe_that_carries_no_video(data, identity, folder):
    result = program.run("stylize", "-", "-s", identity, "--stabilize", "off", "-o", folder / "out.mp4", "--quiet", stdin=data)
    program.assert_refused(result, program.BAD_DATA)
    assert program.snapshot(folder) == {}


def test_a_reader_that_goes_away(identity, clips):
    """`clipmorph … -o - | head` ends at once and without a crash."""
    source = clip_sources.make_clip("mp4-h264-aac", clips)
    reader, writer = os.pipe()
    os.close(reader)
    result = program.run("stylize", source, "-s", identity, "--stabilize", "off", "-o", "-", "--quiet", stdout=writer, timeout=30)
    os.close(writer)
    program.assert_no_crash(result)
    assert result.status != 0


def test_memory_does_not_grow_with_length(identity, folder):
    peaks = []
    for seconds in ("6", "60"):
        source = folder / f"{seconds}.mp4"
        sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
        probes.tool(*FFMPEG, *picture("160x90", seconds=seconds), *sound, *H264, "-c:a", "aac", source)
        output = folder / f"{seconds}-out.mp4"
        peaks.append(program.peak_memory("stylize", source, "-s", identity, "--stabilize", "off", "-o", output, "--quiet"))
        assert len(probes.frame_times(output)) == int(seconds) * 25
    assert peaks[1] <= 1.1 * peaks[0], f"{peaks[0] / 1024:.0f} MiB for 6 s, {peaks[1] / 1024:.0f} MiB for 60 s"
