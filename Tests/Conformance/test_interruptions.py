"""Ctrl-C, SIGTERM and a terminal that closes, in the middle of a job."""

import os
import signal
import subprocess
import time

import numpy
import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture

ENDS = {signal.SIGINT: (130, -signal.SIGINT), signal.SIGTERM: (143, -signal.SIGTERM), signal.SIGHUP: (129, -signal.SIGHUP)}


def finish(process, sent) -> str:
    """Waits for a program that got a signal; returns what it said."""
    began = time.monotonic()
    try:
        _, err = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"still running 15 s after {sent.name}")
    assert time.monotonic() - began < 10
    assert process.returncode in ENDS[sent], f"exit status {process.returncode}\n{err.decode()}"
    assert not program.CRASH.search(err.decode())
    return err.decode()


@pytest.fixture(scope="module")
def long_clip(clips):
    path = clips / "long.mp4"
    probes.tool(*FFMPEG, *picture("640x360", seconds="40"), *H264, path)
    return path


@pytest.mark.parametrize("sent", ENDS)
@pytest.mark.parametrize("extension", ["mp4", "webm"])
def test_interrupted_clip_leaves_nothing(sent, extension, long_clip, network, folder):
    output = folder / f"out.{extension}"
    process = program.start(
        "stylize", long_clip, "-s", network, "-o", output, "--quiet",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None and not program.snapshot_names(folder):
        time.sleep(0.05)
    time.sleep(0.5)
    assert process.poll() is None, f"over before the signal: {process.communicate()}"
    assert not output.exists(), "the output's name appears before it is whole"
    process.send_signal(sent)
    finish(process, sent)
    assert program.snapshot_names(folder) == []


@pytest.mark.parametrize("sent", ENDS)
def test_interrupted_while_it_waits_for_a_pipe(sent, identity, folder):
    """Frames stop coming, the pipe stays open: the program is to be stoppable all the same."""
    reader, writer = os.pipe()
    process = program.start(
        "stylize", "-", "-s", identity, "-o", folder / "out.mp4", "--quiet",
        stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(reader)
    frame = b"FRAME\n" + numpy.full(64 * 48 * 3 // 2, 128, numpy.uint8).tobytes()
    os.write(writer, b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n" + frame * 10)
    time.sleep(2)
    assert process.poll() is None, f"over before the signal: {process.communicate()}"
    process.send_signal(sent)
    finish(process, sent)
    os.close(writer)
    assert program.snapshot_names(folder) == []


def test_an_interrupted_batch_keeps_what_is_whole(long_clip, network, folder):
    """Outputs that were finished before the signal stay; the one in work goes."""
    first = folder / "in/first.mp4"
    first.parent.mkdir()
    probes.tool(*FFMPEG, *picture(seconds="0.2"), *H264, first)
    process = program.start(
        "stylize", first, long_clip, "-s", network, "-o", folder / "out", "--quiet",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (folder / "out/first.mp4").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    assert process.poll() is None, f"over before the signal: {process.communicate()}"
    process.send_signal(signal.SIGINT)
    finish(process, signal.SIGINT)
    assert program.snapshot_names(folder / "out") == ["first.mp4"]
    assert len(probes.frame_times(folder / "out/first.mp4")) == 5


def test_begun_by_nohup_it_outlives_the_terminal(long_clip, network, folder):
    process = program.start(
        "stylize", long_clip, "-s", network, "-o", folder / "out.mp4", "--quiet", "--duration", "6",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not program.snapshot_names(folder):
        time.sleep(0.02)
    assert process.poll() is None, f"over before the signal: {process.communicate()}"
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert program.snapshot_names(folder) == ["out.mp4"]
