"""Standard streams that nobody reads, that are full, or that are not there: work is never lost for them."""

import json
import os
import subprocess
from pathlib import Path

import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import image

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
WAYS = ["gone", "closed", pytest.param("full", marks=needs_full)]


def run(way, stream, *arguments) -> tuple[int, bytes]:
    """Runs the program with standard error (2) or output (1) as `way` says; gives the status and what the other one got."""
    other = {1: "stderr", 2: "stdout"}[stream]
    mine = {1: "stdout", 2: "stderr"}[stream]
    options = {other: subprocess.PIPE, "stdin": subprocess.DEVNULL}
    if way == "closed":
        process = program.start(*arguments, **options, preexec_fn=lambda: os.close(stream))
    else:
        if way == "full":
            descriptor = os.open("/dev/full", os.O_WRONLY)
        else:
            reader, descriptor = os.pipe()
            os.close(reader)
        process = program.start(*arguments, **options, **{mine: descriptor})
        os.close(descriptor)
    out, err = process.communicate(timeout=60)
    return process.returncode, err if stream == 1 else out


@pytest.fixture
def source(folder):
    image(48, 30).save(folder / "a.png")
    return folder / "a.png"


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_without_standard_error(way, source, identity, folder):
    program.stylize(source, identity, folder / "expected.png")
    assert run(way, 2, "stylize", source, "-s", identity, "-o", folder / "b.png") == (0, b"")
    # Not a word of what was to be said has got into it, either.
    assert (folder / "b.png").read_bytes() == (folder / "expected.png").read_bytes()


@pytest.mark.parametrize("way", WAYS)
def test_a_clip_without_standard_error(way, identity, folder):
    source = folder / "a.mp4"
    probes.tool(*FFMPEG, *picture(seconds="0.4"), *H264, source)
    assert run(way, 2, "stylize", source, "-s", identity, "-o", folder / "b.mp4") == (0, b"")
    probes.check_frame_times(source, folder / "b.mp4")
    assert program.snapshot_names(folder) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("way", WAYS)
def test_a_failure_without_standard_error(way, identity, folder):
    assert run(way, 2, "stylize", folder / "a.png", "-s", identity, "-o", folder / "b.png") == (program.NO_INPUT, b"")


def told(status, err):
    assert status == program.IO_ERROR, (status, err)
    lines = err.decode().splitlines()
    assert lines and lines[-1].startswith("clipmorph: standard output cannot be written: "), err
    assert not program.CRASH.search(err.decode())


@pytest.mark.parametrize("way", WAYS)
def test_events_that_cannot_be_written(way, source, identity, folder):
    """The painting is finished all the same."""
    told(*run(way, 1, "stylize", source, "-s", identity, "-o", folder / "b.png", "--json"))
    program.stylize(source, identity, folder / "expected.png")
    assert (folder / "b.png").read_bytes() == (folder / "expected.png").read_bytes()
    assert program.snapshot_names(folder) == ["a.png", "b.png", "expected.png"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "arguments", [("styles",), ("styles", "starry-night"), ("doctor",), ("--help",), ("stylize", "--help"), ("--version",)], ids=" ".join
)
def test_results_that_cannot_be_written(arguments, way):
    told(*run(way, 1, *arguments))


def test_a_failure_is_an_event_among_several_inputs_and_alone(source, identity, folder):
    missing = folder / "x.png"
    for inputs, status in (([missing], program.NO_INPUT), ([missing, source], 1)):
        result = program.run("stylize", *inputs, "-s", identity, "-o", folder / ("out/" if len(inputs) > 1 else "b.png"), "--json")
        assert result.status == status, result.err
        failed = [event for event in map(json.loads, result.text.splitlines()) if event["event"] == "failed"]
        assert [(event["input"], event["status"]) for event in failed] == [(str(missing), program.NO_INPUT)]
        assert len(result.err.splitlines()) == 1 and "x.png" in result.err
