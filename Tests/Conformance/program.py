"""Runs the built program as a user would and looks at what it leaves behind."""

import hashlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("CLIPMORPH", REPOSITORY / "clipmorph")).resolve()

USAGE = 64
BAD_DATA = 65
NO_INPUT = 66
CANNOT_CREATE = 73
IO_ERROR = 74
BAD_STYLE = 78

# What a crash looks like, whatever its cause; no message of the program says any of these.
CRASH = re.compile(r"Fatal error|Stack dump|Traceback|Segmentation fault|terminate called|Illegal instruction|^\s*#?\d+ 0x", re.M)


@dataclass
class Result:
    """What one run of the program gave."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")

    def ok(self) -> "Result":
        """Fails the test, with the program's own words, unless the run succeeded."""
        assert self.status == 0, f"exit status {self.status}\n{self.err}"
        return self


def _default_signals():
    # A test run started in the background inherits an ignored SIGINT, one that outlives its terminal an ignored SIGHUP; the program must not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def start(*arguments, **options) -> subprocess.Popen:
    """Starts the program without waiting for it."""
    options.setdefault("preexec_fn", _default_signals)
    return subprocess.Popen([str(PROGRAM), *map(str, arguments)], **options)


def run(*arguments, stdin: bytes | None = None, timeout: float = 120, **options) -> Result:
    """Runs the program to its end. `stdin` is what it reads from its standard input (nothing by default)."""
    if stdin is None:
        options.setdefault("stdin", subprocess.DEVNULL)
    else:
        options["stdin"] = subprocess.PIPE
    options.setdefault("stdout", subprocess.PIPE)
    process = start(*arguments, stderr=subprocess.PIPE, **options)
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail(f"no end after {timeout} s: {' '.join(map(str, arguments))}")
    return Result(process.returncode, out or b"", err.decode("utf-8", "replace"))


def stylize(source, style, output, *flags, **options) -> Result:
    """`clipmorph stylize SOURCE -s STYLE -o OUTPUT --quiet FLAGS…`, every frame for itself, which has to succeed and be silent."""
    result = run("stylize", source, "-s", style, "-o", output, "--quiet", "--stabilize", "off", *flags, **options).ok()
    assert str(output) == "-" or Path(output).exists(), f"exit status 0, but no {output}"
    return result


# Runs in a fresh, small interpreter: a child's peak includes the memory of the process that forked it.
_MEASURE = (
    "import os, resource, sys\n"
    "status = os.spawnvp(os.P_WAIT, sys.argv[1], sys.argv[1:])\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    "sys.exit(status if status >= 0 else 128 - status)\n"
)


def peak_memory(*arguments, timeout: float = 300) -> int:
    """The program's peak resident memory over a run that has to succeed, in the system's unit (KiB on Linux)."""
    command = [sys.executable, "-I", "-S", "-c", _MEASURE, str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


def snapshot(folder) -> dict[str, str]:
    """Every file and folder below `folder`, hidden ones too, with a digest of its contents."""
    entries = {}
    for path in sorted(Path(folder).rglob("*")):
        kind = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        entries[str(path.relative_to(folder))] = kind
    return entries


def assert_no_crash(result: Result):
    """No trap, no abort, no stack trace."""
    assert result.status >= 0 or -result.status in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM), (
        f"killed by signal {-result.status}\n{result.err}"
    )
    assert not CRASH.search(result.err), result.err


def assert_refused(result: Result, status: int | tuple[int, ...], *words: str):
    """The run ended with `status` and one sentence on stderr in which one of `words` appears, if any are given."""
    allowed = (status,) if isinstance(status, int) else status
    assert_no_crash(result)
    assert result.status in allowed, f"exit status {result.status}, not {allowed}\n{result.err}"
    lines = [line for line in result.err.splitlines() if line.strip()]
    assert len(lines) == 1, f"not one line:\n{result.err}"
    assert lines[0].startswith("clipmorph: "), lines[0]
    assert len(lines[0]) > len("clipmorph: ") + 10, lines[0]
    said = lines[0].lower()
    assert not words or any(word.lower() in said for word in words), f"none of {words} in: {lines[0]}"
    assert result.out == b"", f"printed on stdout: {result.text[:200]}"


def snapshot_names(folder) -> list[str]:
    """Every name below `folder`, hidden ones too; safe while files come and go."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
