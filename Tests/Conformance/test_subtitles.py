"""Subtitles that the output's container cannot hold as they are: text becomes text, at the same times."""

import re

import probes
import program
import pytest
from clip_sources import FFMPEG, H264, VP9, picture

LINES = [(0.2, 0.5, "Grüß Gott"), (0.6, 0.9, "Zwei\nZeilen"), (1.0, 1.4, "<i>schräg</i>")]


def clip(path, codec, picture_codec=H264, lines=LINES, seconds=1.6):
    def stamp(seconds):
        return f"00:00:{int(seconds):02},{round(seconds % 1 * 1000):03}"

    text = path.with_suffix(".srt")
    text.write_text("\n".join(f"{index + 1}\n{stamp(begin)} --> {stamp(end)}\n{words}\n" for index, (begin, end, words) in enumerate(lines)))
    probes.tool(*FFMPEG, *picture(seconds=str(seconds)), "-i", text, *picture_codec, "-c:s", codec, "-metadata:s:s:0", "language=ger", path)
    return path


def shown(path):
    """When which words are shown, in seconds after the first picture."""
    text = probes.tool("ffmpeg", "-v", "error", "-i", path, "-map", "0:s:0", "-f", "srt", "-").decode().replace("\r", "")
    found = re.findall(r"(\d+):(\d+):(\d+),(\d+) --> (\d+):(\d+):(\d+),(\d+)\n(.*?)\n\n", text + "\n", re.S)
    times = [[float(part) for part in entry[:8]] for entry in found]
    return [(h * 3600 + m * 60 + s + ms / 1000, h2 * 3600 + m2 * 60 + s2 + ms2 / 1000, re.sub(r"</?font[^>]*>", "", entry[8]))
            for (h, m, s, ms, h2, m2, s2, ms2), entry in zip(times, found, strict=True)]  # fmt: skip


def compare(found, expected, tolerance=0.011):
    assert [words for *_, words in found] == [words for *_, words in expected]
    for one, other in zip(found, expected, strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=tolerance)


@pytest.mark.parametrize("suffix, codec, output, expected", [
    ("mkv", "srt", "mp4", "mov_text"), ("mkv", "ass", "mp4", "mov_text"), ("mkv", "webvtt", "mov", "mov_text"), ("mkv", "srt", "webm", "webvtt"),
    ("mp4", "mov_text", "mkv", "subrip"), ("mov", "mov_text", "webm", "webvtt"), ("webm", "webvtt", "mp4", "mov_text"),
])  # fmt: skip
def test_they_are_converted(suffix, codec, output, expected, identity, folder):
    source = clip(folder / f"a.{suffix}", codec, VP9 if suffix == "webm" else H264)
    result = program.run("stylize", source, "-s", identity, "-o", folder / f"b.{output}").ok()
    (stream,) = probes.streams(folder / f"b.{output}", "subtitle")
    assert stream["codec_name"] == expected and stream["tags"]["language"] == "ger"
    assert "it is converted to" in result.err
    compare(shown(source), LINES)
    compare(shown(folder / f"b.{output}"), LINES)
    probes.check_frame_times(source, folder / f"b.{output}")


@pytest.mark.parametrize("suffix, codec", [("mkv", "srt"), ("mp4", "mov_text")])
def test_a_part_has_its_own(suffix, codec, identity, folder):
    source = clip(folder / f"a.{suffix}", codec, [*H264, "-g", "5"])
    program.run("stylize", source, "-s", identity, "-o", folder / "b.mp4", "--start", "0.4", "--duration", "0.8").ok()
    compare(shown(folder / "b.mp4"), [(0, 0.1, LINES[0][2]), (0.2, 0.5, LINES[1][2]), (0.6, 0.8, LINES[2][2])])


def test_long_ones_are_whole(identity, folder):
    lines = [(0.2, 0.9, "\n".join(["ä" * 100] * 200)), (1.0, 1.4, "kurz")]
    source = clip(folder / "a.mkv", "srt", lines=lines)
    program.run("stylize", source, "-s", identity, "-o", folder / "b.mp4").ok()
    assert [len(words) for *_, words in shown(folder / "b.mp4")] == [200 * 101 - 1, 4]


def test_what_began_long_before_a_part_is_shown_in_it(identity, folder):
    """The key frame that decoding begins with comes later than the subtitle; those that are over stay away."""
    lines = [(0.1, 0.5, "vorbei"), (1.0, 9.0, "lang"), (8.6, 8.8, "kurz")]
    source = clip(folder / "a.mkv", "srt", [*H264, "-g", "5"], lines, seconds=10)
    program.run("stylize", source, "-s", identity, "-o", folder / "b.mkv", "--start", "8", "--duration", "1.5").ok()
    compare(shown(folder / "b.mkv"), [(0, 1.0, "lang"), (0.6, 0.8, "kurz")])
