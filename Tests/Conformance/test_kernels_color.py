"""The CUDA kernels between RGB and what video codecs keep, run on the CPU and compared with ITU-T H.273's formulas and with FFmpeg's scaler."""

import subprocess

import numpy
import pytest
from kernels import launch

CODINGS = [("bt709", 0.2126, 0.0722, 0), ("smpte170m", 0.299, 0.114, 1), ("bt2020", 0.2627, 0.0593, 0)]
BLOCKS = pytest.mark.parametrize("blocks", [1, 3, 40])
CODED = pytest.mark.parametrize("coding", CODINGS, ids=[name for name, *_ in CODINGS])
SIZES = pytest.mark.parametrize(("n", "h", "w"), [(2, 12, 20), (1, 2, 2), (1, 30, 8)])


def cubic(d):
    """The cubic of Mitchell and Netravali with B = 0 and C = 0.6."""
    d = abs(d)
    return numpy.where(d < 1, 1.4 * d**3 - 2.4 * d**2 + 1, numpy.where(d < 2, -0.6 * d**3 + 3 * d**2 - 4.8 * d + 2.4, 0))


def resampling(size, to):
    """The matrix [to, size] that resamples a row, its ends going on beyond them; enlarged by the cubic, shrunk by the cubic as many times as wide."""
    scale = size / to
    matrix = numpy.zeros((to, size))
    for i in range(to):
        centre = (i + 0.5) * scale - 0.5
        places = numpy.arange(int(centre) - 9, int(centre) + 10)
        weights = cubic((places - centre) / max(1, scale))
        for place, weight in zip(places, weights / weights.sum()):
            matrix[i, min(max(place, 0), size - 1)] += weight
    return matrix


def numbers(coding):
    _, red, blue, full = coding
    return red, 1 - red - blue, blue, *((0, 255, 255) if full else (16, 219, 224))


def to_rgb(planes, h, w, coding):
    """Planes [N, 3/2 H, W] to [N, H, W, 3], unrounded."""
    red, green, blue, black, scale, span = numbers(coding)
    flat = planes.reshape(len(planes), -1).astype(numpy.float64)
    y = (flat[:, : h * w].reshape(-1, h, w) - black) / scale
    down, across = resampling(h // 2, h), resampling(w // 2, w)
    b, r = ((down @ part.reshape(-1, h // 2, w // 2) @ across.T - 128) / span for part in (flat[:, h * w : h * w * 5 // 4], flat[:, h * w * 5 // 4 :]))
    b, r = y + 2 * (1 - blue) * b, y + 2 * (1 - red) * r
    return numpy.stack([r, (y - red * r - blue * b) / green, b], 3) * 255


def to_planes(rgb, coding):
    """[N, H, W, 3] to planes [N, 3/2 H, W], unrounded: two columns' mean across, the cubic down."""
    red, green, blue, black, scale, span = numbers(coding)
    n, h, w, _ = rgb.shape
    values = rgb.astype(numpy.float64) / 255
    luma = values @ [red, green, blue] * scale + black
    small = numpy.einsum("ij,njwc->niwc", resampling(h, h // 2), values.reshape(n, h, w // 2, 2, 3).mean(3))
    y = small @ [red, green, blue]
    b, r = ((small[..., channel] - y) / (2 * (1 - share)) * span + 128 for channel, share in ((2, blue), (0, red)))
    return numpy.concatenate([luma.reshape(n, -1), b.reshape(n, -1), r.reshape(n, -1)], 1).reshape(n, h // 2 * 3, w)


def assert_rounded(found, exact):
    """Bytes are the nearest to exact values, but for f32's last digits."""
    assert abs(found - numpy.clip(exact, 0, 255)).max() <= 0.5 + 1e-3


@BLOCKS
@CODED
@SIZES
def test_planes_become_rgb(n, h, w, coding, blocks):
    planes = numpy.random.default_rng(h).integers(0, 256, (n, h // 2 * 3, w), numpy.uint8)
    rgb = numpy.empty((n, h, w, 3), numpy.uint8)
    launch("planes_to_rgb", (blocks, 1), planes, rgb, n, h, w, *coding[1:])
    assert_rounded(rgb, to_rgb(planes, h, w, coding))


@BLOCKS
@CODED
@SIZES
def test_rgb_becomes_planes(n, h, w, coding, blocks):
    rgb = numpy.random.default_rng(w).integers(0, 256, (n, h, w, 3), numpy.uint8)
    planes = numpy.empty((n, h // 2 * 3, w), numpy.uint8)
    launch("rgb_to_planes", (blocks, 1), rgb, planes, n, h, w, *coding[1:])
    assert_rounded(planes, to_planes(rgb, coding))


def scaled(values, h, w, source, target, options):
    """Bytes of one frame through FFmpeg's scaler."""
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", source, "-s", f"{w}x{h}", "-i", "-", "-vf", f"scale={options},format={target}",
               "-f", "rawvideo", "-"]  # fmt: skip
    return numpy.frombuffer(subprocess.run(command, input=values.tobytes(), capture_output=True, check=True).stdout, numpy.uint8)


def smooth(h, w):
    """A picture of waves of several lengths, [H, W, 3]."""
    y, x = numpy.mgrid[:h, :w] / 24
    waves = [numpy.sin(x * a + y * b) for a, b in ((3, 1), (1, -4), (5, 4))]
    return numpy.stack([128 + 90 * wave for wave in waves], 2).astype(numpy.uint8)


def decibels(one, other):
    return 10 * numpy.log10(255**2 / numpy.square(one.astype(numpy.float64).ravel() - other.ravel()).mean())


@CODED
def test_both_ways_agree_with_ffmpeg(coding):
    h, w, (name, *shares) = 64, 96, coding
    span = "pc" if shares[2] else "tv"
    rgb = smooth(h, w)
    planes = numpy.empty((1, h // 2 * 3, w), numpy.uint8)
    launch("rgb_to_planes", (4, 1), rgb[None], planes, 1, h, w, *shares)
    theirs = scaled(rgb, h, w, "rgb24", "yuv420p", f"flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix={name}:out_range={span}")
    assert decibels(planes, theirs) > 50
    back = numpy.empty((1, h, w, 3), numpy.uint8)
    launch("planes_to_rgb", (4, 1), planes, back, 1, h, w, *shares)
    flags = f"flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp:in_color_matrix={name}:in_range={span}"
    assert decibels(back, scaled(planes, h, w, "yuv420p", "rgb24", flags)) > 48
