"""What a clip keeps on its way through an identity style: frames, times, sound, subtitles, shape, colour tags."""

import re

import probes
import program
import pytest
from clip_sources import AAC, CLIPS, EVERYTHING, FFMPEG, H264, make_attachments, make_clip, picture, tone


def names(choose):
    return sorted(name for name, clip in CLIPS.items() if choose(clip))


ALL = names(lambda clip: True)


@pytest.mark.parametrize("name", ALL)
def test_frames_and_times(name, stylized):
    source, output, _ = stylized(name)
    probes.check_frame_times(source, output)


@pytest.mark.parametrize("name", ALL)
def test_looks_the_same_on_a_screen(name, stylized):
    source, output, _ = stylized(name)
    probes.check_display(source, output, CLIPS[name].tolerance)


@pytest.mark.parametrize("name", names(lambda clip: clip.audio))
def test_sound_is_copied_and_in_sync(name, stylized):
    source, output, _ = stylized(name)
    probes.check_copied_streams(source, output, "audio")


@pytest.mark.parametrize("name", names(lambda clip: clip.subtitles))
def test_subtitles_are_kept(name, stylized):
    source, output, _ = stylized(name)
    probes.check_copied_streams(source, output, "subtitle")


@pytest.mark.parametrize("name", names(lambda clip: clip.chapters))
def test_chapters_and_title_are_kept(name, stylized):
    source, output, _ = stylized(name)
    probes.check_chapters(source, output)
    tags = {key.lower(): value for key, value in probes.describe(output)["format"]["tags"].items()}
    assert tags["title"] == "Harbour at dawn"


@pytest.mark.parametrize("name", names(lambda clip: clip.tags != "free"))
def test_colour_tags(name, stylized):
    source, output, _ = stylized(name)
    before, after = probes.colour_tags(source), probes.colour_tags(output)
    if CLIPS[name].tags == "rgb":
        assert after["color_space"] == "bt709", after
        return
    assert after["color_range"] == before["color_range"]
    for key in ("color_space", "color_primaries", "color_transfer"):
        # A small untagged clip may stay untagged or get the tags that players assume.
        allowed = {before[key]} if before[key] != "unknown" else {"unknown", "smpte170m", "bt470bg"}
        assert after[key] in allowed, f"{key}: {before[key]} became {after[key]}"


@pytest.mark.parametrize("name", ["gif-uneven-delays", "mp4-h264-aac"])
def test_last_frame_stays_as_long(name, stylized):
    source, output, _ = stylized(name)

    def last(path):
        found = probes.ffprobe(path, "-select_streams", "V:0", "-show_packets", "-show_entries", "packet=pts,duration")
        packet = max(found["packets"], key=lambda packet: packet["pts"])
        return packet.get("duration", 0) * probes.tick(probes.video(path))

    assert abs(last(source) - last(output)) <= probes.tick(probes.video(source)), (float(last(source)), float(last(output)))


def test_frames_differ_from_the_source_when_the_style_does(stylized, clips, invert, folder):
    """The checks above would pass on a copy of the file; this one would not."""
    source = make_clip("mp4-h264-aac", clips)
    output = folder / "out.mp4"
    program.stylize(source, invert, output)
    before, after = probes.decode(source), probes.decode(output)
    assert abs(255 - before.astype(int) - after).mean() < 6
    probes.check_copied_streams(source, output, "audio")


def test_sound_that_the_container_cannot_hold_is_named(identity, folder):
    source, output = folder / "a.mkv", folder / "b.mp4"
    probes.tool(*FFMPEG, *picture(), *tone(), *H264, "-c:a", "wmav2", source)
    result = program.run("stylize", source, "-s", identity, "-o", output).ok()
    assert re.search(r"audio|sound|wma", result.err, re.I), f"nothing about the sound: {result.err}"
    probes.check_frame_times(source, output)


