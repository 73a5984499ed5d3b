"""Tracked runs, read by the official readers where these are installed: runs of the program, and the sample run of the Swift tests where
CLIPMORPH_TRACKING_SAMPLES names the folder in which they left it."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import program
import pytest
import tracking_readers
from test_train import arguments, environment, log, train, workshop  # noqa: F401


@pytest.fixture(scope="module")
def samples():
    folder = os.environ.get("CLIPMORPH_TRACKING_SAMPLES")
    if not folder or not Path(folder, "tracking.jsonl").exists():
        pytest.skip("CLIPMORPH_TRACKING_SAMPLES names no folder with the sample run of the Swift tests")
    return Path(folder)


def test_tensorboard_reads_every_value(samples):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    tracking_readers.check_tensorboard(samples / "tensorboard")


def test_wandb_reads_every_record(samples):
    pytest.importorskip("wandb.sdk.internal.datastore", reason="wandb up to 0.29 is not installed")
    tracking_readers.check_wandb(tracking_readers.wandb_run(samples))


def test_json_lines_hold_every_step_once(samples):
    tracking_readers.check_json(samples / "tracking.jsonl")


def losses(output):
    """What the run's own log, which has every step, says of each."""
    return {entry["step"]: entry["total"] for entry in log(output)}


@pytest.fixture(scope="module")
def tracked(workshop):
    """A run of 40 steps that was killed on its way and resumed: its output."""
    output = workshop / "tracked.safetensors"
    options = ["--iterations", 40, "--checkpoint-every", 7, "--preview-every", 20, "--track", "wandb,tensorboard,jsonl", "--track-every", 2,
               "--watch-every", 10]
    process = program.start(*arguments(workshop, output, *options, "--json"), env=tracking_environment(workshop), stdout=subprocess.PIPE)
    for line in process.stdout:
        if json.loads(line).get("step", 0) >= 25:
            process.kill()
            break
    process.communicate()
    result = program.run(*arguments(workshop, output, *options, "--resume", "--json"), env=tracking_environment(workshop)).ok()
    assert not [line for line in result.text.splitlines() if json.loads(line)["event"] == "warning"]
    return output


def tracking_environment(workshop):
    clean = {name: value for name, value in environment(workshop).items() if not name.startswith("WANDB_")}
    return {**clean, "WANDB_PROJECT": "paintings", "WANDB_TAGS": "test"}


STEPS = [1, *range(2, 41, 2)]


def steps_of_resumed(found):
    """Each step once, in order; the step after the checkpoint has a preview, so it may be there beside the even ones."""
    assert found == sorted(set(found)) and set(STEPS) <= set(found) and len(set(found) - set(STEPS)) <= 1, found


def test_a_killed_run_that_is_resumed_has_each_step_once(tracked):
    rows = [json.loads(line) for line in (tracked.with_suffix(".run") / "tracking.jsonl").read_text().splitlines()]
    assert rows[0]["type"] == "run" and rows[0]["configuration"]["seed"] == 3 and rows[-1] == {**rows[-1], "type": "end", "exit_code": 0}
    assert [row["resumed"] is None for row in rows if row["type"] == "run"] == [True, False]
    rows = [row for row in rows if row["type"] == "row"]
    assert [row["step"] for row in rows] == list(range(1, 41))
    run = tracked.with_suffix(".run")
    for row in rows:
        weighted = [value for name, value in row["scalars"].items() if name.startswith("weighted/")]
        assert sum(weighted) == pytest.approx(row["scalars"]["loss/total"], rel=1e-4)
        assert ("histograms" in row) == (row["step"] % 10 == 0)
        assert ("previews" in row.get("images", {})) == (row["step"] in (20, 40) or "style" in row.get("images", {}))
        for image in (image for images in row.get("images", {}).values() for image in images):
            assert hashlib.sha256((run / image["path"]).read_bytes()).hexdigest() == image["sha256"]


def test_tensorboard_has_each_step_of_a_killed_run_once(tracked):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed")
    folder = tracked.with_suffix(".run") / "tensorboard"
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    events.Reload()
    expected = losses(tracked)
    found = events.Scalars("loss/total")
    steps_of_resumed([event.step for event in found])
    assert all(event.value == np.float32(expected[event.step]) for event in found)
    assert [event.step for event in events.Histograms("gradients/" + weights(events))] == [10, 20, 30, 40]
    assert 40 in [event.step for event in events.Images("previews")]


def weights(events):
    return next(tag for tag in events.Tags()["histograms"] if tag.startswith("gradients/")).removeprefix("gradients/")


def test_wandb_has_each_step_of_a_killed_run_once(tracked):
    pytest.importorskip("wandb.sdk.internal.datastore", reason="wandb up to 0.29 is not installed")
    (run,) = tracked.with_suffix(".run").glob("wandb/offline-run-*")
    (file,) = run.glob("*.wandb")
    records = tracking_readers.wandb_records(file)
    rows = [{item.key: json.loads(item.value_json) for item in record.history.item} for record in records if record.HasField("history")]
    steps_of_resumed([row["_step"] for row in rows])
    expected = losses(tracked)
    assert all(row["loss/total"] == pytest.approx(expected[row["_step"]], rel=1e-12) for row in rows)
    assert [record.run.project for record in records if record.HasField("run")] == ["paintings"]
    assert records[-1].exit.exit_code == 0
    assert (run / "files" / "tracked.safetensors").read_bytes() == tracked.read_bytes()


