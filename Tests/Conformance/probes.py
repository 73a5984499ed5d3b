"""Reads media files with FFmpeg's own tools and compares a stylized file with its source."""

import json
import subprocess
from fractions import Fraction
from functools import lru_cache

import numpy

MICROSECOND = Fraction(1, 1_000_000)

# Every copy into Matroska by FFmpeg 5.1 moves Opus by its encoder's delay, which its demuxer takes off and its muxer does not add.
OPUS_DELAY = Fraction(312, 48_000)


def tool(*command, stdin: bytes | None = None, timeout: float = 120) -> bytes:
    """Runs ffmpeg or ffprobe, which has to succeed, and returns what it printed."""
    options = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=timeout, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stderr.decode(errors='replace')}"
    return done.stdout


def ffprobe(path, *flags) -> dict:
    return json.loads(tool("ffprobe", "-v", "error", *flags, "-of", "json", path))


@lru_cache(maxsize=None)
def _described(path: str, stamp: int) -> dict:
    return ffprobe(path, "-show_format", "-show_streams", "-show_chapters")


def describe(path) -> dict:
    """The container, streams and chapters of a file."""
    return _described(str(path), path.stat().st_mtime_ns)


def streams(path, kind: str) -> list[dict]:
    """The streams of a kind (`video`, `audio`, `subtitle`), cover pictures left out."""
    found = [stream for stream in describe(path)["streams"] if stream["codec_type"] == kind]
    return [stream for stream in found if not stream["disposition"]["attached_pic"]]


def video(path) -> dict:
    """The one moving picture of a file."""
    found = streams(path, "video")
    assert len(found) == 1, f"{path} has {len(found)} video streams"
    return found[0]


def tick(stream: dict) -> Fraction:
    return Fraction(stream["time_base"])


@lru_cache(maxsize=None)
def _frame_stamps(path: str, stamp: int) -> list[int]:
    found = ffprobe(path, "-select_streams", "V:0", "-show_entries", "frame=best_effort_timestamp")["frames"]
    return [int(frame["best_effort_timestamp"]) for frame in found]


def frame_times(path) -> list[Fraction]:
    """When each decoded frame is shown, in seconds on the container's clock."""
    base = tick(video(path))
    return [stamp * base for stamp in _frame_stamps(str(path), path.stat().st_mtime_ns)]


def packets(path, stream: dict) -> list[tuple[Fraction, str]]:
    """Time and digest of each packet of a stream."""
    flags = ("-show_packets", "-show_data_hash", "md5", "-show_entries", "packet=pts,data_hash")
    found = ffprobe(path, "-select_streams", stream["index"], *flags)
    return [(int(packet["pts"]) * tick(stream), packet["data_hash"]) for packet in found["packets"]]


def decode(path_or_bytes, *flags, filters="") -> numpy.ndarray:
    """Every frame as a player shows it (rotation applied), [frames, height, width, 3], 8 bit RGB."""
    stdin = path_or_bytes if isinstance(path_or_bytes, bytes) else None
    source = "-" if stdin is not None else path_or_bytes
    scale = filters + "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24"
    data = tool(
        "ffmpeg", "-v", "error", *flags, "-i", source, "-map", "0:V:0", "-vf", scale,
        "-vsync", "passthrough", "-c:v", "ppm", "-f", "image2pipe", "-", stdin=stdin,
    )  # fmt: skip
    frames, position = [], 0
    while position < len(data):
        magic, size, depth, _ = data[position : position + 64].split(b"\n", 3)
        assert magic == b"P6" and depth == b"255"
        width, height = map(int, size.split())
        position += len(magic) + len(size) + len(depth) + 3
        pixels = numpy.frombuffer(data, numpy.uint8, width * height * 3, position)
        frames.append(pixels.reshape(height, width, 3))
        position += width * height * 3
    assert frames, "no frame decoded"
    return numpy.stack(frames)


