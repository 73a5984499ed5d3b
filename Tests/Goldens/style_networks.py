"""The style network families in PyTorch, and the seeded values that Swift makes bit for bit alike.

Written from the networks' descriptions (Johnson et al. 2016; Ulyanov et al. 2016; docs/NETWORKS.md) and their parameter names, so that the goldens do not
depend on the code that they check. See README.md for the formulas.
"""

import numpy as np
import torch
from torch import nn

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def fnv1a(text):
    """FNV-1a, 64 bits, of the UTF-8 bytes."""
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    return state


def splitmix(count, seed):
    """The first `count` outputs of SplitMix64 (Steele et al. 2014) from `seed`."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed & MASK) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(count, seed):
    """f32 in [0, 1), multiples of 2^-24."""
    return ((splitmix(count, seed) >> np.uint64(40)).astype(np.float64) * 2.0**-24).astype(np.float32)


def signed(count, seed):
    """f64 in [-1, 1), multiples of 2^-52."""
    return (splitmix(count, seed) >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


class Convolution(nn.Module):
    """Reflection padding, then a convolution, under the name conv2d."""

    def __init__(self, inputs, outputs, kernel, stride=1, scale=1, dilation=1):
        super().__init__()
        self.scale = scale
        self.pad = nn.ReflectionPad2d(kernel // 2 * dilation)
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride, dilation=dilation)

    def forward(self, x):
        if self.scale > 1:
            x = nn.functional.interpolate(x, scale_factor=self.scale, mode="nearest")
        return self.conv2d(self.pad(x))


class Transposed(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convTrans = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x):
        return self.convTrans(x)


def norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


class Residual(nn.Module):
    def __init__(self, channels, dilation=1):
        super().__init__()
        self.conv1 = Convolution(channels, channels, 3, dilation=dilation)
        self.in1 = norm(channels)
        self.relu = nn.ReLU()
        self.conv2 = Convolution(channels, channels, 3, dilation=dilation)
        self.in2 = norm(channels)

    def forward(self, x):
        return x + self.in2(self.conv2(self.relu(self.in1(self.conv1(x)))))


class Original(nn.Module):
    """RGB 0…1 to RGB 0…1."""

    def __init__(self, widths=(32, 64, 128), blocks=5):
        super().__init__()
        a, b, c = widths
        self.convBlock = nn.Sequential(
            Convolution(3, a, 9), norm(a), nn.ReLU(),
            Convolution(a, b, 3, stride=2), norm(b), nn.ReLU(),
            Convolution(b, c, 3, stride=2), norm(c), nn.ReLU())
        self.residualBlock = nn.Sequential(*[Residual(c) for _ in range(blocks)])
        self.convTransBlock = nn.Sequential(
            Transposed(c, b), norm(b), nn.ReLU(),
            Transposed(b, a), norm(a), nn.ReLU(),
            Convolution(a, 3, 9))

    def forward(self, x):
        return torch.sigmoid(self.convTransBlock(self.residualBlock(self.convBlock(x))))


class TransformerNet(nn.Module):
    """RGB 0…255 to RGB about 0…255."""

    def __init__(self, widths=(32, 64, 128), blocks=5):
        super().__init__()
        a, b, c = widths
        self.blocks = blocks
        self.conv1, self.in1 = Convolution(3, a, 9), norm(a)
        self.conv2, self.in2 = Convolution(a, b, 3, stride=2), norm(b)
        self.conv3, self.in3 = Convolution(b, c, 3, stride=2), norm(c)
        for index in range(1, blocks + 1):
            setattr(self, f"res{index}", Residual(c))
        self.deconv1, self.in4 = Convolution(c, b, 3, scale=2), norm(b)
        self.deconv2, self.in5 = Convolution(b, a, 3, scale=2), norm(a)
        self.deconv3 = Convolution(a, 3, 9)

    def forward(self, x):
        x = torch.relu(self.in1(self.conv1(x)))
        x = torch.relu(self.in2(self.conv2(x)))
        x = torch.relu(self.in3(self.conv3(x)))
        for index in range(1, self.blocks + 1):
            x = getattr(self, f"res{index}")(x)
        x = torch.relu(self.in4(self.deconv1(x)))
        x = torch.relu(self.in5(self.deconv2(x)))
        return self.deconv3(x)


class Resize(nn.Module):
    """One row and column of reflection on each side, bilinear upsampling by two, a convolution that leaves out what lies outside."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, 3)

    def forward(self, x):
        x = nn.functional.pad(x, (1, 1, 1, 1), mode="reflect")
        x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.conv2d(x[..., 1:-1, 1:-1])


