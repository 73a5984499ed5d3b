"""A straightforward PyTorch loop that does the work of `clipmorph train --recipe balanced --precision f32`, for comparing speed.

CLIPMORPH_WEIGHTS=… python Tests/Benchmarks/training_pytorch.py [STEPS]

Photographs are random numbers that lie ready in memory, so that loading costs this loop nothing. Prints the seconds of every step.
"""

import os
import pathlib
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Goldens"))
import style_networks as nets  # noqa: E402

SIZE, BATCH, SIDE = 384, 2, 3
folder = pathlib.Path(os.environ["CLIPMORPH_WEIGHTS"].split(":")[0])
true = torch.load(folder / "vgg19-normalised-conv3_1.pth", map_location="cpu", weights_only=False)
slim = torch.load(folder / "vgg19-slim.pth", map_location="cpu", weights_only=False)["model"]


def conv(x, state, name):
    return F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), state[name + ".weight"], state[name + ".bias"]))


def shallow(x):
    y1 = conv(F.conv2d(x, true["0.weight"], true["0.bias"]), true, "2")
    y2 = conv(F.max_pool2d(conv(y1, true, "5"), 2, ceil_mode=True), true, "9")
    y3 = conv(F.max_pool2d(conv(y2, true, "12"), 2, ceil_mode=True), true, "16")
    return [y1, y2, y3]


def deep(x, last):
    y, found = F.conv2d(x, slim["conv0.weight"], slim["conv0.bias"]), []
    for block, count in enumerate((2, 2, 4, 4, 1), 1):
        y = F.max_pool2d(y, 2) if block > 1 else y
        for index in range(1, count + 1):
            y = conv(y, slim, f"conv{block}{index}")
            if index == 1 and block >= 4:
                found.append(y)
                if block == last:
                    return found


def gram(f):
    flat = f.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def parts(f):
    h, w = f.shape[2] // SIDE, f.shape[3] // SIDE
    return torch.cat([f[..., i * h:(i + 1) * h, j * w:(j + 1) * w] for i in range(SIDE) for j in range(SIDE)])


def lattice(y):
    half = SIZE // 2
    quarters = torch.cat([y[..., i:i + half, j:j + half] for i in (0, half) for j in (0, half)])
    means = quarters.reshape(len(quarters), 3, half // 4, 4, half // 4, 4).mean((2, 4)).flatten(2)
    return means.var(2, correction=0).mean() / y.detach().var()


def main():
    torch.manual_seed(0)
    network = nets.Dense((16, 32), 5)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    artwork = torch.rand(1, 3, 720, 910)
    with torch.no_grad():
        wanted = [gram(f) for f in shallow(artwork) + deep(artwork, 5)]
        small = F.avg_pool2d(artwork, 2)
        coarse = [gram(f) for f in shallow(small) + deep(small, 5)]
    batches = [torch.rand(BATCH, 3, SIZE, SIZE) for _ in range(3)]
    seconds = []
    for step in range(int(sys.argv[1]) if len(sys.argv) > 1 else 9):
        begin = time.perf_counter()
        x = batches[step % 3]
        y = network(x)
        features = shallow(y) + deep(y, 5)
        with torch.no_grad():
            target = deep(x, 4)[0]
        style = sum(((gram(f) - g) ** 2).mean() / (g**2).mean() for f, g in zip(features, wanted)) / 5
        halved = F.avg_pool2d(y, 2)
        style = style / 2 + sum(((gram(f) - g) ** 2).mean() / (g**2).mean() for f, g in zip(shallow(halved) + deep(halved, 5), coarse)) / 10
        tiles = sum(((gram(parts(f)) - g) ** 2).mean() / (g**2).mean() for f, g in zip(features[:4], wanted)) / 4
        content = ((features[3] - target) ** 2).mean() / target.var()
        variation = (y[..., 1:] - y[..., :-1]).abs().mean() + (y[..., 1:, :] - y[..., :-1, :]).abs().mean()
        outside = (F.relu(-y) ** 2 + F.relu(y - 1) ** 2).mean()
        loss = 20 * style + 3 * tiles + 2 * content + 150 * lattice(y) + 0.3 * variation + 20 * outside
        if step % 2 == 0:
            z = network(torch.roll(x, (3, -2), (2, 3)) + 0.005 * torch.randn_like(x))
            inner = (..., slice(24, -24), slice(24, -24))
            loss = loss + 200 * ((torch.roll(y, (3, -2), (2, 3)) - z)[inner] ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 4.0)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    print("seconds a step:", [round(s, 2) for s in seconds])
    print("mean without the first three:", round(sum(seconds[3:]) / len(seconds[3:]), 3))


if __name__ == "__main__":
    main()
