"""Flicker between a clip's frames, and what must not be changed when it is taken away."""
import subprocess

import numpy as np
import program
import pytest

WIDTH, HEIGHT = 160, 96


def landscape(left, seed=0.0):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    x = x + left
    planes = [
        128 + 90 * (0.6 * np.sin(0.11 * x + c + seed) * np.cos(0.09 * y + seed) + 0.4 * np.sin(0.23 * (x + y) + 2 * c + seed)) for c in range(3)
    ]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def write(frames, path):
    """Lossless RGB."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25", "-i", "-",
               "-c:v", "ffv1", "-pix_fmt", "bgr0", str(path)]  # fmt: skip
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
    return path


def read(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, HEIGHT, WIDTH, 3).astype(np.float64)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Stands still for twenty frames, with grain that a network makes strokes of, then is another scene that moves."""
    rng = np.random.default_rng(3)
    grain = lambda frame: np.clip(frame + rng.normal(0, 1.2, frame.shape), 0, 255).astype(np.uint8)  # noqa: E731
    frames = [grain(landscape(0)) for _ in range(20)] + [grain(landscape(3 * t, seed=2.1)) for t in range(12)]
    return write(frames, tmp_path_factory.mktemp("stabilize") / "noisy.mkv")


def paint(source, style, target, *options):
    program.run("stylize", source, "-s", style, "-o", target, "--codec", "ffv1", *options).ok()
    return read(target)


def test_flicker_where_nothing_moves(noisy, network, folder):
    plain = paint(noisy, network, folder / "off.mkv", "--stabilize", "off")
    flicker = lambda clip: np.abs(np.diff(clip[8:20], axis=0)).mean()  # noqa: E731
    assert len(plain) == 32 and flicker(plain) > 0.5
    for mode in ("static", "flow", "auto"):
        steady = paint(noisy, network, folder / f"{mode}.mkv", "--stabilize", mode)
        assert len(steady) == 32
        assert flicker(steady) < 0.35 * flicker(plain), mode
        # The first frame, and the first after the cut, are as they were painted.
        assert np.array_equal(steady[0], plain[0]) and np.array_equal(steady[20], plain[20]), mode


def test_a_style_says_how_far_its_strokes_may_be_stretched(network, folder):
    # What grows by a twentieth with each frame stretches strokes by as much.
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64) - [[[HEIGHT / 2]], [[WIDTH / 2]]]
    frames = []
    for t in range(12):
        u, v = x / 1.05**t, y / 1.05**t
        planes = [128 + 60 * np.sin(0.35 * u + c) * np.cos(0.3 * v) + 40 * np.sin(0.2 * (u + v) + 2 * c) for c in range(3)]
        frames.append(np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8))
    source = write(frames, folder / "growing.mkv")
    styles = {strain: folder / f"{strain}.safetensors" for strain in ("0.1", "1.15", "10")}
    for strain, style in styles.items():
        program.run("export", network, "--strain", strain, "-o", style, "--quiet").ok()
    plain = paint(source, network, folder / "off.mkv", "--stabilize", "off")
    default = paint(source, network, folder / "default.mkv")
    steady = {strain: paint(source, style, folder / f"{strain}.mkv") for strain, style in styles.items()}
    own = {strain: np.abs(clip - plain)[8:].mean() for strain, clip in steady.items()}
    assert own["0.1"] < 0.8 * own["10"], own
    assert np.array_equal(default, steady["1.15"])
    assert np.array_equal(paint(source, styles["0.1"], folder / "static.mkv", "--stabilize", "off"), plain)


def test_auto_is_the_default(noisy, network, folder):
    auto = paint(noisy, network, folder / "auto.mkv", "--stabilize", "auto")
    assert np.array_equal(auto, paint(noisy, network, folder / "default.mkv"))


def test_what_moves_is_not_held_back(folder, identity):
    """A picture painted as itself: no frame may look like the one before it."""
    frames = [landscape(4 * t) for t in range(12)]
    source = write(frames, folder / "moving.mkv")
    steady = paint(source, identity, folder / "moving.out.mkv", "--stabilize", "flow")
    for t in range(1, 12):
        inside = np.s_[8:-8, 8:-8]
        own = np.abs(steady[t][inside] - frames[t][inside].astype(float)).mean()
        before = np.abs(steady[t][inside] - frames[t - 1][inside].astype(float)).mean()
        assert own < 0.2 * before, t


def test_a_pipe_is_steadied_too(noisy, network, folder):
    y4m = subprocess.run(["ffmpeg", "-v", "error", "-i", str(noisy), "-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe", "-"], check=True, capture_output=True)
    out = program.run("stylize", "-", "-s", network, "-o", "-", "--stabilize", "flow", stdin=y4m.stdout).ok()
    plain = program.run("stylize", "-", "-s", network, "-o", "-", "--stabilize", "off", stdin=y4m.stdout).ok()
    assert len(out.out) == len(plain.out) and out.out != plain.out


def test_an_unknown_mode_is_refused(noisy, network, folder):
    result = program.run("stylize", noisy, "-s", network, "-o", folder / "x.mkv", "--stabilize", "much")
    assert result.status == program.USAGE and "much" in result.err
