"""The work of `clipmorph train --recipe original` and of painting frames, in plain PyTorch: what ClipMorph's speed on a GPU is compared with.

python pytorch_reference.py train --mode compile
python pytorch_reference.py infer --style FILE.safetensors --mode compile --compile-mode reduce-overhead
python pytorch_reference.py pictures FOLDER OTHER    # PSNR of pictures with the same names
python pytorch_reference.py curves A.jsonl B.jsonl   # two training logs

Every command prints one JSON object on one line; one that fails adds "error" to it and exits with 1. Weights are random where no style is given:
the arithmetic is the same.
"""

import argparse
import contextlib
import json
import math
import pathlib
import sys
import time
import traceback

# The commands that compare files run without torch.
try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError:
    torch = None

DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


# Networks, described as style files describe them.


def convolution(name, input, output, kernel, stride=1, dilation=1, groups=1):
    layer = {"type": "convolution", "name": name, "input": input, "output": output, "kernel": kernel, "stride": stride}
    return layer | {"dilation": dilation, "padding": dilation * (kernel // 2), "groups": groups}


def norm(name, channels):
    return {"type": "instanceNorm", "name": name, "channels": channels, "epsilon": 1e-5}


def residual(name, channels, dilation=1):
    one, other = (convolution(f"{name}.conv{i}.conv2d", channels, channels, 3, dilation=dilation) for i in (1, 2))
    return {"type": "residual", "layers": [one, norm(name + ".in1", channels), {"type": "relu"}, other, norm(name + ".in2", channels)]}


def original(a=32, b=64, c=128, blocks=5):
    layers = []
    for name, input, output, kernel, stride in ((0, 3, a, 9, 1), (3, a, b, 3, 2), (6, b, c, 3, 2)):
        layers += [convolution(f"convBlock.{name}.conv2d", input, output, kernel, stride), norm(f"convBlock.{name + 1}", output), {"type": "relu"}]
    layers += [residual(f"residualBlock.{i}", c) for i in range(blocks)]
    for name, input, output in ((0, c, b), (3, b, a)):
        up = {"type": "transposedConvolution", "name": f"convTransBlock.{name}.convTrans", "input": input, "output": output}
        up.update(kernel=3, stride=2, padding=1, outputPadding=1)
        layers += [up, norm(f"convTransBlock.{name + 1}", output), {"type": "relu"}]
    return {"input": "unit", "output": "unit", "layers": layers + [convolution("convTransBlock.6.conv2d", a, 3, 9), {"type": "sigmoid"}]}


def compact(a, b, blocks=5, dense=False):
    layers = [{"type": "unshuffle", "factor": 2}, convolution("down1.conv2d", 12, a, 3), norm("down1.in", a), {"type": "relu"}]
    layers += [convolution("down2.conv2d", a, b, 3, 1 if dense else 2), norm("down2.in", b), {"type": "relu"}]
    layers += [residual(f"res{i + 1}", b, 2 if dense else 1) for i in range(blocks)]
    plain = [convolution("up1.blur", b, b, 5, groups=b), convolution("up1.conv2d", b, a, 3)]
    layers += plain if dense else [{"type": "resizeConvolution", "name": "up1.conv2d", "input": b, "output": a}]
    layers += [norm("up1.in", a), {"type": "relu"}]
    return {"input": "unit", "output": "unit", "layers": layers + [{"type": "resizeConvolution", "name": "up2.conv2d", "input": a, "output": 3}]}


FAMILIES = {"original": original, "balanced": lambda: compact(16, 32, dense=True), "fast": lambda: compact(16, 32)}


def merged(weight):
    """The kernels of a resize-convolution's four phases: what upsampling and convolution do together to the features before them."""
    even = [[0.75, 0.25, 0], [0.25, 0.75, 0.75], [0, 0, 0.25]]
    odd = [[0.25, 0, 0], [0.75, 0.75, 0.25], [0, 0.25, 0.75]]
    taps = torch.tensor([even, odd])
    output, input = weight.shape[:2]
    return torch.einsum("apk,bql,oikl->oabipq", taps, taps, weight.float()).reshape(4 * output, input, 3, 3)


class Norm(nn.Module if torch else object):
    """Instance normalisation: PyTorch's own, or as arithmetic that a compiler fuses and that leaves channels_last as it is."""

    def __init__(self, channels, epsilon, arithmetic):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.epsilon, self.arithmetic = epsilon, arithmetic

    def forward(self, x):
        if not self.arithmetic:
            return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.epsilon)
        wide = x.float()
        variance, mean = torch.var_mean(wide, (2, 3), correction=0, keepdim=True)
        scale = self.weight.view(1, -1, 1, 1) * torch.rsqrt(variance + self.epsilon)
        return torch.addcmul(self.bias.view(1, -1, 1, 1) - mean * scale, wide, scale).to(x.dtype)


class Network(nn.Module if torch else object):
    """A network from its description; [N, 3, H, W] in 0…1 to the same, not clamped."""

    def __init__(self, architecture, arithmetic):
        super().__init__()
        self.scales = [255.0 if architecture[end] == "byte" else 1.0 for end in ("input", "output")]
        named = []
        self.plan = self.planned(architecture["layers"], arithmetic, named)
        self.names, self.parts = [name for name, _ in named], nn.ModuleList(part for _, part in named)

    def planned(self, layers, arithmetic, parts):
        plan = []
        for layer in layers:
            kind = layer["type"]
            if kind == "residual":
                plan.append((kind, self.planned(layer["layers"], arithmetic, parts), 0))
                continue
            if kind in ("relu", "sigmoid"):
                plan.append((kind, None, 0))
                continue
            if kind in ("unshuffle", "shuffle", "upsample"):
                plan.append((kind, None, layer["factor"]))
                continue
            size = (layer.get("input"), layer.get("output"), layer.get("kernel"))
            if kind == "convolution":
                part, number = nn.Conv2d(*size, stride=layer["stride"], dilation=layer.get("dilation", 1), groups=layer["groups"]), layer["padding"]
            elif kind == "transposedConvolution":
                number = 0
                part = nn.ConvTranspose2d(*size, stride=layer["stride"], padding=layer["padding"], output_padding=layer["outputPadding"])
            elif kind == "resizeConvolution":
                # Its weights are merged in load() or, for random ones, have no need of it.
                part, number = nn.Conv2d(size[0], 4 * size[1], 3), 1
            elif kind == "instanceNorm":
                part, number = Norm(layer["channels"], layer["epsilon"], arithmetic), 0
            else:
                raise SystemExit(f"a layer of the unknown kind {kind}")
            plan.append((kind, len(parts), number))
            parts.append((layer["name"], part))
        return plan

    def load(self, tensors):
        with torch.no_grad():
            for name, part in zip(self.names, self.parts):
                weight, bias = tensors[name + ".weight"].float(), tensors[name + ".bias"].float()
                if weight.dim() == 4 and weight.shape[0] * 4 == part.weight.shape[0] and weight.shape[1] == part.weight.shape[1]:
                    weight, bias = merged(weight), bias.repeat_interleave(4)
                if weight.shape != part.weight.shape:
                    raise SystemExit(f"{name} has the shape {tuple(weight.shape)}, not {tuple(part.weight.shape)}")
                part.weight.copy_(weight)
                part.bias.copy_(bias)

    def rounded(self, dtype):
        """The weights in this type; normalisation keeps its own in f32."""
        for part in self.parts:
            if not isinstance(part, Norm):
                part.to(dtype)
        return self

    def forward(self, x):
        before, after = self.scales
        x = self.run(self.plan, x if before == 1 else x * before)
        return x if after == 1 else x / after

    def run(self, plan, x):
        for index, (kind, detail, number) in enumerate(plan):
            if kind == "residual":
                x = x + self.run(detail, x)
            elif kind == "relu":
                # A residual's own input must stay as it is; no branch begins with one in these families.
                x = F.relu(x, inplace=index > 0)
            elif kind == "sigmoid":
                x = torch.sigmoid(x)
            elif kind == "unshuffle":
                x = F.pixel_unshuffle(x, number)
            elif kind == "shuffle":
                x = F.pixel_shuffle(x, number)
            elif kind == "upsample":
                x = F.interpolate(x, scale_factor=number, mode="nearest")
            else:
                if number:
                    x = F.pad(x, (number,) * 4, mode="reflect")
                x = self.parts[detail](x)
                if kind == "resizeConvolution":
                    x = F.pixel_shuffle(x, 2)
        return x


def read_style(path):
    """A style file's architecture and tensors."""
    data = bytearray(pathlib.Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[start + begin : start + end], dtype=getattr(torch, DTYPES[entry["dtype"]])).reshape(entry["shape"])
    return json.loads(metadata["architecture"]), tensors


class VGG(nn.Module if torch else object):
    """VGG-19 up to relu4_2 with random weights, He-scaled so that activations stay as large as they are."""

    # Numbers are convolutions' channels, each with its ReLU.
    LAYERS = [64, 64, "tap", "pool", 128, 128, "tap", "pool", 256, 256, 256, "tap", 256, "pool", 512, 512, "tap"]
    CONTENT = 1

    def __init__(self):
        super().__init__()
        self.convolutions, input = nn.ModuleList(), 3
        for output in self.LAYERS:
            if isinstance(output, int):
                one = nn.Conv2d(input, output, 3, padding=1)
                nn.init.normal_(one.weight, std=math.sqrt(2 / (9 * input)))
                nn.init.zeros_(one.bias)
                self.convolutions.append(one)
                input = output
        self.requires_grad_(False)

    def forward(self, x, count=4):
        """The first `count` taps of normalised pictures: relu1_2, relu2_2, relu3_3, relu4_2."""
        taps, index = [], 0
        for layer in self.LAYERS:
            if layer == "pool":
                x = F.max_pool2d(x, 2)
            elif layer == "tap":
                taps.append(x)
                if len(taps) == count:
                    break
            else:
                x = F.relu(self.convolutions[index](x), inplace=True)
                index += 1
        return taps


def gram(features):
    """F Fᵀ / (C H W), [N, C, C]; in bf16 with sums in f32, as autocast has it."""
    flat = features.flatten(2)
    return torch.bmm(flat, flat.transpose(1, 2)).float() / (flat.shape[1] * flat.shape[2])


class Objective(nn.Module if torch else object):
    """The `original` recipe's loss of a batch of photographs."""

    def __init__(self, network, vgg, dtype):
        super().__init__()
        self.network, self.vgg, self.dtype = network, vgg, dtype
        self.parts = (network, vgg)  # as they are without a compiler
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))
        self.grams = []

    def normalised(self, pictures):
        return (pictures - self.mean) / self.deviation

    def learn_artwork(self, picture):
        with torch.no_grad():
            # The same rounding as in training: autocast has no say over these.
            self.grams = [gram(tap) for tap in self.vgg(self.normalised(picture).to(self.dtype))]

    def forward(self, pixels):
        """[N, H, W, 3] in 0…255 to the loss and its terms."""
        # A permutation alone makes this channels_last.
        photographs = pixels.permute(0, 3, 1, 2).float() / 255
        # One draw decides both whether a value changes and to which whole number of ±30.
        draw = torch.rand_like(photographs)
        noise = torch.where(draw < 0.05, torch.floor(draw * (61 / 0.05)) - 30, 0) / 255
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            painting = self.normalised(self.network(photographs).float())
            disturbed = self.normalised(self.network(photographs + noise).float())
            taps = self.vgg(painting.to(self.dtype))
            with torch.no_grad():
                target = self.vgg(self.normalised(photographs).to(self.dtype), VGG.CONTENT + 1)[-1]
            content = F.mse_loss(taps[VGG.CONTENT].float(), target.float())
            style = sum((gram(tap) - wanted).square().mean() for tap, wanted in zip(taps, self.grams))
        variation = (painting[..., 1:] - painting[..., :-1]).abs().sum() + (painting[..., 1:, :] - painting[..., :-1, :]).abs().sum()
        temporal = F.mse_loss(painting, disturbed)
        terms = torch.stack((1e5 * content, 4e10 * style, 1e-6 * variation, 1e3 * temporal))
        return terms.sum(), terms.detach()


