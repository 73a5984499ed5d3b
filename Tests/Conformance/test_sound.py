"""Sound that the output's container cannot hold as it is: converted, in time with the picture."""

import subprocess

import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, VP9, picture

RATE = 48_000
# Seconds at which a short tone is heard.
BURSTS = (0.2, 0.7, 1.2)
# Seconds.
TIMELY = 0.003


def timely(path) -> float:
    """FFmpeg 5.1 writes Opus into Matroska early by `OPUS_DELAY`, a sixth of a frame."""
    return TIMELY + (float(probes.OPUS_DELAY) if path.suffix == ".webm" else 0)


def sound(path, seconds=1.6, rate=RATE, channels=1, only=None):
    """A WAV file with tones at known times, in one channel or all."""
    samples = numpy.zeros((int(seconds * rate), channels), "<i2")
    count = int(0.05 * rate)
    tone = 16_000 * numpy.sin(2 * numpy.pi * 1000 * numpy.arange(count) / rate)
    for time in BURSTS:
        samples[int(time * rate) : int(time * rate) + count, slice(None) if only is None else only] = tone[:, None] if only is None else tone
    probes.tool(*FFMPEG, "-f", "s16le", "-ar", rate, "-ac", channels, "-i", "-", "-c:a", "pcm_s16le", path, stdin=samples.tobytes())
    return path


def clip(path, *codecs, before=(), filters=(), **form):
    """A clip of 1.6 seconds with that sound."""
    wav = sound(path.with_suffix(".wav"), **form)
    probes.tool(*FFMPEG, *picture(seconds="1.6"), *before, "-i", wav, *filters, *codecs, path)
    wav.unlink()
    return path


def decode(path, *filters):
    """What is heard of a file, and at which of its samples the picture begins."""
    chain = ",".join([*filters, f"aresample=async=1:first_pts=0:out_sample_rate={RATE}"])
    raw = probes.tool("ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-af", chain, "-ac", "1", "-f", "f32le", "-")
    begin = float(probes.video(path)["start_time"]) - float(probes.describe(path)["format"]["start_time"])
    return numpy.frombuffer(raw, "<f4"), round(begin * RATE)


def heard(path, channel=None, threshold=0.1) -> list[float]:
    """When tones begin, in seconds after the first picture."""
    samples, begin = decode(path, *([] if channel is None else [f"pan=mono|c0=c{channel}"]))
    loud = numpy.flatnonzero(abs(samples) > threshold)
    return [float(at - begin) / RATE for index, at in enumerate(loud) if index == 0 or at - loud[index - 1] > 0.2 * RATE]


def stylize(source, output, network, *more):
    result = program.run("stylize", source, "-s", network, "-o", output, *more).ok()
    assert output.exists()
    return result


@pytest.mark.parametrize("suffix, codecs, output, expected", [
    ("avi", [*H264, "-c:a", "pcm_s16le"], "mp4", "aac"),
    ("avi", [*H264, "-c:a", "libmp3lame"], "webm", "opus"),
    ("avi", [*H264, "-c:a", "adpcm_ms"], "mkv", "flac"),
    ("mov", [*H264, "-c:a", "pcm_s24le"], "m4v", "aac"),
    ("mp4", [*H264, "-c:a", "aac"], "webm", "opus"),
    ("ts", [*H264, "-c:a", "aac"], "webm", "opus"),
    ("mkv", [*H264, "-c:a", "flac"], "mp4", "aac"),
    ("mkv", [*H264, "-c:a", "flac"], "mov", "aac"),
    ("mkv", [*H264, "-c:a", "wmav2"], "mp4", "aac"),
    ("webm", [*VP9, "-c:a", "libopus"], "mov", "aac"),
    ("webm", [*VP9, "-c:a", "libvorbis"], "mov", "aac"),
])  # fmt: skip
def test_it_is_converted_and_stays_in_time(suffix, codecs, output, expected, identity, folder):
    source = clip(folder / f"a.{suffix}", *codecs)
    result = stylize(source, folder / f"b.{output}", identity)
    (stream,) = probes.streams(folder / f"b.{output}", "audio")
    assert stream["codec_name"] == expected and "it is converted to" in result.err
    before, after = heard(source), heard(folder / f"b.{output}")
    assert before == pytest.approx(BURSTS, abs=0.05) and len(after) == 3
    assert after == pytest.approx(before, abs=timely(folder / f"b.{output}"))
    probes.check_frame_times(source, folder / f"b.{output}")


def test_what_can_be_kept_is_not_converted(identity, folder):
    source = clip(folder / "a.mp4", *H264, "-c:a", "aac")
    assert "converted" not in stylize(source, folder / "b.mkv", identity).err
    probes.check_copied_streams(source, folder / "b.mkv", "audio")


def test_late_sound_stays_late(identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "pcm_s16le", before=("-itsoffset", "0.3"))
    stylize(source, folder / "b.mp4", identity)
    assert heard(folder / "b.mp4") == pytest.approx([time + 0.3 for time in BURSTS], abs=TIMELY)


