"""The benchmark: what it prints is what a reader of its table or its JSON expects."""
import json
import os
import signal
import subprocess
import sys

import clip_sources
import program
import pytest

SMALL = ("bench", "--frames", 4, "--size", "64x48", "--runs", 1, "--reference", "off")


def test_json_has_a_row_for_each_network_and_engine():
    report = json.loads(program.run(*SMALL, "--tier", "fast", "--tier", "balanced", "--engine", "openvino", "--json").ok().text)
    assert (report["width"], report["height"], report["frames"], report["runs"]) == (64, 48, 4, 1)
    assert report["decodeFPS"] > 0 and report["encodeFPS"] > 0 and "reference" not in report
    assert {(row["tier"], row["engine"]) for row in report["rows"]} == {("fast", "openvino"), ("balanced", "openvino")}
    for row in report["rows"]:
        for figure in ("wholeFPS", "coresBusy", "networkMilliseconds", "networkFPS", "firstPictureSeconds", "peakMegabytes"):
            assert 0 < row[figure] < 1e6, figure
        # A whole job decodes, paints and encodes: it cannot be faster than painting alone.
        assert row["wholeFPS"] < row["networkFPS"]


def test_a_clip_and_a_style_of_ones_own(clips, network):
    clip = clip_sources.make_clip("mp4-h264-aac", clips)
    result = program.run("bench", "--clip", clip, "--style", network, "--runs", 1, "--reference", "off", "--engine", "torch", "--json").ok()
    report = json.loads(result.text)
    assert [row["tier"] for row in report["rows"]] == ["style"]


def test_the_table_has_as_many_columns_as_its_head():
    lines = program.run(*SMALL, "--tier", "fast", "--engine", "openvino").ok().text.splitlines()
    assert lines[0].startswith("64x48, 4 frames")
    assert "whole fps" in lines[3] and lines[4].split()[:2] == ["fast", "openvino"]


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("--tier", "huge"), 64, "huge"), (("--engine", "auto"), 64, "--engine"), (("--runs", 0), 64, "--runs"),
        (("--frames", 1), 64, "--frames"), (("--size", "10"), 64, "size"), (("--clip", "nowhere.mp4"), 66, "nowhere.mp4"),
        (("--style", "no-such-style"), 78, "no-such-style"),
    ],
)  # fmt: skip
def test_bad_arguments(arguments, status, word):
    result = program.run("bench", "--reference", "off", *arguments)
    assert result.status == status and word in result.err, result.err


def test_a_python_without_torch_is_told():
    result = program.run(*SMALL[:-1], "/bin/false", "--tier", "fast", "--engine", "openvino").ok()
    assert "no PyTorch in /bin/false" in result.err


def test_every_network_is_measured_in_pytorch():
    pytest.importorskip("torch")
    report = json.loads(program.run(*SMALL[:-1], sys.executable, "--engine", "openvino", "--json").ok().text)
    milliseconds = report["reference"]["milliseconds"]
    assert set(milliseconds) == {"original", "balanced", "fast"} and all(value > 0 for value in milliseconds.values())


def test_a_failure_of_pytorch_is_told(folder):
    """A package of the name that fails stands for one that is broken."""
    (folder / "torch.py").write_text("nn = None\nraise RuntimeError('no kernel')\n")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    result = program.run(*SMALL[:-1], python, "--tier", "fast", "--engine", "openvino").ok()
    assert "failed" in result.err and "no kernel" in result.err, result.err


def test_any_size_and_a_tier_named_twice():
    """Sizes that the network does not divide are enlarged, as the program does."""
    words = ("bench", "--frames", 2, "--size", "65x47", "--runs", 1, "--engine", "openvino", "--tier", "fast", "--tier", "fast")
    report = json.loads(program.run(*words, "--reference", "/bin/false", "--json").ok().text)
    assert [row["tier"] for row in report["rows"]] == ["fast"]


def test_a_file_has_no_tiers(network):
    result = program.run(*SMALL, "--style", network, "--tier", "fast")
    assert result.status == program.BAD_STYLE and "--tier" in result.err, result.err


def test_a_signal_leaves_no_workshop(folder):
    process = program.start(*SMALL, "--tier", "fast", "--runs", 1000, env={**os.environ, "TMPDIR": str(folder)}, stderr=subprocess.PIPE)
    # Said once the folder is there.
    assert b"measuring fast" in process.stderr.readline()
    assert any(folder.iterdir())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130 and program.snapshot(folder) == {}
