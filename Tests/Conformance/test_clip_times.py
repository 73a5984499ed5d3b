"""When frames and sound of a clip's parts are shown: starts between frames and key frames, last frames, clocks that begin late or jump."""

import clip_sources
import probes
import program
import pytest
from clip_sources import AAC, FFMPEG, H264, counted, counting_frames, picture, tone

MPEG2 = ["-c:v", "mpeg2video", "-q:v", "1", "-pix_fmt", "yuv420p", "-g", "15"]
LONG_GROUPS = [*H264, "-preset", "medium", "-bf", "2", "-g", "40"]

# name: file, codec; formats that are entered between key frames, and one without times
ENTERED = {
    "ts-h264": ("a.ts", LONG_GROUPS),
    "ts-mpeg2": ("b.ts", MPEG2),
    "mpg": ("c.mpg", MPEG2),
    "raw-h264": ("d.h264", [*LONG_GROUPS, "-bf", "0"]),
    "mp4": ("e.mp4", LONG_GROUPS),
    "mkv": ("f.mkv", LONG_GROUPS),
    "avi": ("g.avi", ["-c:v", "mpeg4", "-q:v", "2", "-g", "40"]),
    "flv": ("h.flv", LONG_GROUPS),
    "gif": ("i.gif", []),
}


@pytest.mark.parametrize("name", ENTERED)
@pytest.mark.parametrize("start", [4, 30, 41])
def test_a_part_begins_with_its_first_frame(name, start, identity, clips, folder):
    file, flags = ENTERED[name]
    source, output = clips / f"entered-{file}", folder / "out.mkv"
    if not source.exists():
        clip_sources.make_frames(source, counting_frames(50), *flags)
    program.stylize(source, identity, output, "--start", start / 25, "--duration", "0.2")
    assert counted(probes.decode(output)) == list(range(start, start + 5))
    assert probes.frame_times(output)[0] == 0


@pytest.fixture(scope="module")
def slides(clips):
    """Four pictures of five seconds each."""
    path = clips / "slides.mp4"
    return clip_sources.make_frames(path, counting_frames(4), *H264, rate="0.2")


@pytest.mark.parametrize(
    "flags, frames, times, length",
    [
        (["--start", "7"], [1, 2, 3], [0, 3, 8], 13),
        (["--start", "7", "--duration", "2"], [1], [0], 2),
        (["--start", "5", "--duration", "7"], [1, 2], [0, 5], 7),
        (["--start", "19"], [3], [0], 1),
        (["--start", "7", "--duration", "4", "--fps", "1"], [1, 1, 1, 2], [0, 1, 2, 3], 4),
        (["--duration", "8", "--fps", "1"], [0] * 5 + [1] * 3, range(8), 8),
        (["--fps", "0.4"], [0, 0, 1, 1, 2, 2, 3, 3], [0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5], 20),
    ],
)
def test_the_picture_on_screen(flags, frames, times, length, slides, identity, folder):
    """A part begins with what is on screen, and lasts as long as it was asked to."""
    output = folder / "out.mp4"
    program.stylize(slides, identity, output, *flags)
    assert counted(probes.decode(output)) == frames
    assert [float(time) for time in probes.frame_times(output)] == pytest.approx(list(times), abs=0.002)
    assert float(probes.describe(output)["format"]["duration"]) == pytest.approx(length, abs=0.01)


def test_a_start_beyond_the_end_says_where_that_is(slides, identity, folder):
    result = program.run("stylize", slides, "-s", identity, "-o", folder / "out.mp4", "--start", "21", "--quiet")
    program.assert_refused(result, program.BAD_DATA, "ends after 20.0 s")


@pytest.mark.parametrize("extension, rate, count", [("mp4", "60", 72), ("gif", "50", 60), ("mkv", "5", 6), ("mp4", "0.1", 1)])
def test_other_rates_last_as_long(extension, rate, count, identity, folder):
    source, output = folder / f"a.{extension}", folder / "out.mkv"
    codec = [] if extension == "gif" else H264
    probes.tool(*FFMPEG, *picture(seconds="1.2"), *codec, source)
    program.stylize(source, identity, output, "--fps", rate)
    assert len(probes.frame_times(output)) == count


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
@pytest.mark.parametrize("offset", ["0", "100"])
def test_a_broadcast_begins_at_once(extension, offset, identity, folder):
    source, output = folder / "a.ts", folder / f"out.{extension}"
    probes.tool(*FFMPEG, *picture(), *tone(offset="0.2"), *MPEG2, "-c:a", "ac3", "-output_ts_offset", offset, source)
    program.stylize(source, identity, output)
    sound = probes.packets(output, probes.streams(output, "audio")[0])
    assert min(probes.frame_times(output)[0], sound[0][0]) == pytest.approx(0, abs=0.002)
    probes.check_frame_times(source, output)
    probes.check_copied_streams(source, output, "audio")


@pytest.mark.parametrize("second", ["0", "100"])
def test_a_clock_that_jumps(second, identity, folder):
    """Two recordings one after the other, as `cat` makes them: the second goes on where the first ends, sound with picture."""
    parts = []
    for index, offset in enumerate(("20", second)):
        part = folder / f"{index}.ts"
        probes.tool(*FFMPEG, *picture(), *tone(), *MPEG2, "-c:a", "mp2", "-output_ts_offset", offset, part)
        parts.append(part.read_bytes())
    source, output = folder / "both.ts", folder / "out.mkv"
    source.write_bytes(b"".join(parts))
    program.stylize(source, identity, output)
    times = probes.frame_times(output)
    gaps = [float(b - a) for a, b in zip(times, times[1:])]
    assert len(times) == 50 and max(gaps) < 0.2 and min(gaps) > 0.03, gaps
    sound = [time for time, _ in probes.packets(output, probes.streams(output, "audio")[0])]
    pauses = [float(b - a) for a, b in zip(sound, sound[1:])]
    assert max(pauses) < 0.2 and min(pauses) > 0.015, pauses
    assert abs(sound[-1] - times[-1]) < 0.15


def test_sound_that_an_edit_list_cuts_away_stays_away(identity, folder):
    source, output = folder / "a.mp4", folder / "out.mkv"
    flags = ["-c:v", "libx264", "-bf", "3", "-g", "250", "-crf", "12", "-pix_fmt", "yuv420p"]
    probes.tool(*FFMPEG, *picture(seconds="2"), *tone(seconds="2"), *flags, *AAC, source)
    clip_sources.cut_between_keyframes(source)
    found = probes.ffprobe(source, "-select_streams", "a:0", "-show_packets", "-show_entries", "packet=flags")["packets"]
    heard = [digest for (_, digest), packet in zip(probes.packets(source, probes.streams(source, "audio")[0]), found)
             if "D" not in packet["flags"]]  # fmt: skip
    assert 0 < len(heard) < len(found)
    program.stylize(source, identity, output)
    sound = probes.packets(output, probes.streams(output, "audio")[0])
    assert [digest for _, digest in sound] == heard
    assert abs(sound[0][0] - probes.frame_times(output)[0]) < 0.05
