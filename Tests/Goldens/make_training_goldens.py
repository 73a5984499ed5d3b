"""Writes training.safetensors: losses, gradients and Adam steps as PyTorch computes them. See README.md.

Plain PyTorch, written from the formulas. The real encoders' weights are read from the folder in CLIPMORPH_WEIGHTS; only numbers that they
lead to are written.
"""

import os
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

import style_networks as nets

SIZE, BATCH, STEPS, SEED = 64, 2, 10, 5
WIDTHS, BLOCKS = {"original": (4, 6, 8), "transformer-net": (4, 6, 8), "compact": (6, 8)}, 1


def seeded_tensor(name, shape, scale=None):
    """u * sqrt(6 / fan-in) for weights, 0.1 u for biases, from the name's hash."""
    u = nets.signed(int(np.prod(shape)), nets.fnv1a(name))
    gain = np.sqrt(6.0 / np.prod(shape[1:])) if len(shape) == 4 else 0.1
    return torch.from_numpy((u * gain).astype(np.float32).reshape(shape))


def picture(name, height, width, batch=1):
    """Squares of four pixels a side with some grain. Of noise alone losses are so steep that f32 has no 1e-4 left; without grain max-pooling ties."""
    u = nets.uniform(batch * 3 * (height // 4) * (width // 4), nets.fnv1a(name))
    squares = torch.from_numpy(u.reshape(batch, 3, height // 4, width // 4)).repeat_interleave(4, 2).repeat_interleave(4, 3)
    grain = nets.uniform(batch * 3 * height * width, nets.fnv1a(name + ".grain"))
    return 0.75 * squares + 0.25 * torch.from_numpy(grain.reshape(batch, 3, height, width))


# Encoders: functions from pictures in 0…1 to features by layer.

def vgg19_shape(dtype):
    """torchvision's vgg19().features up to relu4_2, with seeded weights."""
    layers, inputs = [], 3
    for width in (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512):
        if width == "M":
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
    features = nn.Sequential(*layers)
    state = {name: seeded_tensor(f"features.{name}", tuple(p.shape)) for name, p in features.state_dict().items()}
    features.load_state_dict(state)
    features.requires_grad_(False).to(dtype)
    taps = {3: "relu1_2", 8: "relu2_2", 15: "relu3_3", 22: "relu4_2"}

    def encode(x):
        found = {}
        for index, layer in enumerate(features):
            x = layer(x)
            if index in taps:
                found[taps[index]] = x
        return found

    return encode


def normalize(x):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1).to(x)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1).to(x)
    return (x - mean) / deviation


SLIM = {"0": (3, 3, 1), "11": (16, 3, 3), "12": (16, 16, 3), "21": (32, 16, 3), "22": (32, 32, 3), "31": (64, 32, 3), "32": (64, 64, 3),
        "33": (64, 64, 3), "34": (64, 64, 3), "41": (128, 64, 3), "42": (128, 128, 3), "43": (128, 128, 3), "44": (128, 128, 3),
        "51": (128, 128, 3)}
NORMALISED = {"0": (3, 3, 1), "2": (64, 3, 3), "5": (64, 64, 3), "9": (128, 64, 3), "12": (128, 128, 3), "16": (256, 128, 3)}
BLUE_TO_YELLOW = (6**-0.5, 6**-0.5, -2 * 6**-0.5)


def seeded_state(prefix, layers):
    state = {}
    for name, (outputs, inputs, kernel) in layers.items():
        state[f"{prefix}{name}.weight"] = seeded_tensor(f"{prefix}{name}.weight", (outputs, inputs, kernel, kernel))
        state[f"{prefix}{name}.bias"] = seeded_tensor(f"{prefix}{name}.bias", (outputs,))
    return state


def combined(true, slim):
    """relu1_1, 2_1, 3_1 of the normalised VGG-19, relu4_1, 5_1 of the distilled one."""
    def conv(x, state, name):
        return F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), state[name + ".weight"], state[name + ".bias"]))

    def encode(x):
        found = {}
        y = F.conv2d(x, true["0.weight"], true["0.bias"])
        found["relu1_1"] = y = conv(y, true, "2")
        y = F.max_pool2d(conv(y, true, "5"), 2, 2, ceil_mode=True)
        found["relu2_1"] = y = conv(y, true, "9")
        y = F.max_pool2d(conv(y, true, "12"), 2, 2, ceil_mode=True)
        found["relu3_1"] = conv(y, true, "16")
        y = F.conv2d(x, slim["conv0.weight"], slim["conv0.bias"])
        for block, count in enumerate((2, 2, 4, 4, 1), 1):
            if block > 1:
                y = F.max_pool2d(y, 2)
            for index in range(1, count + 1):
                y = conv(y, slim, f"conv{block}{index}")
                if index == 1 and block >= 4:
                    found[f"relu{block}_1"] = y
        return found

    return encode


