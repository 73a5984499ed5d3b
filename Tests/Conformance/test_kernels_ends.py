"""The CUDA kernels of a network's first and last layers, run on the CPU and compared with PyTorch's numbers and NumPy's rearrangements."""

from pathlib import Path

import numpy
import pytest
from kernels import assert_rounded, from_bf16, launch, signatures, to_bf16, to_nchw, to_nhwc
from test_kernels import bf16_like, golden, padded

# By goldens: kernel and whether a sigmoid follows.
SUMS = {"c8": (1, 0), "c16": (3, 0), "c24": (7, 1), "c32": (9, 1)}
BLOCKS = pytest.mark.parametrize("blocks", [1, 2, 40])
OF_BYTES = pytest.mark.parametrize("of_bytes", [True, False], ids=["bytes", "floats"])


def test_every_kernel_is_tested():
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_kernels*.py"))
    assert [name for name in signatures() if f'"{name}"' not in text] == []


def picture(n, h, w, of_bytes):
    """The two arguments that say what a picture is, of which one is None, and its values [N, 3, H, W]."""
    random = numpy.random.default_rng(n + h + w)
    if not of_bytes:
        floats = random.uniform(size=(n, 3, h, w)).astype(numpy.float32)
        return (None, floats), floats
    pixels = random.integers(0, 256, (n, h, w, 3), numpy.uint8)
    return (pixels, None), to_nchw(pixels) * numpy.float32(1 / 255)


@BLOCKS
@OF_BYTES
@pytest.mark.parametrize("shape", [(2, 5, 7, 32, 9), (1, 4, 9, 24, 7), (2, 3, 4, 16, 3), (1, 7, 5, 8, 1), (1, 6, 3, 24, 5)])
def test_rows_of_pixels_become_channels(shape, of_bytes, blocks):
    n, h, w, c, kernel = shape
    arguments, values = picture(n, h, w, of_bytes)
    wide = padded(values, kernel // 2)
    expected = numpy.zeros((n, c, h + kernel - 1, w), numpy.float32)
    for j in range(kernel):
        expected[:, 3 * j : 3 * j + 3] = wide[:, :, :, j : j + w]
    out = numpy.empty((n, h + kernel - 1, w, c), numpy.uint16)
    launch("unfold_rows", (blocks, 1), *arguments, out, n, h, w, c, kernel)
    assert (out == to_bf16(to_nhwc(expected))).all()


@BLOCKS
@OF_BYTES
@pytest.mark.parametrize(("n", "h", "w"), [(2, 6, 10), (1, 14, 4), (1, 4, 18)])
def test_cells_of_pixels_become_channels(n, h, w, of_bytes, blocks):
    arguments, values = picture(n, h, w, of_bytes)
    cells = values.reshape(n, 3, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 5, 2, 4).reshape(n, 12, h // 2, w // 2)
    expected = padded(numpy.concatenate([cells, numpy.zeros((n, 4, h // 2, w // 2), numpy.float32)], 1), 1)
    out = numpy.empty((n, h // 2 + 2, w // 2 + 2, 16), numpy.uint16)
    launch("unshuffle_padded", (blocks, 1), *arguments, out, n, h, w)
    assert (out == to_bf16(to_nhwc(expected))).all()


@BLOCKS
@pytest.mark.parametrize("case", SUMS)
def test_rows_are_added_up_as_pytorch_does(case, blocks):
    kernel, sigmoid = SUMS[case]
    parts, bias, y, g, dparts = golden(f"sum.{case}", "parts", "bias", "y", "g", "dparts")
    n, _, h, w = y.shape
    c = parts.shape[1]
    floats, pixels, gradient = numpy.empty_like(y), numpy.empty((n, h, w, 3), numpy.uint8), numpy.empty(to_nhwc(parts).shape, numpy.uint16)
    launch("sum_rows", (blocks, 1), to_nhwc(parts), bias, None, floats, n, h, w, c, kernel, sigmoid)
    numpy.testing.assert_allclose(floats, y, rtol=0, atol=1e-6)  # ten additions of values about 1 in f32
    launch("sum_rows", (blocks, 1), to_nhwc(parts), bias, pixels, None, n, h, w, c, kernel, sigmoid)
    # The nearest byte; which one, f32 decides within its 1e-6 of 255.
    assert (abs(to_nchw(pixels) - y.clip(0, 1) * 255.0) <= 0.5 + 3e-4).all()
    assert sigmoid or (pixels == 0).any() and (pixels == 255).any()  # clamped on both sides
    launch("sum_rows_backward", (blocks, 1), g, floats, gradient, n, h, w, c, kernel, sigmoid)
    assert_rounded(gradient, dparts, 1e-6)


@BLOCKS
@OF_BYTES
@pytest.mark.parametrize(("n", "h", "w", "c"), [(2, 3, 5, 16), (1, 4, 7, 24)])
def test_channels_become_cells_of_pixels(n, h, w, c, of_bytes, blocks):
    x, bias = bf16_like((n, h, w, c)), numpy.linspace(-0.5, 1, 12, dtype=numpy.float32)
    channels = to_nchw(from_bf16(x))[:, :12] + bias[:, None, None]
    expected = channels.reshape(n, 3, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, 3, 2 * h, 2 * w)
    floats = None if of_bytes else numpy.empty(expected.shape, numpy.float32)
    pixels = numpy.empty((n, 2 * h, 2 * w, 3), numpy.uint8) if of_bytes else None
    launch("shuffle_out", (blocks, 1), x, bias, pixels, floats, n, h, w, c)
    if of_bytes:
        assert (to_nchw(pixels) == numpy.rint(expected.clip(0, 1) * numpy.float32(255))).all()
    else:
        assert (floats == expected).all()