# Measuring.


class Clock:
    """Milliseconds between two points of the device's own time."""

    def __init__(self, device):
        self.device, self.marks = device, []

    def mark(self):
        if self.device.type == "cuda":
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            self.marks.append(event)
        else:
            self.marks.append(time.perf_counter())

    def milliseconds(self):
        first, last = self.marks
        if self.device.type != "cuda":
            return (last - first) * 1000
        last.synchronize()
        return first.elapsed_time(last)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def setup(options):
    if torch is None:
        raise SystemExit("PyTorch is missing")
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    options.layout = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
    options.arithmetic = options.norm == "arithmetic" or (options.norm == "auto" and options.mode == "compile")
    return device


def description(options, device):
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    result = {"command": options.command, "mode": options.mode, "compile_mode": options.compile_mode if options.mode == "compile" else None}
    result |= {"norm": "arithmetic" if options.arithmetic else "builtin", "channels_last": options.layout == torch.channels_last}
    return result | {"precision": options.precision, "device": name, "torch": torch.__version__, "cuda": torch.version.cuda}


def compiled(function, options):
    return torch.compile(function, mode=options.compile_mode, dynamic=False) if options.mode == "compile" else function


def compiled_parts(objective, part, options):
    """The objective with one of its parts compiled."""
    network, vgg = objective.parts
    if part in ("objective", "nothing"):
        return compiled(objective, options)
    torch.compiler.reset()
    objective.network = compiled(network, options) if "network" in part else network
    objective.vgg = compiled(vgg, options) if "VGG" in part else vgg
    return objective


