"""The stock `wandb` tool uploads runs that ClipMorph wrote, to a server that the test starts: afterwards by `wandb sync`, and while a run goes on."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import program
import pytest
import tracking_readers
import wandb_server
from test_tracking import samples, tracked, tracking_environment  # noqa: F401
from test_train import arguments, workshop  # noqa: F401

TOOL = program.REPOSITORY / ".setup" / "tests" / "bin" / "wandb"


@pytest.fixture
def wandb():
    if not TOOL.exists():
        pytest.skip("the wandb tool is not installed in .setup/tests")
    server = wandb_server.WandbServer()
    yield server
    server.close()


def sync(server, run, folder):
    """A copy of a run's folder, after `wandb sync` of it."""
    copy = folder / run.name
    shutil.copytree(run, copy)
    environment = {"PATH": os.environ["PATH"], **server.environment(folder)}
    done = subprocess.run([TOOL, "sync", copy], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not server.problems
    return copy


def check_history(server, run_id, copy):
    """Every row, picture and histogram of the run's file has arrived; gives the rows."""
    (file,) = copy.glob("*.wandb")
    records = tracking_readers.wandb_records(file)
    expected = [{item.key: json.loads(item.value_json) for item in record.history.item} for record in records if record.HasField("history")]
    rows = server.lines(run_id, "wandb-history.jsonl")
    assert rows == expected
    pictures = histograms = 0
    for row in rows:
        for value in row.values():
            if isinstance(value, dict) and value.get("_type") == "image-file":
                content = server.files[run_id, value["path"]]
                assert hashlib.sha256(content).hexdigest() == value["sha256"] and len(content) == value["size"]
                pictures += 1
            elif isinstance(value, dict) and value.get("_type") == "histogram":
                assert len(value["bins"]) == len(value["values"]) + 1
                histograms += 1
    assert pictures and histograms
    return rows


def test_sync_uploads_the_sample_run(samples, wandb, folder):
    copy = sync(wandb, tracking_readers.wandb_run(samples), folder)
    run = wandb.runs["sample01"]
    assert (run["project"], run["entity"], run["displayName"], run["groupName"]) == ("paintings", "somebody", "sample", "group")
    assert run["tags"] == ["one", "two"] and run["notes"] == "a note"
    config = {key: entry["value"] for key, entry in json.loads(run["config"]).items()}
    assert config["seed"] == 7 and config["note"] == "ü" * 40_000 and config["photographs"] == {"size": 256, "batch": 4}
    rows = check_history(wandb, "sample01", copy)
    assert [row["_step"] for row in rows] == list(tracking_readers.STEPS)
    assert sum("pair" in row for row in rows) == len(tracking_readers.IMAGE_STEPS)
    for path in (path for row in rows if "pair" in row for path in row["pair"]["filenames"]):
        assert wandb.files["sample01", path] == (copy / "files" / path).read_bytes()
    summary = wandb.lines("sample01", "wandb-summary.json")[-1]
    assert summary["score"] == 0.5 and summary["loss/total"] == {"last": 967.5, "min": 967.5}
    assert wandb.files["sample01", "style.safetensors"] == (copy / "files" / "style.safetensors").read_bytes()
    assert wandb.ended == {"sample01": 0}


def test_sync_uploads_a_run_that_was_killed_and_resumed(tracked, wandb, folder):
    (run,) = tracked.with_suffix(".run").glob("wandb/offline-run-*")
    run_id = run.name.rsplit("-", 1)[1]
    copy = sync(wandb, run, folder)
    rows = check_history(wandb, run_id, copy)
    steps = [row["_step"] for row in rows]
    assert steps == sorted(set(steps)) and steps[-1] == 40
    config = {key: entry["value"] for key, entry in json.loads(wandb.runs[run_id]["config"]).items()}
    assert config["recipe"]["network"]["widths"] == [4, 5]
    summary = wandb.lines(run_id, "wandb-summary.json")[-1]
    assert summary["state"] == "finished" and summary["steps"] == 40 and summary["final/style"] > 0
    # The machine, the console, the recipe, the finished style: as a file and as an artifact.
    assert all(line["system.proc.memory.rssMB"] > 1 for line in wandb.lines(run_id, "wandb-events.jsonl"))
    assert wandb.lines_of_console(run_id)[-1].endswith("s") and len(wandb.lines_of_console(run_id)) > 5
    assert json.loads(wandb.files[run_id, "config.json"])["recipe"]["photographs"]["size"] == 64
    assert wandb.files[run_id, "tracked.safetensors"] == tracked.read_bytes()
    (artifact,) = wandb.artifacts.values()
    assert artifact["committed"] and artifact["artifactTypeName"] == "model" and artifact["artifactCollectionName"] == "tracked"
    assert artifact["contents"]["tracked.safetensors"] == tracked.read_bytes()


def online(workshop, server, output, *more, tool=True):
    path = f"{TOOL.parent}:{os.environ['PATH']}" if tool else "/usr/bin:/bin"
    variables = {**tracking_environment(workshop), **server.environment(output.parent), "WANDB_MODE": "online", "PATH": path}
    del variables["WANDB_DIR"]
    return program.start(*arguments(workshop, output, "--track", "wandb", "--json", "--preview-every", 0, *more), env=variables,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def warnings_of(text):
    return [json.loads(line)["message"] for line in text.splitlines() if json.loads(line)["event"] == "warning"]


def arrives(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not condition():
        time.sleep(0.1)
    return condition()


def helpers(folder):
    """Processes that upload from this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--live" in words and any(str(folder).encode() in word for word in words):
            found.append(int(entry.parent.name))
    return found


def test_an_online_run_is_uploaded_while_it_goes_on(workshop, wandb, folder):
    output = folder / "live.safetensors"
    process = online(workshop, wandb, output, "--time-budget", "150s")
    assert arrives(lambda: any(stream == "wandb-history.jsonl" for _, stream in wandb.streams)), "nothing has arrived"
    assert process.poll() is None and not wandb.ended, "it arrived after the run's end only"
    # Ctrl-C as in a terminal: the upload must not die of it, but get the rest.
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert warnings_of(out) == []
    ((run_id, code),) = wandb.ended.items()
    (copy,) = output.with_suffix(".run").glob("wandb/offline-run-*")
    (file,) = copy.glob("*.wandb")
    rows = [record for record in tracking_readers.wandb_records(file) if record.HasField("history")]
    assert code == 130 and len(wandb.lines(run_id, "wandb-history.jsonl")) == len(rows)
    assert helpers(folder) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_a_killed_run_leaves_no_upload_behind(workshop, wandb, folder):
    process = online(workshop, wandb, folder / "live.safetensors", "--time-budget", "150s")
    assert arrives(lambda: helpers(folder)), "no upload was started"
    process.kill()
    process.communicate()
    assert arrives(lambda: not helpers(folder), 20)


def test_an_upload_that_fails_warns_once_and_training_goes_on(workshop, wandb, folder):
    wandb.refusing = 401
    output = folder / "refused.safetensors"
    process = online(workshop, wandb, output, "--time-budget", "8s")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and output.exists(), err
    (warning,) = warnings_of(out)
    assert "wandb sync" in warning and "refused" in warning


def test_without_the_tool_it_is_said_how(workshop, wandb, folder):
    output = folder / "alone.safetensors"
    out, err = online(workshop, wandb, output, "--iterations", 5, tool=False).communicate(timeout=60)
    (warning,) = warnings_of(out)
    assert "pip install wandb" in warning and "wandb sync" in warning and output.exists(), err


def test_ctrl_c_ends_the_wait_for_an_upload_and_the_run_is_complete(workshop, wandb, folder):
    """The tool in its place goes on for ever."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "wandb").write_text("#!/bin/sh\nexec sleep 600\n")
    (tools / "wandb").chmod(0o755)
    output = folder / "slow.safetensors"
    variables = {**tracking_environment(workshop), **wandb.environment(folder), "WANDB_MODE": "online", "PATH": f"{tools}:/usr/bin:/bin"}
    process = program.start(*arguments(workshop, output, "--track", "wandb", "--json", "--iterations", 2), env=variables,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    for line in process.stdout:
        lines.append(json.loads(line))
        if lines[-1]["event"] == "warning":
            break
    assert "Ctrl-C leaves the rest" in lines[-1]["message"]
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=60)
    assert process.returncode == 0 and time.monotonic() - begin < 20, err
    assert output.exists() and json.loads(rest.splitlines()[-1])["event"] == "finished"
    assert warnings_of(rest) == []
