"""Solid colours through an identity style, for every matrix and range; HDR."""

import clip_sources
import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture, tagged

COLOURS = numpy.array([
    (128, 128, 128), (200, 40, 40), (40, 170, 60), (40, 60, 200), (20, 150, 160), (224, 172, 140), (16, 16, 16), (240, 240, 240),
])  # fmt: skip

LOSSLESS = ["-c:v", "libx264", "-qp", "0", "-preset", "ultrafast"]
UNTAGGED = ["-vf", "scale=out_color_matrix=smpte170m:out_range=tv", "-bsf:v",
            "h264_metadata=colour_primaries=2:transfer_characteristics=2:matrix_coefficients=2"]  # fmt: skip

# name: extension, flags, pixel format
SOLID = {
    "bt601": ("mp4", [*LOSSLESS, *tagged("smpte170m")], "yuv420p"),
    "bt601-pal": ("mp4", [*LOSSLESS, *tagged("bt470bg", transfer="smpte170m")], "yuv420p"),
    "bt601-full": ("mp4", [*LOSSLESS, *tagged("smpte170m", range="pc")], "yuv420p"),
    "bt709": ("mp4", [*LOSSLESS, *tagged("bt709")], "yuv420p"),
    "bt709-full": ("mkv", [*LOSSLESS, *tagged("bt709", range="pc")], "yuv420p"),
    "bt709-mkv": ("mkv", [*LOSSLESS, *tagged("bt709")], "yuv444p"),
    "bt709-ten-bit": ("mp4", ["-c:v", "libx264", "-crf", "1", *tagged("bt709")], "yuv420p10le"),
    "bt2020": ("mp4", [*LOSSLESS, *tagged("bt2020nc", "bt2020", "bt2020-10")], "yuv420p"),
    "untagged": ("mp4", [*LOSSLESS, *UNTAGGED], "yuv420p"),
    "motion-jpeg": ("avi", ["-c:v", "mjpeg", "-q:v", "1", "-qmin", "1"], "yuvj444p"),
    "rgb": ("mkv", ["-c:v", "ffv1"], "bgr0"),
    "vp9": ("webm", ["-c:v", "libvpx-vp9", "-lossless", "1", "-deadline", "realtime", "-cpu-used", "8", *tagged("bt709")], "yuv420p"),
}


def solid_clip(name, folder):
    extension, flags, layout = SOLID[name]
    frames = numpy.broadcast_to(COLOURS[:, None, None, :], (len(COLOURS), 48, 64, 3))
    return clip_sources.make_frames(folder / f"source.{extension}", frames, *flags, "-pix_fmt", layout)


def centres(frames):
    """The colour of each frame away from its edges."""
    return frames[:, 12:36, 16:48].reshape(len(frames), -1, 3)


@pytest.mark.parametrize("name", SOLID)
def test_solid_colours_stay(name, identity, folder):
    source = solid_clip(name, folder)
    target = {"avi": "mp4"}.get(source.suffix[1:], source.suffix[1:])
    output = folder / f"out.{target}"
    program.stylize(source, identity, output, "--crf", "1")
    before, after = centres(probes.decode(source)).astype(int), centres(probes.decode(output)).astype(int)
    assert abs(before - COLOURS[:, None]).max() <= 4, "the generated clip itself has other colours"
    assert len(after) == len(before)
    assert abs(after - before).max() <= 2, f"off by {abs(after - before).max(axis=(1, 2))} for {COLOURS.tolist()}"


@pytest.mark.parametrize("name", ["motion-jpeg", "bt709-full"])
def test_full_range_into_a_codec_that_does_not_tell(name, identity, folder):
    """ProRes has no word for the range, so it is written with the one that is read."""
    source, output = solid_clip(name, folder), folder / "out.mov"
    program.stylize(source, identity, output, "--codec", "prores")
    before, after = centres(probes.decode(source)).astype(int), centres(probes.decode(output)).astype(int)
    assert abs(after - before).max() <= 3


@pytest.mark.parametrize("name", ["bt601", "bt709-full"])
def test_solid_colours_are_inverted(name, invert, folder):
    """The network sees RGB, whatever the matrix and range."""
    source, output = solid_clip(name, folder), folder / "out.mkv"
    program.stylize(source, invert, output, "--crf", "1")
    before, after = centres(probes.decode(source)).astype(int), centres(probes.decode(output)).astype(int)
    assert abs(255 - before - after).max() <= 3


@pytest.mark.parametrize("rate", ["strength", "preserve-color"])
def test_strength_and_colour_work_on_clips(rate, invert, folder):
    source, output = solid_clip("bt709", folder), folder / "out.mp4"
    if rate == "strength":
        program.stylize(source, invert, output, "--strength", "0.5", "--crf", "1")
        assert abs(centres(probes.decode(output)).astype(int) - 127.5).max() <= 3
        return
    program.stylize(source, invert, output, "--preserve-color", "--crf", "1")
    skin = 5  # its luminance can be inverted without leaving RGB
    before = centres(probes.decode(source))[skin].astype(int).mean(axis=0)
    after = centres(probes.decode(output))[skin].astype(int).mean(axis=0)
    assert after.mean() < before.mean() - 60, "the painting's luminance is not there"
    assert abs((after - before) - (after - before).mean()).max() <= 4, f"{before} became {after}: another chroma"


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_tone_mapped_or_refused(transfer, identity, folder):
    source, output = folder / "hdr.mp4", folder / "out.mp4"
    probes.tool(*FFMPEG, *picture(), *H264, *tagged("bt2020nc", "bt2020", transfer), "-pix_fmt", "yuv420p10le", source)
    assert probes.colour_tags(source)["color_transfer"] == transfer
    result = program.run("stylize", source, "-s", identity, "-o", output, "--quiet")
    if result.status:
        program.assert_refused(result, program.BAD_DATA, "HDR", "PQ", "HLG", "tone", "2084", "b67")
        assert not output.exists()
        return
    tags = probes.colour_tags(output)
    assert {tags["color_space"], tags["color_primaries"], tags["color_transfer"]} == {"bt709"}, tags
    probes.check_frame_times(source, output)


def test_hdr_grey_stays_grey_and_ordered(identity, folder):
    """Tone mapping turns a ramp of greys into a ramp of greys."""
    levels = numpy.array([20, 60, 100, 130, 160])
    frames = numpy.broadcast_to(levels[:, None, None, None], (5, 48, 64, 3))
    flags = [*LOSSLESS, *tagged("bt2020nc", "bt2020", "smpte2084"), "-pix_fmt", "yuv420p10le"]
    source, output = clip_sources.make_frames(folder / "ramp.mp4", frames, *flags), folder / "out.mp4"
    result = program.run("stylize", source, "-s", identity, "-o", output, "--quiet", "--crf", "1")
    if result.status:
        program.assert_refused(result, program.BAD_DATA, "HDR", "PQ", "tone", "2084")
        return
    shown = centres(probes.decode(output)).astype(int)
    assert (shown.max(axis=2) - shown.min(axis=2)).max() <= 4, "a grey has a tint"
    steps = numpy.diff(shown.mean(axis=(1, 2)))
    assert (steps > 0).all(), f"levels {levels.tolist()} became {shown.mean(axis=(1, 2)).round(1).tolist()}"
