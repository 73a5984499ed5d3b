"""Writes the small checkpoints and safetensors files that StyleNetworksTests reads. See README.md."""

import collections
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

import style_networks as nets

FOLDER = pathlib.Path(__file__).parent.parent / "StyleNetworksTests" / "Fixtures"


def tensor(*shape, seed=0, dtype=torch.float32):
    values = nets.signed(int(np.prod(shape)), seed) * 4
    return torch.from_numpy(values.reshape(shape)).to(dtype)


def save(name, content, expected, legacy_too=True, **options):
    """One content in both containers, and what must be read from it."""
    torch.save(content, FOLDER / f"{name}.zip.pth", **options)
    if legacy_too:
        torch.save(content, FOLDER / f"{name}.legacy.pth", _use_new_zipfile_serialization=False, **options)
    path = FOLDER / f"{name}.safetensors"
    # clone: safetensors refuses tensors that share memory.
    save_file({k: v.detach().clone().contiguous() for k, v in expected.items()}, path)
    path.chmod(0o644)


def types():
    state = collections.OrderedDict(
        f32=tensor(3, 5, seed=1), f16=tensor(7, seed=2, dtype=torch.float16), bf16=tensor(2, 3, seed=3, dtype=torch.bfloat16),
        f64=tensor(4, 2, seed=4, dtype=torch.float64), i64=torch.tensor([2**62, -(2**62), 0]),
        i32=torch.tensor([[1, -2], [2**31 - 1, -(2**31)]], dtype=torch.int32),
        i16=torch.tensor([-32768, 32767], dtype=torch.int16), i8=torch.tensor([-128, 127, 5], dtype=torch.int8),
        u8=torch.tensor([0, 255], dtype=torch.uint8), bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(2.5), empty=torch.zeros(0, 4),
        special=torch.tensor([float("inf"), float("-inf"), float("nan"), -0.0, 1e-45]))
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    save("types", state, state)
    save("protocol4", state, state, pickle_protocol=4)


def views():
    base = tensor(4, 6, seed=5)
    state = {
        "whole": base, "transposed": base.t(), "row": base[2], "column": base[:, 3], "block": base[1:3, 2:5],
        "permuted": tensor(2, 3, 4, seed=6).permute(2, 0, 1), "parameter": torch.nn.Parameter(tensor(3, 3, seed=7)),
        "tied": base, "every_other": base.reshape(-1)[::2], "expanded": base[0, 0].expand(2, 3),
    }
    save("views", state, state)


def nested():
    inner = collections.OrderedDict(weight=tensor(2, 2, seed=8), bias=tensor(2, seed=9))
    save("nested-model", {"epoch": 3, "model": inner, "loss": 0.5, "done": None, "lr": [0.1, 0.2]}, inner)
    save("nested-state_dict", {"state_dict": inner, "steps": 2**40, "tag": "naïve", "ok": False}, inner)
    save("nested-model_state_dict", {"model_state_dict": inner, "losses": (1, 2.0, (3,)), "optimizer": {"state": {}, "groups": []}}, inner)


def families():
    original, _ = nets.seeded("original", (4, 5, 6), 2, 3)
    save("original", original.state_dict(), original.state_dict())
    net, _ = nets.seeded("transformer-net", (4, 5, 6), 3, 4)
    expected = net.state_dict()
    old = collections.OrderedDict()
    for name, value in expected.items():
        old["module." + name] = value
        # What PyTorch 0.3 stored beside every instance normalisation, whatever its depth.
        if value.dim() == 1 and ".conv" not in name and "conv2d" not in name and name.endswith(".bias"):
            owner = "module." + name.removesuffix(".bias")
            old[owner + ".running_mean"] = torch.zeros_like(value)
            old[owner + ".running_var"] = torch.ones_like(value)
            old[owner + ".num_batches_tracked"] = torch.tensor(0)
    save("transformer-net", old, expected)


def safetensors_file():
    """A file by Python's writer, with metadata that needs escapes."""
    path = FOLDER / "python-written.safetensors"
    save_file(
        {"b": tensor(2, 3, seed=10), "a.weight": tensor(3, seed=11, dtype=torch.bfloat16), "ü": torch.tensor([1, 2], dtype=torch.int64)},
        path, metadata={"title": 'a "quoted" \\ line\nand \u0001 é 🎨', "format": "pt"})
    path.chmod(0o644)


def conversions():
    """f32 values that are hard to round, and what PyTorch makes of them."""
    generator = np.frombuffer(nets.splitmix(512, 12).tobytes(), np.uint32).copy()
    hard = [0x477FEFFF, 0x477FF000, 0x387FFFFF, 0x38800000, 0x33000000, 0x33000001, 0x32FFFFFF, 0x33800000, 0x33C00000, 0x3F801000,
            0x3F803000, 0x3F801001, 0x3F808000, 0x3F818000, 0x3F808001, 0x7F7FFFFF, 0x7F800000, 0x00000001, 0x80000000, 0x387FE000,
            0x387FF000, 0x38000000, 0xC77FF000, 0x7F7F8000, 0x7F7F7FFF]
    near_one = (generator[:256] & 0x807FFFFF) | (((generator[256:512] % 40) + 98) << 23)
    bits = np.concatenate([np.array(hard, np.uint32), near_one, generator[512:]]).astype(np.uint32)
    f32 = torch.from_numpy(bits.view(np.float32).copy())
    f32 = f32[~torch.isnan(f32)]
    f64 = torch.from_numpy(nets.signed(64, 13))
    path = FOLDER / "conversions.safetensors"
    save_file({"f32": f32, "f16": f32.half(), "bf16": f32.bfloat16(), "f64": f64, "f64_as_f32": f64.float()}, path)
    path.chmod(0o644)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    types()
    views()
    nested()
    families()
    safetensors_file()
    conversions()
