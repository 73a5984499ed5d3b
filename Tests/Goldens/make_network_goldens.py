"""Writes networks.safetensors: what PyTorch answers for both families, and samples of the seeded values. See README.md."""

import math
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

import style_networks as nets

VARIANTS = {"full": ((32, 64, 128), 5), "odd": ((12, 20, 28), 3)}
SIZES = [(8, 8), (37, 53), (256, 256), (360, 640)]
# Pixel-unshuffling needs even sides; the program pads pictures to what a network can divide before any.
COMPACT_VARIANTS = {"full": ((32, 64), 5), "odd": ((12, 20), 3)}
COMPACT_SIZES = [(8, 8), (36, 52), (256, 256), (360, 640)]
UNSHUFFLING = ("compact", "dense")
SEED = 7
SAMPLES = 4096


def step_for(shape):
    """The smallest stride that keeps at most SAMPLES values and shares no factor with the width, so that it visits every column."""
    step = max(1, math.ceil(math.prod(shape) / SAMPLES))
    while math.gcd(step, shape[3]) != 1:
        step += 1
    return step


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out = {}
    for family in nets.FAMILIES:
        compact = family in UNSHUFFLING
        for variant, (widths, blocks) in (COMPACT_VARIANTS if compact else VARIANTS).items():
            network, top = nets.seeded(family, widths, blocks, SEED)
            # Checksums of the weights, so that a difference in them is not taken for one in an engine.
            sums = [[p.double().sum().item(), (p.double() ** 2).sum().item()] for p in network.state_dict().values()]
            out[f"{family}.{variant}.weight_sums"] = np.array(sums, np.float64)
            for height, width in COMPACT_SIZES if compact else SIZES:
                for batch in (1, 3):
                    case = f"{family}.{variant}.{height}x{width}.b{batch}"
                    count = batch * 3 * height * width
                    x = torch.from_numpy(nets.uniform(count, nets.fnv1a(case)).reshape(batch, 3, height, width))
                    with torch.inference_mode():
                        y = (network(x * top) / top).numpy()
                    step = step_for(y.shape)
                    flat = y.reshape(-1)
                    out[case + ".shape"] = np.array(y.shape, np.int64)
                    out[case + ".step"] = np.array([step], np.int64)
                    out[case + ".values"] = flat[::step].copy()
                    wide = flat.astype(np.float64)
                    out[case + ".moments"] = np.array([wide.mean(), (wide * wide).mean()])
                    print(case, y.shape, step, float(flat.min()), float(flat.max()), float(flat.std()), flush=True)
    for seed in (0, 1, nets.MASK):
        out[f"seeded.uniform.{seed}"] = nets.uniform(64, seed)
        out[f"seeded.signed.{seed}"] = nets.signed(64, seed)
    for family in nets.FAMILIES:
        network, _ = nets.seeded(family, (5, 6) if family in UNSHUFFLING else (3, 5, 6), 1, 11)
        for name, parameter in network.state_dict().items():
            out[f"weights.{family}.{name}"] = parameter.numpy()
    metadata = {"torch": torch.__version__.split("+")[0], "seed": str(SEED)}
    path = pathlib.Path(__file__).parent / "networks.safetensors"
    save_file(out, path, metadata=metadata)
    path.chmod(0o644)


if __name__ == "__main__":
    main()
