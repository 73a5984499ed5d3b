"""Reads what the trackers write, with the official packages: TensorBoard's EventAccumulator, and W&B's own reader of run files (wandb up to 0.29).

    python tracking_readers.py FOLDER

compares the sample run that the Swift tests leave in FOLDER (CLIPMORPH_TRACKING_SAMPLES=FOLDER swift test --filter RunTests) with what it must hold,
and says what was compared. Needs tensorboard, wandb<=0.29, pillow, numpy.
"""

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

# W&B's reader is that of wandb 0.29, which the set-up keeps apart from the current tool.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".setup" / "wandb-reader"))

STEPS = range(1, 261)
# A run that is resumed from step 150 holds later pictures and histograms of the second program alone.
HISTOGRAM_STEPS = [step for step in STEPS if step % 25 == 0]
IMAGE_STEPS = [step for step in STEPS if step % 50 == 0]


def expected_scalars(step):
    return {"loss/total": 1000 - step * 0.125, "loss/style": step % 7, "learning_rate": 0.25 / step}


def expected_values(step):
    return np.array([(index * 37 + step) % 500 / 4 for index in range(1000)])


def expected_picture(seed, width, height):
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([column, row, np.full_like(row, seed % 256)], axis=-1).astype(np.uint8)


def pixels(png):
    return np.array(Image.open(io.BytesIO(png)).convert("RGB"))


def wandb_records(path):
    """Every record of a `.wandb` file as W&B's own message."""
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(str(path))
    records = []
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        records.append(record)
    return records