def gram(features, divisor):
    n, c, h, w = features.shape
    flat = features.view(n, c, h * w)
    return flat.bmm(flat.transpose(1, 2)) / (c * h * w if divisor == "elements" else h * w)


# The two forms of the loss: each gives its terms and their weighted sum.

def original_losses(network, encode, artwork, x, noise):
    y, disturbed = normalize(network(x)), normalize(network(x + noise))
    wanted = {tap: gram(f, "elements") for tap, f in encode(normalize(artwork)).items()}
    features = encode(y)
    mse = nn.MSELoss()
    terms = {
        "content": mse(features["relu2_2"], encode(normalize(x))["relu2_2"]),
        "style": sum(mse(gram(f, "elements"), wanted[tap].expand(len(x), -1, -1)) for tap, f in features.items()),
        "total_variation": (y[..., 1:] - y[..., :-1]).abs().sum() + (y[..., 1:, :] - y[..., :-1, :]).abs().sum(),
        "temporal": mse(y, disturbed),
    }
    weights = {"content": 1e5, "style": 4e10, "total_variation": 1e-6, "temporal": 1e3}
    return terms, sum(weights[name] * term for name, term in terms.items())


def lattice(y):
    """The variance of the means over equal (row, column) modulo 4, by channel and quarter, against the picture's variance."""
    h, w = y.shape[2] // 8 * 4, y.shape[3] // 8 * 4
    y = y[..., :2 * h, :2 * w]
    energies = []
    for part in (y[..., :h, :w], y[..., :h, w:], y[..., h:, :w], y[..., h:, w:]):
        means = torch.stack([part[..., a::4, b::4].mean((2, 3)) for a in range(4) for b in range(4)])
        energies.append(means.var(0, correction=0))
    return torch.stack(energies).mean() / y.detach().var()


def smoothed(y):
    weights = torch.tensor([1, 4, 6, 4, 1]).to(y) / 16
    return F.conv2d(y, (weights[:, None] * weights).view(1, 1, 5, 5))


def structure(y, x):
    """SSIM's structure (Wang et al. 2004, eq. 10) of the luminance of areas of 2 and 4 pixels, less its binomial mean."""
    def detail(pictures, side):
        areas = F.avg_pool2d((pictures * torch.tensor([0.2126, 0.7152, 0.0722]).to(y).view(3, 1, 1)).sum(1, keepdim=True), side)
        return areas[..., 2:-2, 2:-2] - smoothed(areas)

    losses = []
    for side in (2, 4):
        a, b = detail(y, side), detail(x, side)
        deviations = ((smoothed(a**2) + 1e-6) * (smoothed(b**2) + 1e-6)).sqrt()
        losses.append(1 - ((smoothed(a * b) + 4.5e-4) / (deviations + 4.5e-4)).mean())
    return sum(losses) / 2


