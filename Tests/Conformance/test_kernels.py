"""The CUDA kernels of normalisation and padding, run on the CPU and compared with PyTorch's numbers (Tests/Goldens/kernels.safetensors)."""

import functools

import numpy
import pytest
from kernels import assert_rounded, from_bf16, launch, to_bf16, to_nchw, to_nhwc
from program import REPOSITORY
from safetensors.numpy import load_file

EPSILON = 1e-5
# What f32 may lose before the rounding to bfloat16: a mean about 64 is known to 4e-6, and deviations divide that. bfloat16 itself has
# steps of 8e-3 about 1.
F32 = 2e-5
GOLDENS = load_file(REPOSITORY / "Tests/Goldens/kernels.safetensors")
NORMS = {"c8": 1, "c16": 1, "c24": 1, "shuffled.c8": 2, "shuffled.c24": 2}  # with their factor
GRADIENTS = {"plain": ("c8", 0, 0), "far": ("c16", 1, 4), "near": ("c24", 1, 1), "residual": ("c16", 0, 1)}  # norm, relu, padding


def golden(case, *keys):
    return [GOLDENS[f"{case}.{key}"] for key in keys]


def bf16_like(shape):
    """Any values, for what is only moved."""
    return to_bf16(numpy.random.default_rng(sum(shape)).normal(size=shape))


