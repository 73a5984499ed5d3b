"""Writes checkpoints as torch.save does, without torch: the zip container and the legacy stream."""

import struct
import zipfile
from pathlib import Path

import numpy

PROTOCOL, STOP, MARK, EMPTY_DICT, SET_ITEMS = b"\x80\x02", b".", b"(", b"}", b"u"
TUPLE, EMPTY_TUPLE, REDUCE, PERSISTENT, FALSE = b"t", b")", b"R", b"Q", b"\x89"


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _string(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _tuple(*parts: bytes) -> bytes:
    return MARK + b"".join(parts) + TUPLE


def _tensor(key: str, value: numpy.ndarray, legacy: bool) -> bytes:
    storage = [_string("storage"), _global("torch", "FloatStorage"), _string(key), _string("cpu"), _integer(value.size)]
    strides = [int(stride) // 4 for stride in numpy.ascontiguousarray(value).strides]
    return (
        _global("torch._utils", "_rebuild_tensor_v2")
        + _tuple(
            _tuple(*storage, *([b"N"] if legacy else [])) + PERSISTENT,
            _integer(0), _tuple(*map(_integer, value.shape)), _tuple(*map(_integer, strides)), FALSE,
            _global("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE,
        )
        + REDUCE
    )  # fmt: skip


def _state(tensors: dict, legacy: bool) -> bytes:
    items = b"".join(_string(name) + _tensor(str(n), value, legacy) for n, (name, value) in enumerate(tensors.items()))
    return PROTOCOL + _global("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE + MARK + items + SET_ITEMS + STOP


def _pack(path, pickle: bytes, storages: list[bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/byteorder", "little")
        for n, data in enumerate(storages):
            archive.writestr(f"archive/data/{n}", data)
        archive.writestr("archive/version", "3\n")
    return Path(path)


def write_zip(path, tensors: dict[str, numpy.ndarray]) -> Path:
    """The container that torch writes since 1.6."""
    return _pack(path, _state(tensors, legacy=False), [value.astype("<f4").tobytes() for value in tensors.values()])


def write_legacy(path, tensors: dict[str, numpy.ndarray]) -> Path:
    """The stream that torch wrote before 1.6: magic, protocol, system, state, keys, storages."""
    magic = PROTOCOL + b"\x8a\x0a" + 0x1950A86A20F9469CFC6C.to_bytes(10, "little") + STOP
    protocol = PROTOCOL + b"M" + struct.pack("<H", 1001) + STOP
    sizes = MARK + b"".join(_string(name) + _integer(size) for name, size in (("short", 2), ("int", 4), ("long", 4)))
    system = (
        PROTOCOL + EMPTY_DICT + MARK + _string("protocol_version") + _integer(1001) + _string("little_endian") + b"\x88"
        + _string("type_sizes") + EMPTY_DICT + sizes + SET_ITEMS + SET_ITEMS + STOP
    )  # fmt: skip
    keys = PROTOCOL + b"]" + MARK + b"".join(_string(str(n)) for n in range(len(tensors))) + b"e" + STOP
    data = b"".join(struct.pack("<q", value.size) + value.astype("<f4").tobytes() for value in tensors.values())
    Path(path).write_bytes(magic + protocol + system + _state(tensors, legacy=True) + keys + data)
    return Path(path)


def write_harmful(path, victim: Path) -> Path:
    """A checkpoint that creates the file `victim` in a reader that executes what it reads."""
    call = _global("os", "system") + _tuple(_string(f"touch '{victim}'")) + REDUCE
    return _pack(path, PROTOCOL + EMPTY_DICT + MARK + _string("conv1.conv2d.weight") + call + SET_ITEMS + STOP, [])
