"""Parts, rates, sizes, quality and codecs of clips."""

import clip_sources
import numpy
import probes
import program
import pytest
from clip_sources import AAC, FFMPEG, H264, counted, picture


@pytest.fixture(scope="module")
def counting(clips):
    """Two seconds at 25 fps whose grey says which frame it is, with sound."""
    path = clips / "counting.mp4"
    return clip_sources.make_frames(path, clip_sources.counting_frames(50), *H264, "-g", "30", *AAC, sound=True)


@pytest.fixture(scope="module")
def noise(clips):
    path = clips / "noise.mp4"
    frames = numpy.random.default_rng(1).integers(0, 256, (25, 90, 160, 3))
    return clip_sources.make_frames(path, frames, *H264)


def test_the_counting_clip_counts(counting):
    assert counted(probes.decode(counting)) == list(range(50))


@pytest.mark.parametrize(
    "start, duration, first, count",
    [
        ("0.8", "0.4", 20, 10),
        ("00:00:00.8", "00:00:00.400", 20, 10),
        ("1", None, 25, 25),
        ("00:00:01", None, 25, 25),
        (None, "0.48", 0, 12),
        ("1.6", "10", 40, 10),
    ],
)
def test_a_part_of_a_clip(start, duration, first, count, counting, identity, folder):
    output = folder / "part.mp4"
    flags = [*(["--start", start] if start else []), *(["--duration", duration] if duration else [])]
    program.stylize(counting, identity, output, *flags)
    assert counted(probes.decode(output)) == list(range(first, first + count))
    times = probes.frame_times(output)
    assert 0 <= times[0] <= 0.08, "a part begins at 0"
    sound = [time for time, _ in probes.packets(output, probes.streams(output, "audio")[0])]
    sound = [time for time in sound if time > -0.05]  # what is before 0 is hidden by the edit list
    assert abs(sound[0] - times[0]) <= 0.08, "sound and picture do not begin together"
    assert abs((sound[-1] - sound[0]) - (times[-1] - times[0])) <= 0.15, "sound and picture do not last as long"


def test_a_part_beyond_the_end_is_refused(counting, identity, folder):
    result = program.run("stylize", counting, "-s", identity, "-o", folder / "x.mp4", "--start", "60", "--quiet")
    program.assert_refused(result, program.BAD_DATA)
    assert program.snapshot(folder) == {}


@pytest.mark.parametrize("value", ["-1", "soon", "1:2:3:4"])
def test_a_start_that_is_no_time(value, counting, identity, folder):
    result = program.run("stylize", counting, "-s", identity, "-o", folder / "x.mp4", f"--start={value}")
    assert result.status == program.USAGE, result.err
    assert program.snapshot(folder) == {}


def test_fewer_frames(counting, identity, folder):
    output = folder / "slow.mp4"
    program.stylize(counting, identity, output, "--fps", "10")
    times = probes.frame_times(output)
    assert 19 <= len(times) <= 21
    gaps = [float(b - a) for a, b in zip(times, times[1:])]
    assert max(abs(gap - 0.1) for gap in gaps) < 0.002, gaps
    shown = counted(probes.decode(output))
    start = times[0]
    # A frame shows what the source shows at that time, to one source frame.
    assert all(abs(float(time - start) * 25 - frame) <= 1.5 for time, frame in zip(times, shown)), shown
    sound = probes.streams(output, "audio")
    assert sound and sound[0]["codec_name"] == "aac"


@pytest.mark.parametrize("size, source, shape", [(80, "160x90", (45, 80)), (100, "64x48", (75, 100)), (64, "48x96", (64, 32))])
def test_size_is_the_longer_side(size, source, shape, identity, folder):
    clip, output = folder / "a.mp4", folder / "b.mp4"
    probes.tool(*FFMPEG, *picture(source, seconds="0.4"), *H264, clip)
    program.stylize(clip, identity, output, "--size", size)
    assert probes.decode(output).shape[1:3] == shape
    probes.check_frame_times(clip, output)


def test_size_counts_after_rotation(clips, identity, folder):
    source, output = clip_sources.make_clip("rotated-90", clips), folder / "b.mp4"
    program.stylize(source, identity, output, "--size", "32")
    assert probes.decode(output).shape[1:3] == (32, 24)


def test_crf_changes_the_size(noise, identity, folder):
    sizes = []
    for crf in (5, 40):
        output = folder / f"{crf}.mp4"
        program.stylize(noise, identity, output, "--crf", crf)
        sizes.append(output.stat().st_size)
    assert sizes[0] > 2 * sizes[1], sizes