def shape_ratio(path) -> Fraction:
    """Width over height of the picture as a player shows it: rotation and pixel shape counted."""
    stream = video(path)
    ratio = Fraction(stream["width"], stream["height"])
    sample = stream.get("sample_aspect_ratio", "1:1").split(":")
    if sample[0] != "0":
        ratio *= Fraction(int(sample[0]), int(sample[1]))
    quarter_turns = sum(int(data.get("rotation", 0)) for data in stream.get("side_data_list", [])) // 90
    return 1 / ratio if quarter_turns % 2 else ratio


def colour_tags(path) -> dict[str, str]:
    """Range, matrix, primaries and transfer as tagged; a missing range is `tv`, anything else missing is `unknown`."""
    stream = video(path)
    tags = {key: stream.get(key, "unknown") for key in ("color_space", "color_primaries", "color_transfer")}
    tags["color_range"] = stream.get("color_range", "unknown").replace("unknown", "tv")
    return tags


# Comparisons. Each fails with what differs.


def check_frame_times(source, output):
    """The same number of frames, each within one tick of when the source shows it, counted from the first.

    Where the first stands is compared with the sound: see `check_copied_streams`.
    """
    expected, found = frame_times(source), frame_times(output)
    assert len(found) == len(expected), f"{len(found)} frames, not {len(expected)}"
    tolerance = max(tick(video(source)), tick(video(output))) + 2 * MICROSECOND
    from_start = [(a - expected[0], b - found[0]) for a, b in zip(expected, found, strict=True)]
    wrong = [(n, float(a), float(b)) for n, (a, b) in enumerate(from_start) if abs(a - b) > tolerance]
    assert not wrong, f"frames shown at another time (index, expected, found): {wrong[:5]} of {len(wrong)}"


def check_copied_streams(source, output, kind):
    """Every stream of a kind arrives: the same codec, language and packets, at the same time relative to the picture."""
    expected, found = streams(source, kind), streams(output, kind)
    assert expected, f"the source has no {kind}: nothing would be checked"
    names = [stream["codec_name"] for stream in expected]
    assert [stream["codec_name"] for stream in found] == names
    picture_shift = frame_times(output)[0] - frame_times(source)[0]
    for before, after in zip(expected, found, strict=True):
        language = before.get("tags", {}).get("language")
        assert after.get("tags", {}).get("language", "und") == (language or "und")
        left, right = packets(source, before), packets(output, after)
        assert [digest for _, digest in right] == [digest for _, digest in left], f"{kind} packets differ"
        ticks = [tick(stream) for stream in (before, after, video(source), video(output))]
        tolerance = max(ticks[0], ticks[1]) + max(ticks[2], ticks[3]) + 2 * MICROSECOND
        if before["codec_name"] == "opus":
            tolerance += OPUS_DELAY
        drift = [float(b - a - picture_shift) for (a, _), (b, _) in zip(left, right, strict=True)]
        worst = max(drift, key=abs)
        assert abs(worst) <= tolerance, f"{kind} is {worst:+.4f} s off the picture"


def check_display(source, output, tolerance=6.0):
    """The same size, pixel shape and picture on a player's screen; `tolerance` is a mean difference of 255."""
    assert shape_ratio(output) == shape_ratio(source)
    expected, found = decode(source), decode(output)
    assert found.shape[1:] == expected.shape[1:], f"shown at {found.shape[2]}x{found.shape[1]}, not {expected.shape[2]}x{expected.shape[1]}"
    count = min(len(expected), len(found))
    difference = numpy.abs(expected[:count].astype(int) - found[:count]).mean(axis=(1, 2, 3))
    assert difference.max() <= tolerance, f"frame {difference.argmax()} differs by {difference.max():.1f} on average"


def check_chapters(source, output):
    """The same chapters: title, start and end to a millisecond, or moved with the picture."""
    expected, found = describe(source)["chapters"], describe(output)["chapters"]
    assert expected, "the source has no chapters: nothing would be checked"
    assert [c["tags"]["title"] for c in found] == [c["tags"]["title"] for c in expected]
    picture_shift = frame_times(output)[0] - frame_times(source)[0]
    for before, after in zip(expected, found, strict=True):
        for end in ("start_time", "end_time"):
            shift = Fraction(after[end]) - Fraction(before[end])
            assert min(abs(shift), abs(shift - picture_shift)) <= Fraction(1, 1000), (before, after)
