"""Where nothing can be written or read: permissions, full disks, failing writes."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import clip_sources
import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import noise_picture
from program import CANNOT_CREATE, IO_ERROR, NO_INPUT


# As root, the program runs as another user: root may read and write anywhere.


@pytest.fixture
def open_folder():
    """A folder that another user reaches, and how to run as one who may not write where root may."""
    path = Path(tempfile.mkdtemp(prefix="clipmorph-test-"))
    path.chmod(0o755)
    other = {}
    if os.geteuid() == 0:
        other = {"user": 65534, "group": 65534, "extra_groups": [], "env": os.environ | {"HOME": "/nonexistent"}, "cwd": "/"}
        try:
            if program.run("--version", **other).status != 0:
                pytest.skip("runs as root, and another user cannot run the program here")
        except PermissionError:
            pytest.skip("runs as root, and another user cannot reach the program here")
    yield path, other
    for entry in [path, *path.rglob("*")]:
        entry.chmod(0o755)
    shutil.rmtree(path)


def reachable(style, folder):
    copy = Path(shutil.copy(style, folder))
    copy.chmod(0o644)
    return copy


def test_read_only_target(open_folder, identity):
    folder, other = open_folder
    style = reachable(identity, folder)
    (folder / "out").mkdir()
    (folder / "out").chmod(0o555)
    noise_picture(folder / "a.png")
    result = program.run("stylize", folder / "a.png", "-s", style, "-o", folder / "out/b.png", "--quiet", **other)
    program.assert_refused(result, CANNOT_CREATE, "out")
    assert program.snapshot(folder / "out") == {}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_target_that_nobody_can_write(identity, folder):
    source = folder / "a.png"
    noise_picture(source)
    result = program.run("stylize", source, "-s", identity, "-o", "/proc/b.png", "--quiet")
    program.assert_refused(result, CANNOT_CREATE, "/proc")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_unreadable_input(kind, open_folder, identity):
    folder, other = open_folder
    style = reachable(identity, folder)
    source = folder / ("a.png" if kind == "file" else "photos")
    if kind == "folder":
        source.mkdir()
        noise_picture(source / "a.png")
    else:
        noise_picture(source)
    source.chmod(0)
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    output = folder / ("out/b.png" if kind == "file" else "out/")
    result = program.run("stylize", source, "-r", "-s", style, "-o", output, "--quiet", **other)
    program.assert_refused(result, NO_INPUT, source.name)
    assert program.snapshot(folder / "out") == {}


def noise_clip(path):
    frames = numpy.random.default_rng(1).integers(0, 256, (25, 144, 176, 3))
    clip_sources.make_frames(path, frames, *H264)


@pytest.mark.parametrize("source, output", [("a.png", "b.png"), ("a.mp4", "b.mp4"), ("a.mp4", "b.mkv")])
def test_full_disk(source, output, identity, folder):
    """A file system of 64 KiB, mounted where only the program's own process sees it."""
    disk = folder / "disk"
    disk.mkdir()
    if source == "a.png":
        noise_picture(folder / source, 300, 300)
    else:
        noise_clip(folder / source)
    mount = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    tmpfs = f"mount -t tmpfs -o size=64k none '{disk}'"
    if not shutil.which("unshare") or subprocess.run([*mount, tmpfs], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    script = f"{tmpfs} || exit 99; \"$@\"; status=$?; ls -A '{disk}' > '{folder}/left'; exit $status"
    command = [program.PROGRAM, "stylize", folder / source, "-s", identity, "-o", disk / output, "--quiet"]
    done = subprocess.run([*mount, script, "sh", *map(str, command)], capture_output=True, timeout=60)
    result = program.Result(done.returncode, done.stdout, done.stderr.decode())
    program.assert_refused(result, IO_ERROR, "space", "full")
    assert (folder / "left").read_text() == ""


@pytest.mark.parametrize("output", ["b.mp4", "b.mkv"])
def test_file_size_limit(output, identity, folder):
    """Writes that fail half-way, without a disk to fill."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    source = folder / "a.mp4"
    noise_clip(source)
    before = program.snapshot(folder)
    result = program.run("stylize", source, "-s", identity, "-o", folder / output, "--quiet", preexec_fn=limit)
    program.assert_refused(result, IO_ERROR)
    assert program.snapshot(folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_standard_output_is_full(identity, folder):
    source = folder / "a.mp4"
    probes.tool(*FFMPEG, *picture(), *H264, source)
    with open("/dev/full", "wb") as full:
        result = program.run("stylize", source, "-s", identity, "-o", "-", "--quiet", stdout=full)
    program.assert_refused(result, IO_ERROR, "space", "full")