def check_tensorboard(folder):
    """Gives (scalars, histograms, images) that were compared."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "histograms": 0})
    events.Reload()
    tags = events.Tags()
    told = {tag for tag in tags["scalars"] if not tag.startswith("system/")}
    assert told == {"loss/total", "loss/style", "learning_rate", "summary/score"}
    assert set(tags["histograms"]) == {"gradients/conv1.weight", "parameters/conv1.bias"}
    assert set(tags["images"]) == {"previews", "pair/0", "pair/1"}
    counts = [0, 0, 0]
    for name in ("loss/total", "loss/style", "learning_rate"):
        found = events.Scalars(name)
        assert [event.step for event in found] == list(STEPS)
        for event in found:
            assert event.value == np.float32(expected_scalars(event.step)[name]), (name, event)
            counts[0] += 1
    found = events.Histograms("gradients/conv1.weight")
    assert [event.step for event in found] == HISTOGRAM_STEPS
    for event in found:
        values, histogram = expected_values(event.step), event.histogram_value
        bins, edges = np.histogram(values, 64)
        assert list(histogram.bucket) == list(bins)
        assert np.allclose(histogram.bucket_limit, edges[1:], rtol=1e-12)
        assert (histogram.min, histogram.max, histogram.num) == (values.min(), values.max(), 1000)
        assert np.isclose(histogram.sum, values.sum()) and np.isclose(histogram.sum_squares, (values**2).sum())
        counts[1] += 1
    for event in events.Histograms("parameters/conv1.bias"):
        assert (event.histogram_value.num, event.histogram_value.sum) == (2, 2)
        counts[1] += 1
    for tag, offset, size in [("previews", 0, (24, 16)), ("pair/0", 0, (8, 8)), ("pair/1", 1, (8, 8))]:
        found = events.Images(tag)
        assert [event.step for event in found] == IMAGE_STEPS
        for event in found:
            assert (event.width, event.height) == size
            assert np.array_equal(pixels(event.encoded_image_string), expected_picture(event.step + offset, *size))
            counts[2] += 1
    check_hparams(events)
    return tuple(counts)


def check_hparams(events):
    from tensorboard.plugins.hparams import plugin_data_pb2

    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    found = data.session_start_info.hparams
    assert found["recipe"].string_value == "balanced" and found["seed"].number_value == 7
    assert found["temporal"].bool_value is True and found["photographs.size"].number_value == 256
    content = events.summary_metadata["_hparams_/session_end_info"].plugin_data.content
    assert plugin_data_pb2.HParamsPluginData.FromString(content).session_end_info.status == 1


def check_wandb(run):
    """Gives (records, history rows, histograms, images) that were compared."""
    records = wandb_records(run / "run-sample01.wandb")
    kinds = [record.WhichOneof("record_type") for record in records]
    assert kinds[:2] == ["header", "run"] and kinds[-1] == "exit" and kinds.count("run") == 1
    assert records[-1].exit.exit_code == 0
    first = records[1].run
    assert (first.run_id, first.project, first.entity, first.display_name) == ("sample01", "paintings", "somebody", "sample")
    assert (first.run_group, first.notes, list(first.tags)) == ("group", "a note", ["one", "two"])
    config = {item.key: json.loads(item.value_json) for item in first.config.update}
    assert config["seed"] == 7 and config["note"] == "ü" * 40_000 and config["photographs"] == {"size": 256, "batch": 4}
    files = [(file.path, file.type) for record in records for file in record.files.files]
    listed = {path for path, _ in files}
    histograms = images = 0
    rows = []
    for record in records:
        if record.WhichOneof("record_type") != "history":
            continue
        row = {item.key: json.loads(item.value_json) for item in record.history.item}
        step = row["_step"]
        assert record.history.step.num == step and row["_runtime"] == step / 2 and row["_timestamp"] > 1e9
        rows.append(step)
        for name, value in expected_scalars(step).items():
            assert row[name] == value
        if step in HISTOGRAM_STEPS:
            bins, edges = np.histogram(expected_values(step), 64)
            found = row["gradients/conv1.weight"]
            assert found["_type"] == "histogram" and found["values"] == list(bins) and np.allclose(found["bins"], edges)
            assert len(row["parameters/conv1.bias"]["bins"]) == 65
            histograms += 2
        if step in IMAGE_STEPS:
            found = row["previews"]
            assert found["_type"] == "image-file" and found["caption"] == f"step {step}"
            png = (run / "files" / found["path"]).read_bytes()
            assert hashlib.sha256(png).hexdigest() == found["sha256"] and len(png) == found["size"]
            assert np.array_equal(pixels(png), expected_picture(step, found["width"], found["height"]))
            pair = row["pair"]
            assert pair["_type"] == "images/separated" and pair["count"] == 2 and pair["captions"] == ["0", "1"]
            for index, path in enumerate(pair["filenames"]):
                assert np.array_equal(pixels((run / "files" / path).read_bytes()), expected_picture(step + index, 8, 8))
            assert listed >= {found["path"], *pair["filenames"]}
            images += 3
    assert rows == list(STEPS)
    summary = {}
    for record in records:
        summary |= {item.key: json.loads(item.value_json) for item in record.summary.update}
    assert summary["_step"] == 260 and summary["score"] == 0.5
    assert summary["loss/total"] == {"last": 967.5, "min": 967.5} and summary["loss/style"] == 260 % 7
    for path in listed:
        assert (run / "files" / path).exists(), path
    assert {"wandb-metadata.json", "wandb-summary.json", "style.safetensors"} <= listed
    metrics = [record.metric.name for record in records if record.WhichOneof("record_type") == "metric"]
    assert set(metrics) == {"loss/total"}
    check_artifact(run, [record.artifact for record in records if record.WhichOneof("record_type") == "artifact"])
    lines = [record.output_raw.line for record in records if record.WhichOneof("record_type") == "output_raw"]
    assert lines == ["learning\n"]
    return len(records), len(rows), histograms, images


def check_artifact(run, artifacts):
    (artifact,) = artifacts
    (entry,) = artifact.manifest.contents
    content = (run / "files" / "style.safetensors").read_bytes()
    digest = base64.b64encode(hashlib.md5(content).digest()).decode()
    assert (entry.path, entry.digest, entry.size) == ("style.safetensors", digest, len(content))
    assert Path(entry.local_path).read_bytes() == content
    text = f"wandb-artifact-manifest-v1\nstyle.safetensors:{digest}\n"
    assert artifact.digest == hashlib.md5(text.encode()).hexdigest()
    assert (artifact.type, artifact.name, list(artifact.aliases), artifact.run_id) == ("model", "style", ["latest"], "sample01")
    assert artifact.finalize and artifact.client_id and artifact.sequence_client_id


def check_json(path):
    """Gives the rows that were compared."""
    steps = []
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if entry["type"] != "row":
            continue
        steps.append(entry["step"])
        assert entry["scalars"] == expected_scalars(entry["step"])
        for images in entry.get("images", {}).values():
            for image in images:
                assert hashlib.sha256((path.parent / image["path"]).read_bytes()).hexdigest() == image["sha256"]
    assert steps == list(STEPS)
    return len(steps)


def wandb_run(folder):
    (run,) = Path(folder, "wandb").glob("offline-run-*-sample01")
    return run


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print("TensorBoard: %d scalars, %d histograms, %d images" % check_tensorboard(folder / "tensorboard"))
    print("W&B: %d records, %d rows, %d histograms, %d images" % check_wandb(wandb_run(folder)))
    print("JSON: %d rows" % check_json(folder / "tracking.jsonl"))
