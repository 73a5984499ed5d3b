"""The generated clips: one per container, codec or quirk that a stylized clip has to survive."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from probes import tool

FFMPEG = ("ffmpeg", "-v", "error", "-nostdin", "-y", "-bitexact")


def picture(size="64x48", rate="25", seconds="1", then="") -> list[str]:
    """A moving test picture as an ffmpeg input, soft enough to survive chroma subsampling; `then` is a list of filters."""
    # testsrc2 itself makes even sizes only.
    scale = f"format=yuv444p,scale={size.replace('x', ':')},setsar=1"
    graph = f"testsrc2=size=128x96:rate={rate}:duration={seconds},{scale},gblur=sigma=2"
    return ["-f", "lavfi", "-i", f"{graph},{then}" if then else graph]


def tone(pitch=440, seconds="1", offset=None) -> list[str]:
    delay = ["-itsoffset", offset] if offset else []
    return [*delay, "-f", "lavfi", "-i", f"sine=frequency={pitch}:sample_rate=48000:duration={seconds}"]


H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "15", "-b:v", "0", "-pix_fmt", "yuv420p"]
MPEG4 = ["-c:v", "mpeg4", "-q:v", "2"]
TICKS = ["-fps_mode", "passthrough", "-enc_time_base", "1/90000"]

SUBTITLES = "1\n00:00:00,200 --> 00:00:00,500\nBonjour\n\n2\n00:00:00,600 --> 00:00:00,900\nAdieu\n"
CHAPTERS = """;FFMETADATA1
title=Harbour at dawn
[CHAPTER]
TIMEBASE=1/1000
START=0
END=400
title=Mist
[CHAPTER]
TIMEBASE=1/1000
START=400
END=1000
title=Sun
"""


def tagged(matrix, primaries=None, transfer=None, range="tv") -> list[str]:
    return [
        "-vf", f"scale=out_color_matrix={matrix}:out_range={range}", "-colorspace", matrix, "-color_range", range,
        "-color_primaries", primaries or matrix, "-color_trc", transfer or matrix,
    ]  # fmt: skip


def irregular(step, scatter, base="1/90000") -> str:
    """Frame times that no constant rate has."""
    return f"settb={base},setpts='(N*{step}+{scatter}*mod(N*N,5))/TB'"


@dataclass
class Clip:
    """How a clip is made, what it is stylized into, and what to look for."""

    source: str
    target: str
    command: list[str]
    audio: bool = False
    subtitles: bool = False
    chapters: bool = False
    tags: str = "kept"  # kept; rgb: the source is RGB, so bt709 is expected; free: the formats have none to compare
    tolerance: float = 6.0
    finish: list = field(default_factory=list)  # functions of the file's path, called after ffmpeg


def turn(matrix):
    """Writes a display matrix into the track header of an MP4 or MOV file, which is what a telephone does."""

    def apply(path: Path):
        data = bytearray(path.read_bytes())
        at = data.index(b"tkhd") + 44
        width, height = struct.unpack(">II", data[at + 36 : at + 44])
        a, b, c, d, x, y = matrix
        move = {"w": width, "h": height, None: 0}  # in 16.16 fixed point, as the header has them
        fixed = (a << 16, b << 16, 0, c << 16, d << 16, 0, move[x], move[y], 1 << 30)
        data[at : at + 36] = struct.pack(">9i", *fixed)
        path.write_bytes(data)

    return apply


TURN_90 = turn((0, 1, -1, 0, "h", None))
TURN_180 = turn((-1, 0, 0, -1, "w", "h"))
TURN_270 = turn((0, -1, 1, 0, None, "w"))
MIRROR = turn((-1, 0, 0, 1, "w", None))


def cut_between_keyframes(path: Path):
    """Cuts without re-encoding, so that an edit list hides the frames since the keyframe before."""
    whole = path.with_name("whole-" + path.name)
    path.rename(whole)
    tool(*FFMPEG, "-ss", "0.5", "-i", whole, "-c", "copy", path)


EVERYTHING = [
    *picture(), *tone(440), *tone(660), "-i", "subtitles.srt", "-i", "chapters.txt",
    "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", "4", "-map_chapters", "4",
    "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:s:0", "language=fra",
]  # fmt: skip

CLIPS = {
    # Containers and codecs.
    "mp4-h264-aac": Clip("a.mp4", "mp4", [*picture(), *tone(), *H264, *AAC], audio=True),
    "mov-mpeg4-pcm": Clip("b.mov", "mov", [*picture(), *tone(), *MPEG4, "-c:a", "pcm_s16le"], audio=True),
    "mov-prores": Clip("c.mov", "mov", [*picture(), "-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"]),
    "mkv-everything": Clip(
        "d.mkv", "mkv", [*EVERYTHING, *H264, "-c:a:0", "libopus", "-c:a:1", "flac", "-c:s", "srt"],
        audio=True, subtitles=True, chapters=True),
    "mkv-ffv1-rgb": Clip("e.mkv", "mkv", [*picture(), "-c:v", "ffv1", "-pix_fmt", "bgr0"], tags="rgb"),
    "mp4-subtitles-chapters": Clip(
        "f.mp4", "mp4", [*EVERYTHING, *H264, *AAC, "-c:s", "mov_text"], audio=True, subtitles=True, chapters=True),
    "webm-vp9-opus": Clip("g.webm", "webm", [*picture(), *tone(), *VP9, "-c:a", "libopus"], audio=True),
    "webm-vp8-vorbis": Clip("h.webm", "webm", [*picture(), *tone(), "-c:v", "libvpx", "-crf", "8", "-b:v", "2M",
                                               "-c:a", "libvorbis"], audio=True),
    "avi-mjpeg-mp3-to-mp4": Clip("i.avi", "mp4", [*picture(), *tone(), "-c:v", "mjpeg", "-q:v", "2",
                                                  "-c:a", "libmp3lame"], audio=True),
    "avi-mpeg4-pcm-to-mov": Clip("j.avi", "mov", [*picture(), *tone(), *MPEG4, "-c:a", "pcm_s16le"], audio=True),
    "gif-uneven-delays": Clip("k.gif", "gif", [*picture(then=irregular(0.08, 0.03, "1/100")), "-fps_mode", "passthrough"],
                              tags="free", tolerance=14),
    "gif-to-mp4": Clip("l.gif", "mp4", [*picture(rate="10")], tags="rgb", tolerance=14),
    "mp4-to-gif": Clip("m.mp4", "gif", [*picture(rate="20"), *H264], tags="free", tolerance=14),
    "apng-uneven-delays-to-mp4": Clip("n.apng", "mp4", [*picture(then=irregular(0.08, 0.03, "1/100")), "-fps_mode",
                                                        "passthrough", "-enc_time_base", "1/100"], tags="rgb"),
    "mp4-to-mkv": Clip("o.mp4", "mkv", [*picture(), *tone(), *H264, *AAC], audio=True),
    "mkv-to-mp4": Clip("p.mkv", "mp4", [*picture(), *tone(), *H264, "-c:a", "libopus"], audio=True),
    "webm-to-mkv": Clip("q.webm", "mkv", [*picture(), *tone(), *VP9, "-c:a", "libopus"], audio=True),
    # Time.
    "variable-rate-mp4": Clip("ra.mp4", "mp4", [*picture(then=irregular(0.04, 0.007)), *tone(), *TICKS, "-video_track_timescale",
                                               "90000", *H264, *AAC], audio=True),
    "variable-rate-mkv": Clip("rb.mkv", "mkv", [*picture(then=irregular(0.04, 0.007)), *TICKS, *H264]),
    "variable-rate-mkv-to-mp4": Clip("rc.mkv", "mp4", [*picture(then=irregular(0.033, 0.006)), *TICKS, *H264]),
    "long-pause": Clip("s.mp4", "mp4", [*picture(then="settb=1/90000,setpts='(N/25+gt(N,9)*2.5)/TB'"), *TICKS, *H264]),
    "rate-29.97-mp4": Clip("ta.mp4", "mp4", [*picture(rate="30000/1001"), *tone(), *H264, *AAC], audio=True),
    "rate-29.97-mkv": Clip("tb.mkv", "mkv", [*picture(rate="30000/1001"), *H264]),
    "rate-23.976-mov": Clip("tc.mov", "mov", [*picture(rate="24000/1001"), *H264]),
    "rate-59.94-webm": Clip("td.webm", "webm", [*picture(rate="60000/1001"), *VP9]),
    "starts-late-mp4": Clip("ua.mp4", "mp4", [*picture(), *tone(), *H264, *AAC, "-output_ts_offset", "1.5"], audio=True),
    "starts-late-mkv": Clip("ub.mkv", "mkv", [*picture(), *tone(), *H264, "-c:a", "libopus", "-output_ts_offset", "1.5"],
                            audio=True),
    "audio-starts-later": Clip("va.mp4", "mp4", [*picture(), *tone(seconds="0.6", offset="0.4"), *H264, *AAC], audio=True),
    "picture-starts-later": Clip("vb.mkv", "mkv", [*tone(), "-itsoffset", "0.4", *picture(seconds="0.6"), "-map", "1", "-map",
                                                  "0", *H264, "-c:a", "flac"], audio=True),
    "cut-between-keyframes": Clip("w.mp4", "mp4", [*picture(seconds="2"), "-c:v", "libx264", "-bf", "3", "-g", "250", "-crf",
                                                  "12", "-pix_fmt", "yuv420p"], finish=[cut_between_keyframes]),
    "b-frames": Clip("x.mp4", "mp4", [*picture(), *tone(), "-c:v", "libx264", "-bf", "4", "-crf", "12", "-pix_fmt", "yuv420p",
                                      *AAC], audio=True),
    "single-frame": Clip("y.mp4", "mp4", [*picture(), *H264, "-frames:v", "1"]),
    "transport-stream-to-mp4": Clip("z.ts", "mp4", [*picture(), *tone(), "-c:v", "mpeg2video", "-pix_fmt", "yuv420p", "-q:v", "2", "-c:a", "ac3"],
                                    audio=True),
    # Shape.
    "odd-size-mp4": Clip("aa.mp4", "mp4", [*picture("65x49"), *H264, "-pix_fmt", "yuv444p"]),
    "odd-size-mkv": Clip("ab.mkv", "mkv", [*picture("65x49"), "-c:v", "ffv1", "-pix_fmt", "yuv420p"]),
    "odd-size-webm": Clip("ac.webm", "webm", [*picture("65x49"), *VP9]),
    "odd-width-mov": Clip("ad.mov", "mov", [*picture("65x48"), *MPEG4]),
    "tiny": Clip("ae.mkv", "mkv", [*picture("2x2"), "-c:v", "ffv1", "-pix_fmt", "yuv420p"], tolerance=12),
    "rotated-90": Clip("ba.mp4", "mp4", [*picture(), *tone(), *H264, *AAC], audio=True, finish=[TURN_90]),
    "rotated-180": Clip("bb.mov", "mov", [*picture(), *H264], finish=[TURN_180]),
    "rotated-270": Clip("bc.mp4", "mp4", [*picture(), *H264], finish=[TURN_270]),
    "rotated-90-to-mkv": Clip("bd.mp4", "mkv", [*picture(), *H264], finish=[TURN_90]),
    "rotated-270-odd-size": Clip("be.mov", "mov", [*picture("65x49"), *MPEG4], finish=[TURN_270]),
    "mirrored": Clip("bf.mp4", "mp4", [*picture(), *H264], finish=[MIRROR]),
    "wide-pixels-mp4": Clip("ca.mp4", "mp4", [*picture(then="setsar=4/3"), *H264]),
    "wide-pixels-mkv": Clip("cb.mkv", "mkv", [*picture(then="setsar=4/3"), *H264]),
    "wide-pixels-rotated": Clip("cc.mp4", "mp4", [*picture(then="setsar=4/3"), *H264], finish=[TURN_90]),
    # Colour and sampling.
    "bt601": Clip("da.mp4", "mp4", [*picture(), *H264, *tagged("smpte170m")]),
    "bt709": Clip("db.mp4", "mp4", [*picture(), *H264, *tagged("bt709")]),
    "bt709-webm": Clip("dc.webm", "webm", [*picture(), *VP9, *tagged("bt709")]),
    "bt2020": Clip("dd.mp4", "mp4", [*picture(), *H264, *tagged("bt2020nc", "bt2020", "bt2020-10")]),
    "full-range": Clip("de.mp4", "mp4", [*picture(), *H264, *tagged("bt709", range="pc")]),
    "full-range-mkv": Clip("df.mkv", "mkv", [*picture(), *H264, *tagged("smpte170m", range="pc")]),
    "ten-bit": Clip("dg.mp4", "mp4", [*picture(), *H264, *tagged("bt709"), "-pix_fmt", "yuv420p10le"]),
    "yuv444": Clip("dh.mp4", "mp4", [*picture(), *H264, "-pix_fmt", "yuv444p"]),
    "yuv422": Clip("di.mkv", "mkv", [*picture(), *H264, "-pix_fmt", "yuv422p"]),
    "grey": Clip("dj.mkv", "mkv", [*picture(), "-c:v", "ffv1", "-pix_fmt", "gray"], tags="free"),
    "interlaced": Clip("dk.mkv", "mkv", [*picture(rate="50", then="interlace"), "-c:v", "mpeg2video", "-pix_fmt", "yuv420p", "-q:v", "2", "-flags",
                                         "+ilme+ildct", "-top", "1"], tolerance=8),
    # Other things in the file.
    "cover-picture": Clip("ea.mp4", "mp4", [*picture(), *tone(), "-i", "cover.jpg", "-map", "0", "-map", "1", "-map", "2", *H264,
                                           *AAC, "-c:v:1", "copy", "-disposition:v:1", "attached_pic"], audio=True),
    "timecode-track": Clip("eb.mov", "mov", [*picture(), *H264, "-timecode", "01:00:00:00"]),
    "silent-mkv": Clip("ec.mkv", "mkv", [*picture(), *H264]),
}  # fmt: skip


def make_clip(name: str, folder: Path) -> Path:
    """Makes a clip once and returns its path."""
    clip = CLIPS[name]
    path = folder / clip.source
    if not path.exists():
        make_attachments(folder)
        arguments = [str(folder / part) if part in ("subtitles.srt", "chapters.txt", "cover.jpg") else part for part in clip.command]
        tool(*FFMPEG, *arguments, path)
        for function in clip.finish:
            function(path)
    return path


def make_attachments(folder: Path):
    if not (folder / "cover.jpg").exists():
        (folder / "subtitles.srt").write_text(SUBTITLES)
        (folder / "chapters.txt").write_text(CHAPTERS)
        tool(*FFMPEG, "-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", folder / "cover.jpg")


def make_frames(path: Path, frames: numpy.ndarray, *flags: str, rate="25", sound=False) -> Path:
    """Encodes RGB frames [frames, height, width, 3]; `flags` choose the codec."""
    count, height, width, _ = frames.shape
    sine = tone(seconds=str(count / float(rate))) if sound else []
    tool(
        *[part for part in FFMPEG if part != "-nostdin"], "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", rate, "-i", "-", *sine, *flags, path, stdin=frames.astype(numpy.uint8).tobytes(),
    )  # fmt: skip
    return path


def counting_frames(count: int, width=64, height=48) -> numpy.ndarray:
    """Frames whose grey level says which one it is: 20 + 4 n."""
    levels = 20 + 4 * numpy.arange(count)
    assert levels.max() <= 235
    return numpy.broadcast_to(levels[:, None, None, None], (count, height, width, 3))


def counted(frames: numpy.ndarray) -> list[int]:
    """Which frames of `counting_frames` these are."""
    return [round((float(frame.mean()) - 20) / 4) for frame in frames]