def test_tracking_changes_nothing(workshop, tracked, folder):
    output = folder / "tracked.safetensors"
    train(workshop, output, "--iterations", 40, "--quiet").ok()
    assert output.read_bytes() == tracked.read_bytes()


def test_a_tracker_that_cannot_write_costs_one_warning(workshop, folder):
    output = folder / "style.safetensors"
    run = output.with_suffix(".run")
    run.mkdir()
    (run / "wandb").write_text("a file in the folder's place")
    result = train(workshop, output, "--iterations", 12, "--track", "wandb,jsonl", "--track-every", 1, "--json").ok()
    warnings = [json.loads(line) for line in result.text.splitlines() if json.loads(line)["event"] == "warning"]
    assert len(warnings) == 1 and "W&B" in json.dumps(warnings[0])
    assert output.exists() and len((run / "tracking.jsonl").read_text().splitlines()) >= 13


def test_killed_all_but_the_last_second_is_there(workshop, folder):
    """SIGKILL in the middle: what was logged more than a second before is read by both official readers."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed")
    output = folder / "killed.safetensors"
    process = program.start(*arguments(workshop, output, "--time-budget", "60s", "--track", "wandb,tensorboard", "--track-every", 1, "--json"),
                            env=tracking_environment(workshop), stdout=subprocess.PIPE)  # fmt: skip
    seen = []
    for line in process.stdout:
        if (event := json.loads(line))["event"] == "step":
            seen.append((time.monotonic(), event["step"]))
            # Long enough for many steps to be a second old, however busy the machine is.
            old = sum(moment < seen[-1][0] - 1.5 for moment, _ in seen)
            if seen[-1][0] - seen[0][0] > 4 and old > 100:
                break
    process.kill()
    killed = time.monotonic()
    process.communicate()
    due = max(step for moment, step in seen if moment < killed - 1)
    assert due > 100
    run = output.with_suffix(".run")
    events = accumulator.EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    wandb = [record.history.step.num for record in tracking_readers.wandb_records(file) if record.HasField("history")]
    for steps in ([event.step for event in events.Scalars("loss/total")], wandb, [entry["step"] for entry in whole_log(output)]):
        assert steps == list(range(1, len(steps) + 1)) and len(steps) >= due


def whole_log(output):
    """The log's rows without a line that was cut off."""
    path = output.with_suffix(".run") / "tracking.jsonl"
    text = path.read_text()
    path.write_text(text[: text.rfind("\n") + 1])
    return log(output)


def warnings_of(result):
    return [json.loads(line)["message"] for line in result.text.splitlines() if json.loads(line)["event"] == "warning"]


def test_a_full_disk_costs_the_trackers_that_are_on_it(workshop, folder):
    """W&B's folder lies on a file system of 64 KB: one warning, the run goes on, the style is saved."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    tmpfs = f"mount -t tmpfs -o size=64k none '{disk}'"
    if not shutil.which("unshare") or subprocess.run([*mount, tmpfs], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    output = folder / "style.safetensors"
    words = arguments(workshop, output, "--iterations", 40, "--preview-every", 10, "--track", "wandb", "--track-every", 1, "--json")
    script = f"{tmpfs} && exec " + " ".join(f"'{word}'" for word in [program.PROGRAM, *words])
    variables = {**tracking_environment(workshop), "WANDB_DIR": str(disk)}
    done = subprocess.run([*mount, script], capture_output=True, timeout=120, env=variables)
    assert done.returncode == 0, done.stderr.decode()
    (warning,) = warnings_of(program.Result(0, done.stdout, ""))
    assert "disk is full" in warning and "W&B" in warning
    assert output.exists() and [entry["step"] for entry in log(output)] == list(range(1, 41))


def test_a_folder_that_vanishes_costs_one_warning(workshop, folder):
    output = folder / "style.safetensors"
    process = program.start(*arguments(workshop, output, "--time-budget", "6s", "--track", "wandb,tensorboard", "--json"),
                            env=tracking_environment(workshop), stdout=subprocess.PIPE)  # fmt: skip
    lines = []
    for line in process.stdout:
        lines.append(line)
        if json.loads(line).get("step", 0) == 50:
            shutil.rmtree(output.with_suffix(".run") / "wandb")
    assert process.wait(60) == 0
    (warning,) = warnings_of(program.Result(0, b"".join(lines), ""))
    assert "W&B" in warning and output.exists()
    steps = [entry["step"] for entry in log(output)]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) > 50


def test_unknown_trackers_are_refused(workshop, folder):
    assert train(workshop, folder / "style.safetensors", "--track", "wandb,nothing").status == program.USAGE
