"""Runs `clipmorph fetch` in a world of its own and looks at what arrived."""

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import program
import pytest

UNAVAILABLE = 69

# The SHA-256 of vgg19-slim.pth.
SLIM = "9417c34d0d8d621bc6af78be745f1b8d30f5f210efa01e50655c60eb3770816b"
# And of vgg19-normalised-conv3_1.pth.
NORMALISED = "ff8506173d3a17e7b0fbfbff242c00b6827cfbcd7c21852b46806ae6a3fd7b09"


def environment(folder, **more):
    """Without the user's caches, proxies and weights."""
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**inherited, "HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache"), "no_proxy": "*", **more}


def arguments(*more):
    return ["fetch", *more, "--retry-pause", "0.02", "--stall-timeout", "1"]


def fetch(folder, *more, env=None, **options):
    return program.run(*arguments(*more), env=env or environment(folder), cwd=folder, **options)


def coco(folder, address, *more, **options):
    return fetch(folder, "coco", "--from", address, "--to", folder / "bank", *more, **options)


def events(result):
    return [json.loads(line) for line in result.text.splitlines()]


def assert_bank(bank, expected):
    """Exactly these pictures, and the note that they are complete."""
    found = {str(path.relative_to(bank)): path.read_bytes() for path in bank.rglob("*") if path.is_file()}
    notes = [name for name in found if name.startswith(".")]
    assert len(notes) >= 1 and all(name.endswith(".zip.json") for name in notes), notes
    for name in notes:
        del found[name]
    assert found == expected


def wait_for(condition, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"over too early: {process.communicate()}"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(folder, *more):
    return program.start(*arguments(*more), env=environment(folder), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def weights(name, digest):
    """The real file, from the folders that CLIPMORPH_WEIGHTS names."""
    for place in os.environ.get("CLIPMORPH_WEIGHTS", "").split(":"):
        path = Path(place) / name
        if place and path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path.read_bytes()
    pytest.skip(f"{name} is in none of the folders that CLIPMORPH_WEIGHTS names")
