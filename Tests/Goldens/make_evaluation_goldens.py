"""Writes evaluation.safetensors: what NumPy, Pillow and OpenCV answer on small pictures made by formula. See README.md."""

import io
import pathlib

import cv2
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent


def picture(width, height, lattice=0):
    """Soft waves, with a pattern of period 4 and one of period 2 of that many levels on them."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    channels = [128 + 50 * np.sin(0.11 * x + 0.07 * y * (k + 1)) + 30 * np.cos(0.23 * y - 0.05 * x * k) for k in range(3)]
    value = np.stack(channels, -1)
    value += lattice * np.array([1, 0.5, -1, -0.5])[np.arange(width) % 4][None, :, None]
    value += lattice * (-1.0) ** (x + y)[..., None]
    return np.floor(value).clip(0, 255).astype(np.uint8)


def checker(pixels):
    """Shares of spectral energy within two bins of the lattice of periods 2 and 4."""
    x = np.asarray(Image.fromarray(pixels).convert("L"), np.float64)
    h, w = (s // 8 * 8 for s in x.shape)
    x = x[:h, :w]
    power = np.abs(np.fft.fft2((x - x.mean()) * np.hanning(h)[:, None] * np.hanning(w)[None])) ** 2
    shares = []
    for period in (2, 4):
        places = [(a * h // period, b * w // period) for a in range(period) for b in range(period) if a or b]
        near = range(-2, 3)
        sums = [power[np.ix_([(u + i) % h for i in near], [(v + j) % w for j in near])].sum() for u, v in places]
        shares.append(sum(sums) / power.sum())
    return np.array(shares)


def weave(pixels):
    """Root mean square autocorrelation of fine detail at every second shift of 5 to 10.5 pixels."""
    x = pixels.astype(np.float64).mean(2)
    for axis in (0, 1):
        n = x.shape[axis] - 4
        parts = [np.take(x, np.arange(k, k + n), axis) for k in range(5)]
        x = sum(w * part for w, part in zip((1, 4, 6, 4, 1), parts, strict=True)) / 16
    d = pixels.astype(np.float64).mean(2)[2:-2, 2:-2] - x
    h, w = d.shape[0] - 10, d.shape[1] - 20
    here = d[:h, 10 : 10 + w]
    shifts = [(a, b) for a in range(11) for b in range(-10, 11) if (a or b > 0) and 25 <= a * a + b * b <= 110 and not (a + b) % 2]
    rho = [(here * d[a : a + h, 10 + b : 10 + b + w]).mean() / ((here * here).mean() + 1e-6 * 255**2) for a, b in shifts]
    return np.array([np.sqrt(np.mean(np.square(rho)))])


def main():
    out = {}
    for name, size, lattice in [("plain", (83, 61), 0), ("lattice", (64, 40), 6), ("odd", (129, 75), 2)]:
        pixels = picture(*size, lattice)
        out[f"picture.{name}"] = pixels
        out[f"checker.{name}"] = checker(pixels)
        out[f"weave.{name}"] = weave(pixels)
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        out[f"sharpness.{name}"] = np.array([cv2.Laplacian(grey, cv2.CV_64F).var()])
    image = Image.fromarray(out["picture.odd"])
    for filter in ("bicubic", "bilinear"):
        for size in [(50, 31), (200, 75), (129, 90), (13, 150)]:
            out[f"resized.{filter}.{size[0]}x{size[1]}"] = np.asarray(image.resize(size, getattr(Image, filter.upper())))
    # One JPEG for each resolution of chroma, and Pillow's reading of it.
    for name, subsampling in [("444", 0), ("422", 1), ("420", 2)]:
        memory = io.BytesIO()
        Image.fromarray(picture(45, 31, 40)).save(memory, "JPEG", quality=90, subsampling=subsampling)
        out[f"jpeg.{name}"] = np.frombuffer(memory.getvalue(), np.uint8)
        out[f"decoded.{name}"] = np.asarray(Image.open(memory).convert("RGB"))
    metadata = {"numpy": np.__version__, "opencv": cv2.__version__, "pillow": Image.__version__}
    path = FOLDER / "evaluation.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, path, metadata=metadata)
    path.chmod(0o644)


if __name__ == "__main__":
    main()
