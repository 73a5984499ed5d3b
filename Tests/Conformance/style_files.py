"""Writes ClipMorph style files whose effect is known, and one small real network."""

import json
from pathlib import Path

import numpy
from safetensors.numpy import save_file


def convolution(name, input, output, kernel, stride=1, padding=0, groups=1) -> dict:
    """A layer as the style file's JSON has it."""
    return {
        "type": "convolution", "name": name, "input": input, "output": output, "kernel": kernel,
        "stride": stride, "padding": padding, "groups": groups,
    }  # fmt: skip


def instance_norm(name, channels) -> dict:
    return {"type": "instanceNorm", "name": name, "channels": channels, "epsilon": 1e-5}


RELU = {"type": "relu"}
SIGMOID = {"type": "sigmoid"}


def write_style(path, family, layers, tensors, version="1", **extra) -> Path:
    """Writes a style named after the file. `extra` replaces metadata; a value of None leaves that key out."""
    path = Path(path)
    architecture = {"family": family, "input": "unit", "output": "unit", "layers": layers}
    metadata = {
        "format": "clipmorph-style",
        "version": version,
        "architecture": json.dumps(architecture),
        "card": json.dumps({"name": path.stem}),
    } | extra
    metadata = {key: value for key, value in metadata.items() if value is not None}
    arrays = {name: numpy.ascontiguousarray(value, dtype=numpy.float32) for name, value in tensors.items()}
    save_file(arrays, str(path), metadata=metadata)
    return path


def colour_style(path, matrix, bias, **extra) -> Path:
    """A style that maps every pixel to `matrix` · RGB + `bias`."""
    tensors = {"conv.weight": numpy.reshape(matrix, (3, 3, 1, 1)), "conv.bias": bias}
    return write_style(path, "identity", [convolution("conv", 3, 3, 1)], tensors, **extra)


def write_identity(path) -> Path:
    return colour_style(path, numpy.eye(3), [0, 0, 0])


def write_invert(path) -> Path:
    return colour_style(path, -numpy.eye(3), [1, 1, 1])


def small_network():
    """Layers and seeded tensors of a network with every part that tiles have to get right."""
    layers = [
        convolution("down1", 3, 8, 3, padding=1), instance_norm("norm1", 8), RELU,
        convolution("down2", 8, 12, 3, stride=2, padding=1), instance_norm("norm2", 12), RELU,
        {"type": "residual", "layers": [
            convolution("res.conv1", 12, 12, 3, padding=1), instance_norm("res.norm1", 12), RELU,
            convolution("res.conv2", 12, 12, 3, padding=1), instance_norm("res.norm2", 12),
        ]},
        {"type": "upsample", "factor": 2},
        convolution("up1", 12, 8, 3, padding=1), instance_norm("norm3", 8), RELU,
        convolution("out", 8, 3, 5, padding=2), SIGMOID,
    ]  # fmt: skip
    return layers, seeded(layers, seed=7)


def seeded(layers, gain=1.0, seed=2) -> dict[str, numpy.ndarray]:
    """Weights for layers; the last convolution's are multiplied by `gain`."""
    random = numpy.random.default_rng(seed)
    tensors = {}

    def fill(parts):
        for part in parts:
            if "kernel" in part or part["type"] == "resizeConvolution":
                kernel, input = part.get("kernel", 3), part["input"] // part.get("groups", 1)
                shape = (part["output"], input, kernel, kernel)
                if part["type"] == "transposedConvolution":
                    shape = (part["input"], part["output"], kernel, kernel)
                tensors[part["name"] + ".weight"] = random.normal(0, (2 / (input * kernel**2)) ** 0.5, shape)
                tensors[part["name"] + ".bias"] = random.normal(0, 0.1, part["output"])
            elif part["type"] == "instanceNorm":
                tensors[part["name"] + ".weight"] = random.uniform(0.7, 1.3, part["channels"])
                tensors[part["name"] + ".bias"] = random.normal(0, 0.1, part["channels"])
            elif part["type"] == "residual":
                fill(part["layers"])

    fill(layers)
    last = [name for name in tensors if name.endswith(".weight") and tensors[name].ndim == 4][-1]
    tensors[last] = tensors[last] * gain
    return tensors


def write_compact(path) -> Path:
    """Pixel-unshuffled input and resize-convolutions."""
    layers = [
        {"type": "unshuffle", "factor": 2}, convolution("a", 12, 8, 3, padding=1), instance_norm("an", 8), RELU,
        convolution("b", 8, 12, 3, stride=2, padding=1), instance_norm("bn", 12), RELU,
        {"type": "residual", "layers": [convolution("c", 12, 12, 3, padding=1), instance_norm("cn", 12)]},
        {"type": "resizeConvolution", "name": "d", "input": 12, "output": 8}, instance_norm("dn", 8), RELU,
        {"type": "resizeConvolution", "name": "e", "input": 8, "output": 3}, SIGMOID,
    ]  # fmt: skip
    return write_style(path, "compact", layers, seeded(layers, 2))


def write_original(path) -> Path:
    """Transposed convolutions, and a sigmoid at the end."""
    def transposed(name, input, output):
        return {"type": "transposedConvolution", "name": name, "input": input, "output": output, "kernel": 3, "stride": 2,
                "padding": 1, "outputPadding": 1}  # fmt: skip

    layers = [
        convolution("a", 3, 6, 9, padding=4), instance_norm("an", 6), RELU, convolution("b", 6, 8, 3, stride=2, padding=1),
        instance_norm("bn", 8), RELU, transposed("c", 8, 6), instance_norm("cn", 6), RELU, convolution("d", 6, 3, 9, padding=4), SIGMOID,
    ]  # fmt: skip
    return write_style(path, "original", layers, seeded(layers, 2))


def write_small_network(path) -> Path:
    layers, tensors = small_network()
    return write_style(path, "transformer-net", layers, tensors)


def transformer_net_state(widths=(8, 12, 16), blocks=5, seed=3) -> dict[str, numpy.ndarray]:
    """Seeded weights under the names of pytorch/examples' TransformerNet."""
    random = numpy.random.default_rng(seed)
    state = {}

    def conv(name, input, output, kernel):
        deviation = (2 / (input * kernel * kernel)) ** 0.5
        state[f"{name}.conv2d.weight"] = random.normal(0, deviation, (output, input, kernel, kernel))
        state[f"{name}.conv2d.bias"] = random.normal(0, 0.1, output)

    def norm(name, channels):
        state[f"{name}.weight"] = random.uniform(0.7, 1.3, channels)
        state[f"{name}.bias"] = random.normal(0, 0.1, channels)

    a, b, c = widths
    for index, (input, output, kernel) in enumerate([(3, a, 9), (a, b, 3), (b, c, 3)], start=1):
        conv(f"conv{index}", input, output, kernel)
        norm(f"in{index}", output)
    for index in range(1, blocks + 1):
        for part in (1, 2):
            conv(f"res{index}.conv{part}", c, c, 3)
            norm(f"res{index}.in{part}", c)
    conv("deconv1", c, b, 3)
    norm("in4", b)
    conv("deconv2", b, a, 3)
    norm("in5", a)
    conv("deconv3", a, 3, 9)
    return {name: value.astype(numpy.float32) for name, value in state.items()}