@functools.cache
def statistics(norm, parts):
    """Mean and 1 / deviation [N, C, 2] by the kernels, a picture's pixels being cut into `parts`."""
    x, phases = to_nhwc(*golden(f"norm.{norm}", "x")), NORMS[norm] ** 2
    n, h, w, c = x.shape
    partial, out = numpy.empty((n, parts, c, 2), numpy.float32), numpy.empty((n, c // phases, 2), numpy.float32)
    launch("norm_sums", (parts, n), x, partial, h * w, c, phases)
    launch("norm_finish", (n * c // phases, 1), partial, x, out, n, parts, h * w, c, phases, EPSILON)
    return out


def assert_statistics(actual, expected):
    numpy.testing.assert_allclose(actual[..., 0], expected[..., 0], rtol=1.5e-7, atol=2e-6)
    numpy.testing.assert_allclose(actual[..., 1], expected[..., 1], rtol=1e-5)


@pytest.mark.parametrize("parts", [1, 4, 10])  # 10 leave some without pixels
@pytest.mark.parametrize("norm", NORMS)
def test_statistics_are_those_of_pytorch(norm, parts):
    assert_statistics(statistics(norm, parts), *golden(f"norm.{norm}", "statistics"))


def test_more_parts_than_threads_are_added():
    n, parts, c, phases, pixels = 2, 70, 32, 4, 900
    random = numpy.random.default_rng(1)
    x = bf16_like((n, pixels, c))
    partial = random.uniform(0.5, 1.5, (n, parts, c, 2)).astype(numpy.float32)
    partial[..., 1] += 20
    # A mean of 10 and mean squares of less than 100, as f32 may leave them: a deviation of 0.
    share = pixels / parts
    partial[0, :, :: c // phases] = 10 * share, 99.99 * share
    out = numpy.empty((n, c // phases, 2), numpy.float32)
    launch("norm_finish", (n * c // phases, 1), partial, x, out, n, parts, pixels, c, phases, EPSILON)
    sums = partial.astype(float).reshape(n, parts, phases, c // phases, 2).sum((1, 2)) / (pixels * phases)
    variance = numpy.maximum(sums[..., 1] - sums[..., 0] ** 2, 0)
    assert_statistics(out, numpy.stack([from_bf16(x[:, 0, : c // phases]) + sums[..., 0], (variance + EPSILON) ** -0.5], -1))


@pytest.mark.parametrize("padding", [0, 1, 4])
@pytest.mark.parametrize("margin", [None, 0, 2])
@pytest.mark.parametrize("relu", [0, 1])
@pytest.mark.parametrize("norm", NORMS)
def test_normalised_maps_are_those_of_pytorch(norm, relu, margin, padding):
    x, weight, bias, y = golden(f"norm.{norm}", "x", "weight", "bias", "y")
    n, c, h, w = y.shape
    factor = NORMS[norm]
    y = numpy.maximum(y, 0) if relu else y
    residual = None
    if margin is not None:
        residual = bf16_like((n, h + 2 * margin, w + 2 * margin, c))
        y = y + to_nchw(from_bf16(residual))[:, :, margin : margin + h, margin : margin + w]
    expected = padded(y, padding)
    for blocks in (1, 3, 40):
        out = numpy.empty((n, h + 2 * padding, w + 2 * padding, c), numpy.uint16)
        launch("norm_apply", (blocks, 1), to_nhwc(x), statistics(norm, 4), weight, bias, residual, out,
               n, h // factor, w // factor, c, factor, padding, margin or 0, relu)  # fmt: skip
        assert_rounded(out, expected, F32)


@pytest.mark.parametrize("parts", [1, 4, 10])
@pytest.mark.parametrize("case", GRADIENTS)
def test_gradients_of_a_normalisation_are_those_of_pytorch(case, parts):
    norm, relu, padding = GRADIENTS[case]
    x, weight, bias = golden(f"norm.{norm}", "x", "weight", "bias")
    g, dz, dx, dweight, dbias = golden(f"gradient.{case}", "g", "dz", "dx", "dweight", "dbias")
    n, c, h, w = x.shape
    known = statistics(norm, 4)
    out, partial = numpy.empty((n, h, w, c), numpy.uint16), numpy.empty((n, parts, c, 2), numpy.float32)
    launch("norm_fold", (parts, n), to_nhwc(g), to_nhwc(x), known, weight, bias, out, partial, h, w, c, padding, relu)
    assert_rounded(out, dz, 1e-6)  # at most nine values are added
    sums = partial.sum(1)
    # Each addend is known as well as its normalised value.
    most = abs(dz).sum((0, 2, 3))
    assert (abs(sums[..., 1].sum(0) - dweight) <= F32 * most).all()
    assert (abs(sums[..., 0].sum(0) - dbias) <= 1e-6 * most).all()

    lost = abs(to_nchw(from_bf16(out)) - dz)  # dz has been rounded once, before dx is
    slack = abs(weight * known[..., 1])[..., None, None] * (lost + F32)
    result = numpy.empty_like(out)
    for blocks in (1, 3, 40):
        launch("norm_backward", (blocks, 1), out, to_nhwc(x), known, sums, weight, result, n, h * w, c)
        assert_rounded(result, dx, slack)

    if case == "residual":
        (dresidual,) = golden(f"gradient.{case}", "dresidual")
        result = numpy.empty((n, *dresidual.shape[2:], c), numpy.uint16)
        launch("bordered", (3, 1), out, result, n, h, w, c, (dresidual.shape[2] - h) // 2)
        assert_rounded(result, dresidual, 1e-6)


def padded(maps, padding, mode="reflect"):
    """[N, C, H, W]."""
    return numpy.pad(maps, [(0, 0), (0, 0), (padding, padding), (padding, padding)], mode=mode)


SHAPES = [(2, 8, 4, 5, 1), (1, 16, 5, 6, 4), (2, 24, 7, 3, 2), (1, 24, 3, 2, 0)]


@pytest.mark.parametrize("blocks", [1, 2, 40])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kernel", "mode"), [("reflect_pad", "reflect"), ("bordered", "constant")])
def test_padding_moves_values(kernel, mode, shape, blocks):
    n, c, h, w, padding = shape
    x = bf16_like((n, h, w, c))
    out = numpy.empty((n, h + 2 * padding, w + 2 * padding, c), numpy.uint16)
    launch(kernel, (blocks, 1), x, out, n, h, w, c, padding)
    assert (to_nchw(out) == padded(to_nchw(x), padding, mode)).all()


@pytest.mark.parametrize("blocks", [1, 2, 40])
@pytest.mark.parametrize(("case", "padding"), [("c8", 1), ("c16", 4), ("c24", 2)])
def test_gradients_of_padding_are_those_of_pytorch(case, padding, blocks):
    g, dx = golden(f"fold.{case}", "g", "dx")
    n, c, h, w = dx.shape
    out = numpy.empty((n, h, w, c), numpy.uint16)
    launch("reflect_fold", (blocks, 1), to_nhwc(g), out, n, h, w, c, padding)
    assert (out == to_bf16(to_nhwc(dx))).all()  # halves to even too
