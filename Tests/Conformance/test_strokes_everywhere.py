"""The stabiliser's C code (Sources/CStrokes): the same on processors with and without AVX2, and never beside its arrays."""

import shutil
import subprocess
from pathlib import Path

import numpy
import pytest
from program import REPOSITORY

SOURCES = REPOSITORY / "Sources/CStrokes"
SIZES = ["1x1", "2x2", "3x1", "1x9", "7x5", "16x16", "37x23", "130x66", "257x35", "258x9"]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """One as it is built, and one for the oldest processors, in which all that is wrong with memory or numbers ends the program."""
    swift = shutil.which("swift")
    beside = Path(swift).resolve().with_name("clang") if swift else Path("clang")
    compiler = shutil.which(beside) or shutil.which("clang")
    assert compiler, "no clang was found, beside swift or elsewhere"
    folder = tmp_path_factory.mktemp("strokes")
    files = [Path(__file__).with_name("strokes_everywhere.c"), *sorted(SOURCES.glob("*.c"))]
    sanitizers = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    built = {}
    for name, flags in {"as built": ["-O2"], "baseline": ["-DCS_BASELINE", *sanitizers], "checked": sanitizers}.items():
        built[name] = folder / name.replace(" ", "-")
        result = subprocess.run([compiler, "-std=gnu17", "-Wall", "-Werror", *flags, "-I", SOURCES / "include", *files, "-lm", "-o", built[name]],
                                capture_output=True, text=True)  # fmt: skip
        assert result.returncode == 0, result.stderr
    return built


@pytest.mark.parametrize("size", SIZES)
def test_all_processors_show_the_same(programs, size):
    results = {}
    for name, program in programs.items():
        result = subprocess.run([program, *size.split("x")], capture_output=True, timeout=60)
        assert result.returncode == 0, f"{name}: {result.stderr.decode()}"
        results[name] = numpy.frombuffer(result.stdout, numpy.float32)
        assert numpy.isfinite(results[name]).all(), name
    built = results.pop("as built")
    assert built.size > 0 and built.std() > 1
    for name, other in results.items():
        assert other.size == built.size
        # Where multiplying and adding are one, f32 is rounded otherwise: a few units of the last place of what goes into a value, which for sums of
        # squares over a cell is up to 85 x 255². What is rounded to whole levels may differ by one.
        difference = abs(other - built)
        wrong = difference > 1e-5 * abs(built) + 2e-3
        assert (difference[wrong] <= 1).all() and wrong.mean() < 1e-3, f"{name}: {wrong.sum()} of {wrong.size}, by up to {difference.max()}"
