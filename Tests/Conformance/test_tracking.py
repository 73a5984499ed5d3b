"""The sample run of the Swift tests, read by others: CLIPMORPH_TRACKING_SAMPLES names the folder in which they left it."""

import os
from pathlib import Path

import pytest
import tracking_readers


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