def coherences(y):
    """Of the structure tensor (Bigün and Granlund 1987) of luminance, and of all channels (Di Zenzo 1986), in areas of 2 and of 4 pixels, around each
    place by binomial weights over 5 by 5 areas of 16 pixels: its two directed parts' length and its trace."""
    luminance = (y * torch.tensor([0.2126, 0.7152, 0.0722]).to(y).view(3, 1, 1)).sum(1, keepdim=True)
    for channels in (luminance, y):
        for side in (2, 4):
            areas = F.avg_pool2d(channels, side)
            dx, dy = (areas[..., 1:-1, 2:] - areas[..., 1:-1, :-2]) / 2, (areas[..., 2:, 1:-1] - areas[..., :-2, 1:-1]) / 2
            products = (product.mean(1, keepdim=True) for product in (dx * dx, dy * dy, dx * dy))
            xx, yy, xy = (smoothed(F.avg_pool2d(product, 16 // side)) for product in products)
            yield ((xx - yy) ** 2 + 4 * xy**2 + 1e-14).sqrt(), xx + yy


def coherence(y, x, artwork):
    """How much less it is than the artwork's, where the photograph is even."""
    losses = []
    for (directed, trace), (_, edges), (due, all) in zip(coherences(y), coherences(x), coherences(artwork)):
        due = due.mean() / (all.mean() + 1e-5)
        share = 5e-5 / (5e-5 + edges)
        missing = F.relu(due - (directed + 1e-5 * due) / (trace + 1e-5)) ** 2
        losses.append(((missing * share).mean((1, 2, 3)) / share.mean((1, 2, 3))).mean())
    return sum(losses) / len(losses)


def coherence_alone(out):
    """On pictures of their own: those of the other terms are too small for its areas."""
    painting = (picture("coherence.painting", 160, 160, BATCH).double() * 0.1 + 0.4).requires_grad_()
    # Even at the left, with edges at the right: where the photograph is even counts.
    photographs = picture("coherence.photographs", 160, 160, BATCH).double() * (0.2 * torch.arange(160, dtype=torch.float32) / 159).double()
    rows, columns = np.mgrid[0:160, 0:176]
    waves = torch.from_numpy((0.5 + 0.4 * np.sin((rows + columns) / 3)).astype(np.float32)).double()
    loss = coherence(painting, photographs, picture("coherence.artwork", 160, 176).double() + waves)
    loss.backward()
    out["coherence.loss"] = np.array([loss.item()], np.float64)
    out["coherence.gradient"] = painting.grad.float().numpy().reshape(-1)[::37].copy()


def autocorrelation(y):
    """Of grey less its binomial mean over five by five pixels, at every second shift of 5 to 10.5 pixels in half of all directions."""
    grey = y.mean(1, keepdim=True)
    detail = grey[..., 2:-2, 2:-2] - smoothed(grey)
    h, w = detail.shape[2] - 10, detail.shape[3] - 20
    here = detail[..., :h, 10:10 + w]
    shifts = [(a, b) for a in range(11) for b in range(-10, 11) if (a > 0 or b > 0) and 25 <= a * a + b * b <= 110 and (a + b) % 2 == 0]
    products = [(here * detail[..., a:a + h, 10 + b:10 + b + w]).mean((1, 2, 3)) for a, b in shifts]
    return torch.stack(products, 1) / ((here**2).mean((1, 2, 3)) + 1e-6)[:, None]


def tones(y, weights=(0.2126, 0.7152, 0.0722)):
    """A sum of the channels, luminance, of areas of 16 by 16 pixels, normalised."""
    areas = F.avg_pool2d((y * torch.tensor(weights).to(y).view(3, 1, 1)).sum(1, keepdim=True), 16)
    return (areas - areas.mean((2, 3), keepdim=True)) / (areas.var((2, 3), correction=0, keepdim=True) + 1e-3).sqrt()


def palette(y, artwork):
    """The covariance of the colours of areas of 16 by 16 pixels, along opponent axes in units of the artwork's deviation."""
    axes = torch.tensor([[1, 1, 1], [1, 1, -2], [1, -1, 0]]).to(y)
    axes = axes / axes.norm(dim=1, keepdim=True)

    def covariance(pictures, axes):
        areas = F.avg_pool2d(pictures, 16).flatten(2)
        areas = axes @ (areas - areas.mean(2, keepdim=True))
        return areas @ areas.transpose(1, 2) / areas.shape[2]

    axes = axes / (covariance(artwork, axes)[0].diagonal()[:, None] + 1e-4).sqrt()
    return ((covariance(y, axes) - covariance(artwork, axes)) ** 2).mean() / (covariance(artwork, axes) ** 2).mean()


def flow(count, size, margin, dtype):
    """Where pixels come from, as grid_sample wants it, and which count: a shift, and waves."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    grids, masks = [], []
    for index in range(count):
        u, v = x + 2.25 + 0.8 * np.sin(0.11 * y + index), y - 1.5 + 0.6 * np.cos(0.09 * x - index)
        grids.append(np.stack([(2 * u + 1) / size - 1, (2 * v + 1) / size - 1], -1).astype(np.float32))
        inside = [(margin <= a) & (a <= size - 1 - margin) for a in (u, v, x, y)]
        masks.append(np.logical_and.reduce(inside)[None].astype(np.float32))
    return torch.from_numpy(np.stack(grids)).to(dtype), torch.from_numpy(np.stack(masks)).to(dtype)


def with_features(network, x):
    """The painting, and what leaves the last residual block."""
    last = [module for module in network.modules() if isinstance(module, nets.Residual)][-1]
    found = []
    handle = last.register_forward_hook(lambda module, inputs, output: found.append(output))
    y = network(x)
    handle.remove()
    return y, found[0]


def relative_losses(network, encode, artwork, x, noise, side=3):
    gain, offset = 1.1, -0.05
    grid, mask = flow(len(x), x.shape[2], 10, x.dtype)

    def sample(pictures, grid=grid):
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)

    moved = sample(x)
    lit = gain * moved + offset
    y, inner = with_features(network, x)
    z, disturbed = with_features(network, lit + noise)
    luminance = ((lit - moved) * torch.tensor([0.2126, 0.7152, 0.0722]).to(x).view(3, 1, 1)).sum(1, keepdim=True)
    # Features are a quarter of the picture's size: the mean place of each four by four pixels is that of their middle.
    coarse_grid = F.avg_pool2d(grid.permute(0, 3, 1, 2), 4).permute(0, 2, 3, 1)
    coarse_mask = F.avg_pool2d(mask, 4)
    wanted = {tap: gram(f, "positions") for tap, f in encode(artwork).items()}
    coarse = {tap: gram(f, "positions") for tap, f in encode(F.avg_pool2d(artwork, 2)).items()}
    features, target = encode(y), encode(x)["relu4_1"]
    halved = encode(F.avg_pool2d(y, 2))
    taps = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]

    def distance(f, tap, wanted=wanted):
        return ((gram(f, "positions") - wanted[tap]) ** 2).mean() / (wanted[tap] ** 2).mean()

    def parts(f):
        h, w = f.shape[2] // side, f.shape[3] // side
        return torch.cat([f[..., i * h:(i + 1) * h, j * w:(j + 1) * w] for i in range(side) for j in range(side)])

    terms = {
        "content": ((features["relu4_1"] - target) ** 2).mean() / target.var(),
        "structure": structure(y, x),
        "tone": ((tones(y) - tones(x)) ** 2).mean() / 2,
        "warmth": ((tones(y, BLUE_TO_YELLOW) - tones(x, BLUE_TO_YELLOW)) ** 2).mean() / 2,
        "palette": palette(y, artwork),
        "style": (sum(distance(features[tap], tap) for tap in taps) + sum(distance(halved[tap], tap, coarse) for tap in taps)) / 10,
        "tiles": sum(distance(parts(features[tap]), tap) for tap in taps[:4]) / 4,
        "lattice": lattice(y),
        "regularity": ((autocorrelation(y) - autocorrelation(artwork)) ** 2).mean(),
        "total_variation": (y[..., 1:] - y[..., :-1]).abs().mean() + (y[..., 1:, :] - y[..., :-1, :]).abs().mean(),
        "range": (F.relu(-y) ** 2 + F.relu(y - 1) ** 2).mean(),
        "temporal": ((z - sample(y) - luminance) ** 2 * mask).sum() / (3 * mask.sum()),
        "temporal_features": ((disturbed - sample(inner, coarse_grid)) ** 2 * coarse_mask).sum() / (inner.shape[1] * coarse_mask.sum())
        / inner.var(),
    }
    weights = {"content": 2, "structure": 6, "tone": 3, "warmth": 5, "palette": 4, "style": 20, "tiles": 3, "lattice": 150, "regularity": 100, "total_variation": 0.3, "range": 20,
               "temporal": 200, "temporal_features": 2}
    return terms, sum(weights[name] * term for name, term in terms.items())


def network(family):
    """Seeded as `StyleNetwork.random` seeds it, with RGB 0…1 at both ends."""
    module, _, last, _ = nets.FAMILIES[family]
    result = module(WIDTHS[family], BLOCKS)
    state = {}
    for name, parameter in result.state_dict().items():
        shape = tuple(parameter.shape)
        u = nets.signed(parameter.numel(), nets.fnv1a(name) + SEED)
        if len(shape) == 4:
            values = u * (1.0 / np.sqrt(np.float64(np.prod(shape[1:])))) * (4.0 if name == last + ".weight" else 1.0)
        else:
            values = 1.0 + 0.2 * u if name.endswith(".weight") else 0.1 * u
        state[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    result.load_state_dict(state)
    return result


def pictures(size, dtype):
    return picture("training.photographs", size, size, BATCH).to(dtype), picture("training.artwork", size, size + 16).to(dtype)


def first_step(out, name, net, losses, noise, dtype):
    """Every term in f32; every gradient in both types."""
    x, artwork = pictures(SIZE, dtype)
    net, noise = net.to(dtype), noise.to(dtype)
    terms, total = losses(net, artwork, x, noise)
    if dtype == torch.float32:
        for term, value in terms.items():
            out[f"{name}.term.{term}"] = np.array([value.item()], np.float64)
        out[f"{name}.total"] = np.array([total.item()], np.float64)
    total.backward()
    label = "f32" if dtype == torch.float32 else "f64"
    for parameter, value in net.named_parameters():
        out[f"{name}.gradient.{label}.{parameter}"] = value.grad.detach().float().numpy().copy()


def ten_steps(out, name, net, losses, noise, size, dtype, rate, clip=4.0):
    """At the recipes' order of rates in f64: there ten steps multiply a difference in the last bit of f32 by 1e4 (kinks, and Adam's division by
    the gradient's own size). In f32 at a rate that leaves such differences small."""
    x, artwork = pictures(size, dtype)
    net, noise = net.to(dtype), noise.to(dtype)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    totals, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        terms, total = losses(net, artwork, x, noise)
        total.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), clip).item())
        totals.append(total.item())
        optimizer.step()
    out[f"{name}.totals"], out[f"{name}.norms"] = np.array(totals), np.array(norms)
    for parameter, value in net.named_parameters():
        out[f"{name}.after.{parameter}"] = value.detach().float().numpy().copy()
    print(name, totals[0], totals[-1], norms[0], flush=True)