def test_a_part_has_its_own_sound(identity, folder):
    source = clip(folder / "a.mkv", *H264, "-g", "5", "-c:a", "flac")
    stylize(source, folder / "b.mp4", identity, "--start", "0.5", "--duration", "0.9")
    assert heard(folder / "b.mp4") == pytest.approx([0.2, 0.7], abs=TIMELY)


def test_a_gap_becomes_silence(identity, folder):
    """The packets between 0.4 and 1 second are missing; what comes later stays where it was."""
    source = clip(folder / "a.mkv", *H264, "-c:a", "pcm_s16le", filters=("-af", "aselect='lt(t,0.4)+gt(t,1)'"))
    assert heard(source) == pytest.approx([0.2, 1.2], abs=0.01)
    stylize(source, folder / "b.mp4", identity)
    assert heard(folder / "b.mp4") == pytest.approx([0.2, 1.2], abs=TIMELY)


@pytest.mark.parametrize("channels, only, kept", [(1, 0, 1), (2, 0, 2), (2, 1, 2), (6, 2, 6)])
@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_channels_stay_apart(channels, only, kept, output, identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "pcm_s16le", channels=channels, only=only)
    stylize(source, folder / f"b.{output}", identity)
    (stream,) = probes.streams(folder / f"b.{output}", "audio")
    assert stream["channels"] == kept
    for channel in range(kept):
        assert len(heard(folder / f"b.{output}", channel)) == (3 if channel == only else 0), f"channel {channel}"


@pytest.mark.parametrize("layout, kept", [("5.1(side)", 6), ("7.1", 6), ("quad", 2), ("3.0", 2)])
@pytest.mark.parametrize("output", ["mp4", "webm"])
def test_uncommon_layouts_are_heard(layout, kept, output, identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "flac", filters=("-af", f"aformat=channel_layouts={layout}"))
    stylize(source, folder / f"b.{output}", identity)
    (stream,) = probes.streams(folder / f"b.{output}", "audio")
    assert stream["channels"] == kept
    assert heard(folder / f"b.{output}", threshold=0.02) == pytest.approx(BURSTS, abs=timely(folder / f"b.{output}"))


@pytest.mark.parametrize("rate, output, kept", [
    (11_025, "mp4", 11_025), (96_000, "mp4", 96_000), (37_800, "mp4", 44_100), (192_000, "mp4", 96_000), (22_050, "webm", 48_000),
])  # fmt: skip
def test_rates(rate, output, kept, identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "pcm_s16le", rate=rate)
    stylize(source, folder / f"b.{output}", identity)
    (stream,) = probes.streams(folder / f"b.{output}", "audio")
    assert int(stream["sample_rate"]) == kept
    assert heard(folder / f"b.{output}") == pytest.approx(BURSTS, abs=timely(folder / f"b.{output}"))


def test_language_and_title_stay(identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "flac", "-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Original")
    stylize(source, folder / "b.webm", identity)
    (stream,) = probes.streams(folder / "b.webm", "audio")
    assert stream["tags"]["language"] == "deu" and stream["tags"]["title"] == "Original"


def test_flac_loses_nothing(identity, folder):
    """ADPCM decodes to the same samples before and after."""
    source = clip(folder / "a.avi", *H264, "-c:a", "adpcm_ms")
    stylize(source, folder / "b.mkv", identity)

    def samples(path):
        return numpy.frombuffer(probes.tool("ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-f", "s16le", "-"), "<i2")

    assert numpy.array_equal(samples(source), samples(folder / "b.mkv"))


def test_a_pure_tone_stays_pure(identity, folder):
    """The conversion is not heard: what differs from the source is 30 dB below it."""
    source = folder / "a.mkv"
    probes.tool(*FFMPEG, *picture(), "-f", "lavfi", "-i", "sine=frequency=997:sample_rate=48000:duration=1", *H264, "-c:a", "flac", source)
    for output in ("b.mp4", "b.webm"):
        stylize(source, folder / output, identity)
        (before, _), (after, _) = decode(source), decode(folder / output)
        part = before[4800:38_400]
        # Where it is, other tests look at.
        errors = [((part - after[4800 + lag :][: len(part)]) ** 2).mean() for lag in range(-500, 501)]
        assert 10 * numpy.log10((part**2).mean() / min(errors)) > 30, output


def test_damaged_sound_costs_no_picture(identity, folder):
    source = clip(folder / "a.mkv", *H264, "-c:a", "libmp3lame", "-bsf:a", "noise=amount=20")
    stylize(source, folder / "b.webm", identity)
    probes.check_frame_times(source, folder / "b.webm")
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", folder / "b.webm", "-f", "null", "-"], capture_output=True, text=True)
    assert decoded.returncode == 0 and decoded.stderr == ""