def test_subtitles_that_the_container_cannot_hold(identity, folder):
    """SubRip into MP4: converted to the container's own kind, with a word."""
    source, output = folder / "a.mkv", folder / "b.mp4"
    make_attachments(folder)
    command = [str(folder / part) if part in ("subtitles.srt", "chapters.txt") else part for part in EVERYTHING]
    probes.tool(*FFMPEG, *command, *H264, *AAC, "-c:s", "srt", source)
    result = program.run("stylize", source, "-s", identity, "-o", output).ok()
    assert [stream["codec_name"] for stream in probes.streams(output, "subtitle")] == ["mov_text"]
    assert re.search(r"subtitle, subrip.* converted to timed text", result.err), result.err
    probes.check_copied_streams(source, output, "audio")
    probes.check_chapters(source, output)


@pytest.fixture(scope="module")
def see_through(clips):
    """A WebM whose opacity goes from nothing to all, left to right."""
    path = clips / "see-through.webm"
    probes.tool(*FFMPEG, *picture(seconds="0.4", then="format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='X*4'"),
                "-c:v", "libvpx-vp9", "-crf", "10", "-b:v", "0", "-pix_fmt", "yuva420p", path)  # fmt: skip
    return path


def opacity(path):
    return probes.decode(path, "-c:v", "libvpx-vp9", filters="alphaextract,")[..., 0].astype(int)


def test_opacity_of_webm_is_kept(see_through, identity, folder):
    output = folder / "out.webm"
    assert program.stylize(see_through, identity, output).err == ""
    assert opacity(see_through)[0, 24, [4, 60]].tolist() == pytest.approx([16, 240], abs=6)
    assert abs(opacity(output) - opacity(see_through)).mean() < 3


def test_opacity_of_webm_that_is_lost_is_named(see_through, identity, folder):
    output = folder / "out.mkv"
    result = program.run("stylize", see_through, "-s", identity, "--stabilize", "off", "-o", output).ok()
    assert result.err.count("transparency") == 1
    assert not any(key.lower() == "alpha_mode" for key in probes.video(output).get("tags", {}))


def test_a_gif_that_covers_all_loses_nothing(identity, folder):
    source, output = folder / "a.gif", folder / "out.mp4"
    probes.tool(*FFMPEG, *picture(seconds="0.4"), source)
    assert probes.video(source)["pix_fmt"] == "bgra"
    assert "transparency" not in program.run("stylize", source, "-s", identity, "--stabilize", "off", "-o", output).ok().err


def test_cover_picture_is_not_taken_for_the_clip(stylized):
    _, output, _ = stylized("cover-picture")
    stream = probes.video(output)
    assert (stream["width"], stream["height"]) == (64, 48)


def test_turned_once_only(stylized):
    """A rotated clip is either turned, or says that it is to be turned."""
    source, output, _ = stylized("rotated-90")
    assert probes.decode(source).shape[1:3] == (64, 48)
    assert probes.decode(output).shape[1:3] == (64, 48)
    stream = probes.video(output)
    told = any(data.get("rotation") for data in stream.get("side_data_list", []))
    assert told == (stream["width"] > stream["height"])


def test_damaged_packets_cost_a_few_frames_only(identity, folder):
    """Noise over a part of the picture data: the clip goes through, near whole, and without a crash."""
    source, output = folder / "damaged.mkv", folder / "out.mkv"
    probes.tool(*FFMPEG, *picture(seconds="2"), *tone(seconds="2"), *H264, "-g", "5", "-c:a", "flac", source)
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 900] = bytes((7 * n + 13) % 256 for n in range(900))
    source.write_bytes(data)
    result = program.run("stylize", source, "-s", identity, "-o", output)
    program.assert_no_crash(result)
    result.ok()
    assert len(probes.frame_times(output)) >= 35


def test_surround_sound_and_several_tracks(identity, folder):
    source, output = folder / "a.mp4", folder / "b.mp4"
    surround = ["-f", "lavfi", "-i", "anoisesrc=seed=1:duration=1,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0"]
    probes.tool(*FFMPEG, *picture(), *surround, *tone(), "-map", "0", "-map", "1", "-map", "2", *H264, *AAC, source)
    program.stylize(source, identity, output)
    probes.check_copied_streams(source, output, "audio")
    assert [stream["channels"] for stream in probes.streams(output, "audio")] == [6, 1]
