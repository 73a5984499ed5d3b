"""The judges judged: what ffmpeg itself copies passes every check, and each kind of damage fails one. Needs no program."""

import sys

import checkpoints
import clip_sources
import numpy
import probes
import program
import pytest
import style_files
from clip_sources import AAC, CLIPS, FFMPEG, H264, make_clip
from picture_sources import read_png16, texture, write_png16
from PIL import Image
from safetensors.numpy import load_file


@pytest.fixture(scope="module")
def everything(clips):
    return make_clip("mkv-everything", clips)


def changed(source, output, *flags, **options):
    probes.tool(*FFMPEG, "-i", source, "-map", "0", *flags, output)
    return output


def test_a_copy_passes(everything, folder):
    copy = changed(everything, folder / "copy.mkv", "-c", "copy")
    probes.check_frame_times(everything, copy)
    probes.check_copied_streams(everything, copy, "audio")
    probes.check_copied_streams(everything, copy, "subtitle")
    probes.check_chapters(everything, copy)
    probes.check_display(everything, copy, 0)


def test_a_new_encoding_passes(everything, folder):
    copy = changed(everything, folder / "copy.mkv", "-c", "copy", *H264, "-fps_mode", "passthrough")
    probes.check_frame_times(everything, copy)
    probes.check_display(everything, copy)