def both(out, name, family, losses, encoder, noise, size=SIZE):
    for dtype in (torch.float32, torch.float64):
        encode = encoder(dtype)
        first_step(out, name, network(family), lambda n, *rest: losses(n, encode, *rest), noise(SIZE), dtype)
    for label, dtype, rate in (("f64", torch.float64, 1e-3), ("f32", torch.float32, 1e-5)):
        encode = encoder(dtype)
        ten_steps(out, f"{name}.{label}", network(family), lambda n, *rest: losses(n, encode, *rest), noise(size), size, dtype, rate)


def optimizer_alone(out):
    """torch.optim.Adam in f32 on given gradients, clipped, at a rate that changes."""
    parameters = [torch.nn.Parameter(seeded_tensor(f"adam.{i}", shape)) for i, shape in enumerate([(3, 2, 3, 3), (7,), (1,)])]
    optimizer = torch.optim.Adam(parameters, lr=1.0)
    norms = []
    for step in range(STEPS):
        for index, parameter in enumerate(parameters):
            parameter.grad = seeded_tensor(f"adam.{index}.{step}", tuple(parameter.shape))
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, 0.7).item())
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (step + 1)
        optimizer.step()
    out["adam.norms"] = np.array(norms)
    for index, parameter in enumerate(parameters):
        out[f"adam.after.{index}"] = parameter.detach().numpy().copy()
        out[f"adam.first.{index}"] = optimizer.state[parameter]["exp_avg"].numpy().copy()
        out[f"adam.second.{index}"] = optimizer.state[parameter]["exp_avg_sq"].numpy().copy()


