"""Writes kernels.safetensors: what PyTorch answers in f64 where the CUDA kernels compute, gradients among it. See README.md."""

import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from style_networks import fnv1a, signed
from torch.nn import functional as F

EPSILON = 1e-5
# N, C, H, W of what is normalised; two are made of four phases. Some have more pixels than a block of threads takes at a time.
NORMS = {"c8": (1, 8, 16, 17), "c16": (2, 16, 7, 5), "c24": (1, 24, 10, 9), "shuffled.c8": (2, 8, 10, 6),
         "shuffled.c24": (2, 24, 6, 8)}  # fmt: skip
# A norm, whether ReLU follows, the padding, and the residual's margin.
GRADIENTS = {"plain": ("c8", False, 0, None), "far": ("c16", True, 4, None), "near": ("c24", True, 1, None),
             "residual": ("c16", False, 1, 2)}  # fmt: skip
FOLDS = {"c8": (2, 8, 4, 5, 1), "c16": (1, 16, 5, 6, 4), "c24": (1, 24, 7, 4, 2)}
# N, C, H, W, kernel, whether a sigmoid follows.
# N, C, H, W of cells, and whether what goes into them has a gradient of its own.
POOLS = {"c8": (2, 8, 3, 5, True), "c16": (1, 16, 4, 2, False), "c24": (2, 24, 2, 3, True)}
SUMS = {"c8": (2, 8, 3, 5, 1, False), "c16": (1, 16, 7, 5, 3, False), "c24": (1, 24, 4, 5, 7, True), "c32": (1, 32, 5, 3, 9, True)}


def values(name, *shape):
    """f64 in [-1, 1)."""
    return torch.from_numpy(signed(int(np.prod(shape)), fnv1a(name))).reshape(shape)


def bf16(values):
    """Rounded as bfloat16 rounds, as f64."""
    return values.to(torch.bfloat16).double()


def bits(values):
    """The bits of values that bfloat16 has."""
    return values.to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)


def numbers(values):
    return values.detach().float().numpy()


def norm_input(name, shape):
    """Channels about all kinds of values; one far from 0, one without any deviation, one that the normalisation makes 0."""
    n, c, h, w = shape
    x = 3 * values(f"{name}.mean", 1, c, 1, 1) + (1 + 0.5 * values(f"{name}.scale", n, c, 1, 1)) * values(f"{name}.x", *shape)
    x[:, 1] = 64 + 4 * values(f"{name}.far", n, h, w)
    x[:, 2] = 0.75
    weight, bias = 1.5 * values(f"{name}.weight", c), 0.5 * values(f"{name}.bias", c)
    weight[3] = bias[3] = 0
    return bf16(x), weight.float().double(), bias.float().double()


