"""Help, versions, completion, progress, events: what the command says."""

import json
import os
import re
import select
import shutil
import subprocess
import time

import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import image


@pytest.fixture(scope="module")
def clip(clips):
    """Long enough for progress to be worth showing."""
    path = clips / "progress.mp4"
    probes.tool(*FFMPEG, *picture("320x240", seconds="16"), *H264, path)
    return path


def test_help_lists_the_commands():
    text = program.run("--help").ok().text
    for command in ("stylize", "train", "evaluate", "styles", "import", "export", "bench", "fetch", "doctor"):
        assert re.search(rf"^\s*{command}\s", text, re.M), f"no {command} in the help"


@pytest.mark.parametrize("arguments", [("stylize", "--help"), ("help", "stylize")])
def test_help_of_stylize_has_examples(arguments):
    text = program.run(*arguments).ok().text
    examples = re.findall(r"^\s*(?:\$ )?(?:\./)?clipmorph stylize .*(?:-s|--style) .*", text, re.M)
    assert len(examples) >= 2, text
    for flag in ("--strength", "--preserve-color", "--size", "--tile", "--crf", "--codec", "--start", "--duration", "--fps",
                 "--overwrite", "--json", "--quiet", "--engine", "--precision"):  # fmt: skip
        assert flag in text, f"{flag} is not explained"


@pytest.mark.parametrize("command", ["styles", "import", "fetch", "doctor"])
def test_help_of_other_commands(command):
    text = program.run(command, "--help").ok().text
    assert "USAGE" in text.upper() and f"clipmorph {command}" in text


def test_version():
    result = program.run("--version").ok()
    assert re.fullmatch(r"(clipmorph )?\d+\.\d+\.\d+\S*\n", result.text), result.text
    assert result.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell):
    script = program.run("--generate-completion-script", shell).ok().out
    assert b"stylize" in script and b"preserve-color" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n", "/dev/stdin"], input=script, check=True, timeout=30)


def test_doctor():
    result = program.run("doctor").ok()
    for library in ("torch", "ffmpeg"):
        assert re.search(rf"{library}\b.*?\d+\.\d+", result.text, re.I), f"no version of {library}:\n{result.text}"
    assert re.search(r"\bcpu\b", result.text, re.I)


def test_styles():
    text = program.run("styles").ok().text
    assert re.search(r"^\W*starry-night\b", text, re.M), text


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_quiet_says_nothing(identity, clip, folder, codec):
    result = program.run("stylize", clip, "-s", identity, "-o", folder / "a.mp4", "--duration", "0.2", "--codec", codec, "--quiet").ok()
    assert (result.out, result.err) == (b"", "")


def events(result) -> list[dict]:
    lines = result.text.splitlines()
    found = [json.loads(line) for line in lines]
    assert found and all(isinstance(event, dict) and "event" in event for event in found), lines
    return found


def test_json_events_of_a_clip(network, clip, folder):
    output = folder / "a.mp4"
    result = program.run("stylize", clip, "-s", network, "-o", output, "--json").ok()
    found = events(result)
    assert found[-1]["event"] == "finished"
    assert os.path.realpath(folder / found[-1]["output"]) == os.path.realpath(output)
    assert any(event["event"] == "progress" for event in found), found
    assert result.err == ""


def test_json_events_of_pictures(identity, folder):
    sources = []
    for n in range(3):
        sources.append(folder / f"{n}.png")
        image(seed=n).save(sources[-1])
    found = events(program.run("stylize", *sources, "-s", identity, "-o", folder / "out", "--json").ok())
    outputs = [event["output"] for event in found if event["event"] == "finished"]
    assert [os.path.basename(output) for output in outputs] == ["0.png", "1.png", "2.png"]


def test_json_names_are_escaped(identity, folder):
    source = folder / 'a "b"\\n\nü.png'
    image().save(source)
    (folder / "out").mkdir()
    found = events(program.run("stylize", source, "-s", identity, "-o", folder / "out", "--json").ok())
    assert found[-1]["output"].endswith('a "b"\\n\nü.png')


def test_json_with_a_failure(identity, folder):
    image().save(folder / "a.png")
    (folder / "b.png").write_bytes(b"no picture")
    sources = [folder / "b.png", folder / "a.png"]
    result = program.run("stylize", *sources, "-s", identity, "-o", folder / "out", "--json")
    assert result.status == 1
    assert sum(event["event"] == "finished" for event in events(result)) == 1
    assert "b.png" in result.text + result.err


def test_progress_without_a_terminal_is_plain_lines(network, clip, folder):
    result = program.run("stylize", clip, "-s", network, "-o", folder / "painted.mp4").ok()
    said = result.out + result.err.encode()
    assert b"\r" not in said and b"\x1b" not in said and b"\b" not in said
    assert b"painted.mp4" in said, "the output is not named"
    assert len(said.splitlines()) < 100, "too chatty for a log"


def test_progress_on_a_terminal_is_a_bar(network, clip, folder):
    """Both outputs go to a terminal of 80 columns."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = program.start(
        "stylize", clip, "-s", network, "-o", folder / "a.mp4",
        stdin=follower, stdout=follower, stderr=follower, env=os.environ | {"TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(follower)
    said, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        ready, _, _ = select.select([leader], [], [], 1)
        try:
            part = os.read(leader, 65536) if ready else b""
        except OSError:  # how Linux says that the other end is closed
            break
        if ready and not part:
            break
        said += part
    os.close(leader)
    assert process.wait(timeout=10) == 0, said[-500:]
    assert len(re.findall(rb"\r(?!\n)", said)) >= 3, f"no line is rewritten: {said[:300]}"
    assert re.search(rb"\d+ ?%|\d+/\d+", said), f"no share of the work: {said[:300]}"
    assert re.search(rb"fps|frames/s|/s\b", said), f"no rate: {said[:300]}"
    bars = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", said).replace(b"\n", b"\r").split(b"\r")
    bars = [bar.decode("utf-8", "replace") for bar in bars if bar.startswith(b"[")]
    assert bars, "no bar"
    assert max(map(len, bars)) <= 80, "a bar wraps"


def test_runs_without_a_home(identity, folder):
    image().save(folder / "a.png")
    environment = {"PATH": os.environ["PATH"]}
    result = program.run("stylize", folder / "a.png", "-s", identity, "-o", folder / "b.png", "--quiet", env=environment)
    assert result.ok().err == ""