def sparse(size):
    """Whole numbers of ±30 on 5 % of the values, in 255ths."""
    u = nets.uniform(BATCH * 3 * size * size, nets.fnv1a("training.sparse")).astype(np.float64)
    values = np.where(u < 0.05, np.floor(u / 0.05 * 61) - 30, 0).astype(np.float32)
    return torch.from_numpy(values.reshape(BATCH, 3, size, size)) * (1.0 / 255)


def smooth(size):
    values = nets.signed(BATCH * 3 * size * size, nets.fnv1a("training.gaussian")).astype(np.float32)
    return torch.from_numpy(values.reshape(BATCH, 3, size, size)) * 0.04


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out = {}
    def wide(states, dtype):
        return combined(*({name: value.to(dtype) for name, value in state.items()} for state in states))

    both(out, "original.seeded", "original", original_losses, vgg19_shape, sparse, size=32)
    seeded = seeded_state("", NORMALISED), seeded_state("conv", SLIM)
    both(out, "balanced.seeded", "compact", relative_losses, lambda dtype: wide(seeded, dtype), smooth)
    both(out, "transformer.seeded", "transformer-net", lambda *all: relative_losses(*all, side=2), lambda dtype: wide(seeded, dtype), smooth)
    folder = pathlib.Path(os.environ["CLIPMORPH_WEIGHTS"])
    true = torch.load(folder / "vgg19-normalised-conv3_1.pth", map_location="cpu", weights_only=False)
    slim = torch.load(folder / "vgg19-slim.pth", map_location="cpu", weights_only=False)["model"]
    both(out, "balanced.real", "compact", relative_losses, lambda dtype: wide((true, slim), dtype), smooth)
    optimizer_alone(out)
    coherence_alone(out)
    real = combined(true, slim)
    with torch.no_grad():
        for tap, features in real(picture("training.artwork", SIZE, SIZE + 16)).items():
            out[f"features.{tap}"] = features.numpy().reshape(-1)[::37].copy()

    path = pathlib.Path(__file__).parent / "training.safetensors"
    save_file(out, path, metadata={"torch": torch.__version__.split("+")[0]})
    path.chmod(0o644)


if __name__ == "__main__":
    main()