DAMAGE = {
    "rate": (["-c", "copy", "-c:v", "libx264", "-r", "24"], lambda a, b: probes.check_frame_times(a, b)),
    "dropped-frame": (["-c", "copy", "-c:v", "ffv1", "-vf", "select=not(eq(n\\,7))", "-fps_mode", "passthrough"],
                      lambda a, b: probes.check_frame_times(a, b)),
    "shifted-frame": (["-c", "copy", "-c:v", "ffv1", "-vf", "setpts=PTS+eq(N\\,7)*0.01/TB", "-fps_mode", "passthrough"],
                      lambda a, b: probes.check_frame_times(a, b)),
    "sound-encoded-again": (["-c", "copy", "-c:a", "libopus"], lambda a, b: probes.check_copied_streams(a, b, "audio")),
    "one-track-lost": (["-map", "-0:a:1", "-c", "copy"], lambda a, b: probes.check_copied_streams(a, b, "audio")),
    "language-lost": (["-c", "copy", "-metadata:s:a:1", "language="], lambda a, b: probes.check_copied_streams(a, b, "audio")),
    "subtitles-lost": (["-map", "-0:s", "-c", "copy"], lambda a, b: probes.check_copied_streams(a, b, "subtitle")),
    "chapters-lost": (["-map_chapters", "-1", "-c", "copy"], lambda a, b: probes.check_chapters(a, b)),
    "turned": (["-c", "copy", "-c:v", "ffv1", "-vf", "vflip"], lambda a, b: probes.check_display(a, b)),
    "scaled": (["-c", "copy", "-c:v", "ffv1", "-vf", "scale=66:48"], lambda a, b: probes.check_display(a, b)),
    "pixel-shape": (["-c", "copy", "-aspect", "16:9"], lambda a, b: probes.check_display(a, b)),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_seen(name, everything, folder):
    flags, check = DAMAGE[name]
    output = changed(everything, folder / "out.mkv", *flags)
    with pytest.raises(AssertionError):
        check(everything, output)


def test_shifted_sound_is_seen(clips, folder):
    source = make_clip("mp4-to-mkv", clips)
    late = folder / "late.mp4"
    probes.tool(*FFMPEG, "-i", source, "-itsoffset", "0.05", "-i", source, "-map", "0:v", "-map", "1:a", "-c", "copy", late)
    with pytest.raises(AssertionError, match="off the picture"):
        probes.check_copied_streams(source, late, "audio")


def test_a_turn_twice_and_a_turn_lost_are_seen(clips, folder):
    source = make_clip("rotated-90", clips)
    lost, twice = make_clip("mp4-h264-aac", clips), folder / "twice.mp4"
    probes.tool(*FFMPEG, "-i", source, *H264, twice)
    probes.check_display(source, twice)  # turned once by ffmpeg
    clip_sources.TURN_90(twice)
    for output in (lost, twice):
        with pytest.raises(AssertionError):
            probes.check_display(source, output)


def test_other_colours_are_seen(clips, folder):
    source = make_clip("bt709", clips)
    output = folder / "out.mp4"
    probes.tool(*FFMPEG, "-i", source, "-c", "copy", "-bsf:v", "h264_metadata=matrix_coefficients=6", output)
    assert probes.colour_tags(source) != probes.colour_tags(output)
    assert abs(probes.decode(source).astype(int) - probes.decode(output)).max() > 5


@pytest.mark.parametrize("name", ["rotated-90", "rotated-180", "rotated-270", "mirrored", "wide-pixels-mp4", "odd-size-mp4",
                                  "variable-rate-mp4", "long-pause", "starts-late-mp4", "cut-between-keyframes", "full-range",
                                  "cover-picture", "timecode-track", "interlaced"])  # fmt: skip
def test_clips_have_their_quirk(name, clips):
    path = make_clip(name, clips)
    stream, times = probes.video(path), probes.frame_times(path)
    gaps = {round(float(b - a), 4) for a, b in zip(times, times[1:])}
    shape = probes.decode(path).shape[1:3]
    upright = probes.decode(make_clip("mp4-h264-aac", clips))[0].astype(int)
    turned = {"rotated-90": numpy.rot90(upright, -1), "rotated-180": upright[::-1, ::-1], "rotated-270": numpy.rot90(upright),
              "mirrored": upright[:, ::-1]}  # fmt: skip
    if name in turned:
        assert abs(probes.decode(path)[0] - turned[name]).mean() < 3
    expected = {
        "wide-pixels-mp4": stream.get("sample_aspect_ratio") == "4:3",
        "odd-size-mp4": shape == (49, 65),
        "variable-rate-mp4": len(gaps) >= 4,
        "long-pause": max(gaps, default=0) > 2 and len(gaps) > 1,
        "starts-late-mp4": float(times[0]) == 1.5,
        "cut-between-keyframes": len(times) < int(stream.get("nb_frames", 0)),
        "full-range": stream.get("color_range") == "pc",
        "cover-picture": any(s["disposition"]["attached_pic"] for s in probes.describe(path)["streams"]),
        "timecode-track": any(s["codec_type"] == "data" for s in probes.describe(path)["streams"]),
        "interlaced": stream.get("field_order", "unknown") not in ("progressive", "unknown"),
    }
    assert name in turned or expected[name]


def test_there_are_enough_clips():
    assert len(CLIPS) >= 24 and len({clip.source for clip in CLIPS.values()}) == len(CLIPS)


def test_sixteen_bit_pictures_are_read_back(folder):
    values = texture(33, 21, 4).astype(numpy.uint16) * 251
    assert (read_png16(write_png16(folder / "a.png", values)) == values).all()
    eight = texture(48, 30)
    Image.fromarray(eight).save(folder / "b.png", optimize=True)  # with every row filter
    assert (read_png16(folder / "b.png") == eight.astype(int) * 257).all()


def test_counting_frames_count(folder):
    path = clip_sources.make_frames(folder / "a.mp4", clip_sources.counting_frames(50), *H264, *AAC, sound=True)
    assert clip_sources.counted(probes.decode(path)) == list(range(50))


def test_styles_hold_their_tensors(folder):
    tensors = load_file(style_files.write_invert(folder / "invert.safetensors"))
    assert tensors["conv.weight"].shape == (3, 3, 1, 1) and tensors["conv.weight"][0, 0, 0, 0] == -1
    layers, written = style_files.small_network()
    assert set(load_file(style_files.write_small_network(folder / "b.safetensors"))) == set(written)


@pytest.mark.parametrize("write", [checkpoints.write_zip, checkpoints.write_legacy])
def test_checkpoints_are_read_by_torch(write, folder):
    torch = pytest.importorskip("torch")
    state = style_files.transformer_net_state()
    loaded = torch.load(write(folder / "a.pth", state), weights_only=True)
    assert list(loaded) == list(state)
    assert all((loaded[name].numpy() == value).all() for name, value in state.items())


def test_refusals_are_judged():
    program.assert_refused(program.Result(65, b"", "clipmorph: a.png is no picture.\n"), 65, "a.png")
    for status, out, err in [
        (64, b"", "clipmorph: a.png is no picture.\n"), (65, b"x", "clipmorph: a.png is no picture.\n"), (65, b"", ""),
        (65, b"", "a.png is no picture.\n"), (65, b"", "clipmorph: a.png is no picture.\nclipmorph: two lines\n"),
        (65, b"", "clipmorph: b.png is no picture.\n"), (-11, b"", "clipmorph: a.png is no picture.\n"),
    ]:  # fmt: skip
        with pytest.raises(AssertionError):
            program.assert_refused(program.Result(status, out, err), 65, "a.png")


def test_memory_is_measured():
    """A peak is the program's own, not that of the process that started it."""
    ballast = bytearray(300_000_000)
    program_before, program.PROGRAM = program.PROGRAM, "/bin/sh"
    try:
        assert program.peak_memory("-c", "exit 0") < 100_000 * (1024 if sys.platform == "darwin" else 1)
    finally:
        program.PROGRAM = program_before
    assert len(ballast)
