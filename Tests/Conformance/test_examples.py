"""The example programs, as `./test` has built them."""

import subprocess

import probes
import program
import pytest
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels

BUILD = program.REPOSITORY / ".build/debug"
pytestmark = pytest.mark.skipif(not (BUILD / "stylize-picture").exists(), reason="the examples are not built; ./test builds them")


def run(name, *arguments):
    done = subprocess.run([BUILD / name, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout


def test_picture(invert, folder):
    image().save(folder / "a.png")
    status, said = run("stylize-picture", folder / "a.png", invert, folder / "b.png")
    assert status == 0 and "48x30" in said, said
    # The example lays on nine tenths.
    before = pixels(folder / "a.png")
    assert abs(before + 0.9 * (255 - 2 * before) - pixels(folder / "b.png")).max() <= 1
    assert run("stylize-picture", folder / "none.png", invert, folder / "c.png")[0] == 1


def test_clip(invert, folder):
    probes.tool(*FFMPEG, *picture("64x48", seconds="0.4"), *H264, folder / "a.mp4")
    status, said = run("stylize-clip", folder / "a.mp4", invert, folder / "b.mp4")
    assert status == 0 and "frames in" in said, said
    # As wide as the example asks for.
    assert probes.decode(folder / "b.mp4").shape[1:3] == (480, 640)