def begin_step(options):
    # CUDA graphs reuse the memory of the step before.
    if options.mode == "compile":
        torch.compiler.cudagraph_mark_step_begin()


def forget_peak(device):
    """Bytes at the peak so far; the next reading starts anew."""
    if device.type != "cuda":
        return None
    peak = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return peak


def memory(device, before):
    if device.type != "cuda":
        return {"peak_memory_bytes": None}
    peak = torch.cuda.max_memory_allocated()
    return {"peak_memory_bytes": peak, "peak_memory_bytes_with_warmup": max(peak, before or 0), "reserved_memory_bytes": torch.cuda.memory_reserved()}


def train(options):
    device = setup(options)
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    network = Network(original(), options.arithmetic).to(device, memory_format=options.layout)
    vgg = VGG().to(device, dtype=dtype, memory_format=options.layout)
    objective = Objective(network, vgg, dtype).to(device)
    objective.learn_artwork(torch.rand(1, 3, options.size, options.size).to(device, memory_format=options.layout))
    parameters = list(network.parameters())
    try:
        optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=device.type == "cuda")
    except (RuntimeError, ValueError):
        optimizer = torch.optim.Adam(parameters, lr=1e-3)

    # Loading costs nothing here: batches lie ready in memory that the GPU can read by itself.
    pool = [torch.randint(0, 256, (options.batch, options.size, options.size, 3), dtype=torch.uint8) for _ in range(8)]
    if device.type == "cuda":
        pool = [batch.pin_memory() for batch in pool]
    parts = options.parts.split(",") if options.mode == "compile" else ["nothing"]

    def step(number):
        pixels = pool[number % len(pool)].to(device, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        begin_step(options)
        total, terms = loss_of(pixels)
        total.backward()
        grad_norm = torch.nn.utils.clip_grad_norm_(parameters, 4.0, foreach=True)
        optimizer.step()
        return terms, grad_norm

    # Where the compiler fails at the whole, the parts that it can do are compiled.
    failures = {}
    for part in parts:
        loss_of = compiled_parts(objective, part, options)
        began = time.perf_counter()
        try:
            terms, _ = step(0)
            break
        except Exception as error:
            failures[part] = " ".join(str(error).split())[:200]
            print(f"{part}: {traceback.format_exc()}", file=sys.stderr)
            if part == parts[-1]:
                raise
    synchronize(device)
    first_seconds = time.perf_counter() - began
    initial = terms.tolist()
    for number in range(1, options.warmup):
        step(number)
    synchronize(device)
    warmup_seconds = time.perf_counter() - began
    before = forget_peak(device)
    clock = Clock(device)
    clock.mark()
    for number in range(options.steps):
        terms, grad_norm = step(options.warmup + number)
    clock.mark()
    milliseconds = clock.milliseconds() / options.steps
    names = ("content", "style", "total_variation", "temporal")
    values, norm_value = terms.tolist(), grad_norm.item()
    result = description(options, device) | {"steps": options.steps, "warmup": options.warmup, "batch": options.batch, "size": options.size}
    result |= {"steps_per_second": 1000 / milliseconds, "ms_per_step": milliseconds, "pictures_per_second": 1000 * options.batch / milliseconds}
    result |= memory(device, before)
    # Graphs are recorded in the second and third step: the warm-up as a whole is told too.
    result |= {"compiled": part, "not_compiled": failures, "first_step_seconds": first_seconds, "compile_seconds": first_seconds if options.mode == "compile" else None}
    result |= {"warmup_seconds": warmup_seconds, "parameters": sum(p.numel() for p in parameters)}
    result |= {"first_weighted_losses": dict(zip(names, initial)), "last_weighted_losses": dict(zip(names, values)), "gradient_norm": norm_value}
    result["finite"] = all(map(math.isfinite, initial + values + [norm_value]))
    return result


def infer(options):
    device = setup(options)
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    if options.style:
        architecture, tensors = read_style(options.style)
        network = Network(architecture, options.arithmetic)
        network.load(tensors)
    else:
        network = Network(FAMILIES[options.family](), options.arithmetic)
    network = network.rounded(dtype).to(device, memory_format=options.layout).eval().requires_grad_(False)
    paint = compiled(lambda x: network(x).clamp_(0, 1), options)
    result = description(options, device) | {"style": options.style, "family": None if options.style else options.family}
    # Eager code gains a little from inference_mode; compiled code does not, and CUDA graphs are safer without.
    with torch.no_grad() if options.mode == "compile" else torch.inference_mode():
        if options.input:
            import numpy as np

            pixels = torch.from_numpy(np.load(options.input)).unsqueeze(0).to(device)
            check_size(pixels.shape[1], pixels.shape[2])
            picture = (pixels.permute(0, 3, 1, 2).float() / 255).to(dtype).contiguous(memory_format=options.layout)
            painted = (paint(picture).float() * 255).round().to(torch.uint8).permute(0, 2, 3, 1)[0].cpu().contiguous().numpy()
            if options.out:
                np.save(options.out, painted)
            return result | {"input": options.input, "out": options.out, "shape": list(painted.shape)}

        check_size(options.height, options.width)
        picture = torch.rand(options.batch, 3, options.height, options.width).to(device, dtype).contiguous(memory_format=options.layout)
        began = time.perf_counter()
        for number in range(max(1, options.warmup)):
            begin_step(options)
            painted = paint(picture)
            if number == 0:
                synchronize(device)
                first_seconds = time.perf_counter() - began
        finite = bool(torch.isfinite(painted).all())
        synchronize(device)
        before = forget_peak(device)
        clock = Clock(device)
        clock.mark()
        for _ in range(options.frames):
            begin_step(options)
            painted = paint(picture)
        clock.mark()
        milliseconds = clock.milliseconds() / options.frames
    result |= {"width": options.width, "height": options.height, "batch": options.batch, "frames": options.frames * options.batch}
    result |= {"fps": 1000 * options.batch / milliseconds, "ms_per_batch": milliseconds}
    result |= memory(device, before)
    result |= {"first_call_seconds": first_seconds, "compile_seconds": first_seconds if options.mode == "compile" else None}
    return result | {"output": str(painted.dtype), "finite": finite}


def check_size(height, width):
    if height % 4 or width % 4:
        raise SystemExit(f"{width}x{height}: both sides must be multiples of 4")


def pictures(options):
    import numpy as np
    from PIL import Image

    names = [{path.name for path in pathlib.Path(folder).iterdir() if path.suffix.lower() == ".png"} for folder in (options.a, options.b)]
    psnr, largest = {}, {}
    for name in sorted(names[0] & names[1]):
        one, other = (np.asarray(Image.open(pathlib.Path(folder) / name).convert("RGB")).astype(np.float64) for folder in (options.a, options.b))
        if one.shape != other.shape:
            raise SystemExit(f"{name} has the sizes {one.shape[1]}x{one.shape[0]} and {other.shape[1]}x{other.shape[0]}")
        error = float(np.mean((one - other) ** 2))
        # Pictures that are the same would have an infinite ratio, which JSON cannot say.
        psnr[name] = min(100.0, 10 * math.log10(255**2 / error)) if error > 0 else 100.0
        largest[name] = int(np.abs(one - other).max())
    if not psnr:
        raise SystemExit(f"no PNG is in both {options.a} and {options.b}")
    result = {"command": "pictures", "count": len(psnr), "only_in_one": sorted(names[0] ^ names[1])}
    result |= {"mean_psnr": sum(psnr.values()) / len(psnr), "min_psnr": min(psnr.values()), "largest_difference": max(largest.values())}
    return result | {"psnr": psnr, "differences": largest}


def read_totals(path):
    """The total loss of each step: of a plain log, or of a tracked run's, where a step done twice counts as it was done last."""
    totals = {}
    for line in pathlib.Path(path).read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue  # A run that was killed may leave half a line.
        total = row.get("total", row.get("scalars", {}).get("loss/total"))
        if "step" in row and isinstance(total, (int, float)):
            totals[int(row["step"])] = float(total)
    return totals


def curves(options):
    one, other = read_totals(options.a), read_totals(options.b)
    steps = sorted(one.keys() & other.keys())
    window = options.window
    if len(steps) <= window:
        raise SystemExit(f"{len(steps)} steps are in both logs; more than {window} are needed")

    def smoothed(totals):
        return [sum(totals[s] for s in steps[i - window + 1 : i + 1]) / window for i in range(window, len(steps))]

    def mean(totals, count):
        return sum(totals[s] for s in steps[-count:]) / len(steps[-count:])

    differences = [abs(b - a) / max(abs(a), 1e-30) for a, b in zip(smoothed(one), smoothed(other))]
    last = (mean(one, 50), mean(other, 50))
    worst = max(range(len(differences)), key=differences.__getitem__)
    result = {"command": "curves", "steps": len(steps), "steps_in_one_only": len(one.keys() ^ other.keys()), "window": window}
    result |= {"max_relative_difference": differences[worst], "at_step": steps[window + worst]}
    result |= {"mean_relative_difference": sum(differences) / len(differences), "last_50_means": last}
    return result | {"last_50_relative_difference": abs(last[1] - last[0]) / max(abs(last[0]), 1e-30)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (train, infer):
        command = commands.add_parser(function.__name__)
        command.set_defaults(function=function)
        command.add_argument("--mode", choices=("eager", "compile"), default="eager")
        choices = ("default", "max-autotune-no-cudagraphs", "reduce-overhead", "max-autotune")
        command.add_argument("--compile-mode", choices=choices, default="default")
        command.add_argument("--norm", choices=("auto", "builtin", "arithmetic"), default="auto", help="auto: arithmetic where it is compiled")
        command.add_argument("--layout", choices=("channels_last", "contiguous"), default="channels_last")
        command.add_argument("--precision", choices=("bf16", "f32"), default="bf16")
        command.add_argument("--device", choices=("cuda", "cpu"))
        command.add_argument("--warmup", type=int, default=20)
        if function is train:
            command.add_argument("--steps", type=int, default=100)
            command.add_argument("--batch", type=int, default=8)
            command.add_argument("--size", type=int, default=512)
            command.add_argument("--parts", default="objective,network and VGG,VGG,network", help="what is compiled, the first that the compiler can do")
        else:
            network = command.add_mutually_exclusive_group(required=True)
            network.add_argument("--style")
            network.add_argument("--family", choices=tuple(FAMILIES))
            command.add_argument("--width", type=int, default=1920)
            command.add_argument("--height", type=int, default=1080)
            command.add_argument("--frames", type=int, default=200, help="batches that are timed")
            command.add_argument("--batch", type=int, default=1)
            command.add_argument("--input", help="paint this uint8 [H, W, 3] in place of timing")
            command.add_argument("--out", help="where to write what --input becomes")
    for function in (pictures, curves):
        command = commands.add_parser(function.__name__)
        command.set_defaults(function=function)
        command.add_argument("a")
        command.add_argument("b")
    command.add_argument("--window", type=int, default=20)
    return parser.parse_args()


def main():
    options = parse()
    status = 0
    try:
        # Compilers talk on standard output, which holds JSON only.
        with contextlib.redirect_stdout(sys.stderr):
            result = options.function(options)
    except (SystemExit, Exception) as error:
        if isinstance(error, Exception):
            traceback.print_exc()
        result = {name: value for name, value in vars(options).items() if isinstance(value, (str, int, type(None)))}
        result["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        status = 1
    print(json.dumps(result), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