@pytest.mark.parametrize(
    "codec, extension, name",
    [
        ("libx264", "mkv", "h264"), ("h264", "mp4", "h264"), ("hevc", "mp4", "hevc"),
        ("vp9", "webm", "vp9"), ("vp9", "mkv", "vp9"), (None, "webm", "vp9"), (None, "gif", "gif"),
    ],
)  # fmt: skip
def test_codec(codec, extension, name, counting, identity, folder):
    output = folder / f"out.{extension}"
    flags = ["--codec", codec] if codec else []
    program.run("stylize", counting, "-s", identity, "--stabilize", "off", "-o", output, "--duration", "0.4", *flags).ok()
    assert probes.video(output)["codec_name"] == name
    shown = counted(probes.decode(output))
    assert len(shown) == 10 and all(abs(a - b) <= 1 for a, b in zip(shown, range(10))), shown


@pytest.mark.parametrize("codec, extension", [("h264", "webm"), ("vp9", "gif"), ("no-such-codec", "mp4"), ("aac", "mp4")])
def test_codec_that_does_not_fit(codec, extension, counting, identity, folder):
    output = folder / f"out.{extension}"
    result = program.run("stylize", counting, "-s", identity, "--stabilize", "off", "-o", output, "--codec", codec, "--quiet")
    assert result.status in (program.USAGE, program.CANNOT_CREATE), (result.status, result.err)
    program.assert_no_crash(result)
    assert codec in result.err
    assert program.snapshot(folder) == {}


def test_prores_with_an_odd_width_is_refused(identity, folder):
    """FFmpeg's encoder leaves noise in the last columns."""
    source, output = folder / "a.mp4", folder / "out.mov"
    probes.tool(*FFMPEG, *picture("65x48", seconds="0.2"), *H264, "-pix_fmt", "yuv444p", source)
    result = program.run("stylize", source, "-s", identity, "--stabilize", "off", "-o", output, "--codec", "prores", "--quiet")
    program.assert_refused(result, program.CANNOT_CREATE, "65x48")
    assert list(program.snapshot(folder)) == ["a.mp4"]
    program.stylize(source, identity, output, "--codec", "prores", "--size", "64")


@pytest.mark.parametrize("target", ["mp4", "mkv"])
def test_a_part_keeps_the_cover(target, clips, identity, folder):
    source = clips / "covered.mp4"
    cover = clips / "covered.jpg"
    probes.tool(*FFMPEG, "-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", cover)
    probes.tool(*FFMPEG, *picture(), "-i", cover, "-map", "0", "-map", "1", *H264, "-g", "10", "-c:v:1", "copy", "-disposition:v:1",
                "attached_pic", source)
    output = folder / f"part.{target}"
    program.stylize(source, identity, output, "--start", "0.6")
    (attached,) = [s for s in probes.describe(output)["streams"] if s["disposition"]["attached_pic"]]
    data = probes.tool("ffmpeg", "-v", "error", "-i", output, "-map", f"0:{attached['index']}", "-c", "copy", "-f", "image2pipe", "-")
    assert data == cover.read_bytes()
    assert len(probes.frame_times(output)) == 10


@pytest.mark.parametrize("target", ["mp4", "mkv"])
def test_a_part_shows_the_subtitles_that_are_on_screen(target, clips, identity, folder):
    """From 0.2 to 1.9 s; the part is that from 0.6 to 1.4."""
    (clips / "long.srt").write_text("1\n00:00:00,200 --> 00:00:01,900\nBonjour\n")
    source = clips / f"subtitled.{target}"
    probes.tool(*FFMPEG, *picture(seconds="2"), "-i", clips / "long.srt", *H264, "-c:s", "mov_text" if target == "mp4" else "srt", source)
    output = folder / f"part.{target}"
    program.stylize(source, identity, output, "--start", "0.6", "--duration", "0.8")
    (stream,) = probes.streams(output, "subtitle")
    shown = [
        (float(packet["pts_time"]), float(packet["duration_time"]))
        for packet in probes.ffprobe(output, "-select_streams", stream["index"], "-show_packets")["packets"] if int(packet["size"]) > 2
    ]
    assert len(shown) == 1 and abs(shown[0][0]) < 0.01 and abs(shown[0][1] - 0.8) < 0.05, shown
    assert float(probes.describe(output)["format"]["duration"]) < 0.9
