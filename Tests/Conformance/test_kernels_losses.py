"""The CUDA kernels of loss networks and losses, run on the CPU and compared with PyTorch's numbers (Tests/Goldens/kernels.safetensors)."""

import numpy
import pytest
from kernels import assert_rounded, launch, to_nhwc
from test_kernels import bf16_like, golden

BLOCKS = pytest.mark.parametrize("blocks", [1, 2, 40])
POOLS = {"c8": True, "c16": False, "c24": True}  # whether what goes into the cells has a gradient of its own


@BLOCKS
@pytest.mark.parametrize("case", POOLS)
def test_cells_give_their_largest(case, blocks):
    y, pooled = golden(f"pool.{case}", "y", "pooled")
    n, c, h, w = pooled.shape
    out = numpy.empty((n, h, w, c), numpy.uint16)
    launch("pool_cells", (blocks, 1), to_nhwc(y), out, n, h, w, c)
    assert (out == to_nhwc(pooled)).all()


@BLOCKS
@pytest.mark.parametrize("case", POOLS)
def test_gradients_of_cells_and_relu_are_those_of_pytorch(case, blocks):
    y, cells, dz = golden(f"pool.{case}", "y", "cells", "dz")
    g = to_nhwc(*golden(f"pool.{case}", "g")) if POOLS[case] else None
    n, c, h, w = cells.shape
    out = numpy.empty((n, 2 * h, 2 * w, c), numpy.uint16)
    launch("pool_unfold", (blocks, 1), to_nhwc(y), g, to_nhwc(cells), out, n, h, w, c)
    assert_rounded(out, dz, 1e-6)


@BLOCKS
def test_squared_differences_are_those_of_pytorch(blocks):
    a, b, loss, da, db = golden("difference", "a", "b", "loss", "da", "db")
    a, b = to_nhwc(a), to_nhwc(b)
    partial = numpy.empty(blocks, numpy.float32)
    launch("squared_differences", (blocks, 1), a, b, partial, a.size // 8)
    numpy.testing.assert_allclose(partial.sum(dtype=float) / a.size, loss, rtol=1e-6)
    half = numpy.array([0.5], numpy.float32)
    for one, other, expected in ((a, b, da), (b, a, db)):
        out = numpy.empty_like(one)
        launch("scaled_difference", (blocks, 1), half, one, other, out, 2 / one.size, one.size // 8)
        assert_rounded(out, expected, 1e-8)


def test_what_is_the_same_differs_by_nothing():
    a = bf16_like((1, 4, 5, 16))
    partial = numpy.empty(3, numpy.float32)
    launch("squared_differences", (3, 1), a, a, partial, a.size // 8)
    assert (partial == 0).all()