def norms(out):
    for name, shape in NORMS.items():
        x, weight, bias = norm_input(name, shape)
        variance, mean = torch.var_mean(x, (2, 3), correction=0)
        out[f"norm.{name}.statistics"] = numbers(torch.stack([mean, (variance + EPSILON).rsqrt()], -1))
        out[f"norm.{name}.y"] = numbers(F.instance_norm(x, weight=weight, bias=bias, eps=EPSILON))
        out[f"norm.{name}.weight"], out[f"norm.{name}.bias"] = numbers(weight), numbers(bias)
        if name.startswith("shuffled"):
            n, c, h, w = shape
            x = F.pixel_unshuffle(x, 2).reshape(n, c, 4, h // 2, w // 2).transpose(1, 2).reshape(n, 4 * c, h // 2, w // 2)
        out[f"norm.{name}.x"] = bits(x)


def gradients(out):
    for name, (norm, relu, padding, margin) in GRADIENTS.items():
        x, weight, bias = (tensor.requires_grad_() for tensor in norm_input(norm, NORMS[norm]))
        z = F.instance_norm(x, weight=weight, bias=bias, eps=EPSILON)
        z.retain_grad()
        # In f32, a value at ReLU's corner may be on its other side.
        assert not relu or abs(z.detach())[:, [i for i in range(z.shape[1]) if i != 3]].min() > 1e-4
        y = F.relu(z) if relu else z
        n, c, h, w = x.shape
        if margin is not None:
            residual = torch.zeros(n, c, h + 2 * margin, w + 2 * margin, dtype=torch.float64, requires_grad=True)
            y = y + residual[:, :, margin : margin + h, margin : margin + w]
        y = F.pad(y, [padding] * 4, mode="reflect")
        g = bf16(values(f"{name}.g", *y.shape))
        y.backward(g)
        out[f"gradient.{name}.g"] = bits(g)
        for key, tensor in {"dx": x, "dweight": weight, "dbias": bias, "dz": z}.items():
            out[f"gradient.{name}.{key}"] = numbers(tensor.grad)
        if margin is not None:
            out[f"gradient.{name}.dresidual"] = numbers(residual.grad)


def folds(out):
    for name, (n, c, h, w, padding) in FOLDS.items():
        x = torch.zeros(n, c, h, w, dtype=torch.float64, requires_grad=True)
        y = F.pad(x, [padding] * 4, mode="reflect")
        g = bf16(values(f"fold.{name}", *y.shape))
        y.backward(g)
        out[f"fold.{name}.g"], out[f"fold.{name}.dx"] = bits(g), numbers(x.grad)


def pools(out):
    """ReLU and the maximum of 2x2 cells; every other value is one of five, so that cells have several largest."""
    for name, (n, c, h, w, whole) in POOLS.items():
        z = bf16(values(f"pool.{name}", n, c, 2 * h, 2 * w))
        z[:, ::2] = (2 * z[:, ::2]).round() / 2
        z.requires_grad_()
        y = F.relu(z)
        pooled = F.max_pool2d(y, 2)
        g, cells = bf16(values(f"pool.{name}.g", *y.shape)), bf16(values(f"pool.{name}.cells", *pooled.shape))
        loss = (cells * pooled).sum()
        (loss + (g * y).sum() if whole else loss).backward()
        if whole:
            out[f"pool.{name}.g"] = bits(g)
        out[f"pool.{name}.y"], out[f"pool.{name}.pooled"] = bits(y.detach()), bits(pooled.detach())
        out[f"pool.{name}.cells"], out[f"pool.{name}.dz"] = bits(cells), numbers(z.grad)


def differences(out):
    """mean((a - b)^2), and the gradient of half of it."""
    a, b = (bf16(values(f"difference.{which}", 2, 8, 9, 11)).requires_grad_() for which in "ab")
    loss = F.mse_loss(a, b)
    (0.5 * loss).backward()
    out["difference.a"], out["difference.b"], out["difference.loss"] = bits(a.detach()), bits(b.detach()), numbers(loss)
    out["difference.da"], out["difference.db"] = numbers(a.grad), numbers(b.grad)


def sums(out):
    """Rows added up as a convolution of ones that sees row r through channels 3 r on."""
    for name, (n, c, h, w, kernel, sigmoid) in SUMS.items():
        parts = bf16(values(f"sum.{name}", n, c, h + kernel - 1, w)).requires_grad_()
        bias = (0.5 * values(f"sum.{name}.bias", 3) + 0.5).float().double()
        ones = torch.zeros(3, c, kernel, 1, dtype=torch.float64)
        for r in range(kernel):
            for colour in range(3):
                ones[colour, 3 * r + colour, r, 0] = 1
        y = F.conv2d(parts, ones, bias)
        y = y.sigmoid() if sigmoid else y
        g = values(f"sum.{name}.g", *y.shape).float()
        y.backward(g.double())
        out[f"sum.{name}.parts"], out[f"sum.{name}.bias"], out[f"sum.{name}.y"] = bits(parts.detach()), numbers(bias), numbers(y)
        out[f"sum.{name}.g"], out[f"sum.{name}.dparts"] = numbers(g), numbers(parts.grad)


def main():
    out = {}
    for add in (norms, gradients, folds, sums, pools, differences):
        add(out)
    path = pathlib.Path(__file__).parent / "kernels.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, path, metadata={"torch": torch.__version__})
    path.chmod(0o644)


if __name__ == "__main__":
    main()