class Stage(nn.Module):
    def __init__(self, convolution, channels):
        super().__init__()
        self.conv2d = convolution.conv2d
        self.layers = [convolution]
        setattr(self, "in", norm(channels))

    def forward(self, x):
        return torch.relu(getattr(self, "in")(self.layers[0](x)))


class Compact(nn.Module):
    """RGB 0…1 to RGB about 0…1."""

    stride, dilation = 2, 1

    def __init__(self, widths=(32, 64), blocks=5):
        super().__init__()
        a, b = widths
        self.blocks = blocks
        self.down1 = Stage(Convolution(12, a, 3), a)
        self.down2 = Stage(Convolution(a, b, 3, stride=self.stride), b)
        for index in range(1, blocks + 1):
            setattr(self, f"res{index}", Residual(b, self.dilation))
        self.up1 = self.first_up(b, a)
        self.up2 = Resize(a, 3)

    def first_up(self, inputs, outputs):
        return Stage(Resize(inputs, outputs), outputs)

    def forward(self, x):
        x = self.down2(self.down1(nn.functional.pixel_unshuffle(x, 2)))
        for index in range(1, self.blocks + 1):
            x = getattr(self, f"res{index}")(x)
        return self.up2(self.up1(x))


class Blurred(nn.Module):
    """A kernel of five for each channel, then a convolution, reflection before both."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.blur = nn.Conv2d(inputs, inputs, 5, padding=2, padding_mode="reflect", groups=inputs)
        self.conv2d = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
        setattr(self, "in", norm(outputs))

    def forward(self, x):
        return torch.relu(getattr(self, "in")(self.conv2d(self.blur(x))))


class Dense(Compact):
    """Compact without its second stride: taps are twice as far apart, and a blur stands for the first upsampling."""

    stride, dilation = 1, 2

    def first_up(self, inputs, outputs):
        return Blurred(inputs, outputs)


FAMILIES = {
    # name: (module, the RGB range's top, name of the last convolution, that convolution's gain)
    "original": (Original, 1.0, "convTransBlock.6.conv2d", 4.0),
    "transformer-net": (TransformerNet, 255.0, "deconv3.conv2d", 64.0),
    "compact": (Compact, 1.0, "up2.conv2d", 4.0),
    "dense": (Dense, 1.0, "up2.conv2d", 4.0),
}


def seeded(family, widths, blocks, seed):
    """A network with the weights of Swift's `StyleNetwork.random(architecture:seed:)`."""
    module, top, last, gain = FAMILIES[family]
    network = module(widths, blocks)
    state = {}
    for name, parameter in network.state_dict().items():
        shape = tuple(parameter.shape)
        u = signed(parameter.numel(), fnv1a(name) + seed)
        if len(shape) == 4:
            values = u * (1.0 / np.sqrt(np.float64(shape[1] * shape[2] * shape[3])))
            values = values * gain if name == last + ".weight" else values
        elif name.endswith(".weight"):
            values = 1.0 + 0.2 * u
        elif name == last + ".bias" and top == 255.0:
            values = 128.0 + 32.0 * u
        else:
            values = 0.1 * u
        state[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    network.load_state_dict(state)
    return network.eval(), top
