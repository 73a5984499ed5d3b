"""`clipmorph runs` as a user runs it: the table, curves on a terminal and in a pipe, the page."""

import json
import os
import pty
import re
import subprocess
import time

import program
import pytest
from test_train import arguments, environment, train, workshop  # noqa: F401


@pytest.fixture(scope="module")
def runs(workshop):
    """A folder with a run that is finished and one that was killed."""
    folder = workshop / "runs"
    folder.mkdir()
    train(workshop, folder / "wave.safetensors", "--iterations", 60, "--preview-every", 20, "--quiet").ok()
    process = program.start(*arguments(workshop, folder / "night.safetensors", "--time-budget", "60s", "--json"), env=environment(workshop),
                            stdout=subprocess.PIPE)  # fmt: skip
    for line in process.stdout:
        if json.loads(line).get("step", 0) >= 30:
            time.sleep(1)
            entry = json.loads(program.run("runs", folder, "--json").ok().text)[0]
            process.kill()
            break
    process.communicate()
    assert entry["state"] == "running" and entry["step"] > 0 and "iterations" not in entry
    return folder


def test_the_table(runs):
    lines = program.run("runs", runs).ok().text.splitlines()
    assert lines[0].split()[:5] == ["run", "style", "recipe", "state", "steps"] and len(lines) == 3
    assert re.match(r"\S+night\.run +painting\.png +balanced +killed +\d+ ", lines[1])
    assert re.match(r"\S+wave\.run +painting\.png +balanced +finished +60 ", lines[2])
    killed, finished = json.loads(program.run("runs", runs, "--json").ok().text)
    assert (killed["state"], finished["state"], finished["step"], finished["iterations"]) == ("killed", "finished", 60, 60)
    assert finished["losses"]["total"] > 0 and finished["seconds"] > 0


def test_curves_in_a_pipe_and_on_a_terminal(runs):
    plain = program.run("runs", "show", runs / "wave.run", runs / "night.run").ok().text
    assert plain.isascii() and "loss/total" in plain and plain.count("*") > 20 and "\x1b" not in plain
    master, slave = pty.openpty()
    process = program.start("runs", "show", runs / "wave.run", "--metric", "loss/style", stdout=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:
            break
        if not block:
            break
        shown += block
    assert process.wait(20) == 0
    text = shown.decode()
    assert re.search("[\u2801-\u28ff]", text) and "\x1b[34m" in text and "loss/style" in text


def test_the_page_needs_nothing_else(runs, folder):
    page = folder / "page.html"
    program.run("runs", "show", runs / "wave.run", runs / "night.run", "--html", page).ok()
    text = page.read_text()
    assert "<script" not in text and not re.search(r"(src|href)=\"(?!data:)", text) and "url(" not in text and "@import" not in text
    assert text.count("<polyline") > 20 and text.count("data:image/jpeg;base64,") >= 6
    assert "recipe.style.weight" in text and "step 60" in text
    program.assert_refused(program.run("runs", "show", runs / "wave.run", "--html", page), program.CANNOT_CREATE, "--overwrite")
    program.run("runs", "show", runs / "wave.run", "--html", page, "--overwrite").ok()


def test_bad_input_is_one_sentence(runs, folder):
    (folder / "bad.run").mkdir()
    (folder / "bad.run" / "tracking.jsonl").write_bytes(b"\x00\xff" * 1000)
    program.assert_refused(program.run("runs", folder / "nothing"), program.NO_INPUT, "no file or folder")
    program.assert_refused(program.run("runs", "show", folder / "nothing"), program.NO_INPUT, "no file or folder")
    program.assert_refused(program.run("runs", "show", folder), program.NO_INPUT, "not a run's folder")
    program.assert_refused(program.run("runs", "show", folder / "bad.run"), program.NO_INPUT, "cannot be read")
    program.assert_refused(program.run("runs", folder), 1, "cannot be read")
    program.assert_refused(program.run("runs", "show", runs / "wave.run", "--metric", "nothing"), program.BAD_DATA, "loss/total")
    program.assert_refused(program.run("runs", "show", runs / "wave.run", "--html", folder / "no" / "page.html"), program.CANNOT_CREATE)
    (folder / "bad.run" / "tracking.jsonl").unlink()
    program.assert_refused(program.run("runs", folder), program.NO_INPUT, "no runs")
