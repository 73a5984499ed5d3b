"""The CUDA kernels on a CPU: their source compiled for this machine, how they are launched, and arrays as they want them."""

import ctypes
import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy
import pytest
from program import REPOSITORY

RUNTIME = REPOSITORY / "Sources/CTorchRuntime"
NUMPY_TYPES = {"bf16": numpy.uint16, "float": numpy.float32, "unsigned char": numpy.uint8}
NUMBERS = {"int": ctypes.c_int, "float": ctypes.c_float}
SIGNATURE = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\) \{')
# Bytes around every array. They are all ones, which is NaN in bfloat16 and in f32: what is read there shows in the result.
GUARD = 4096


def source() -> str:
    """The kernels' source, joined as the program joins it."""
    joined = re.search(r"return (std::string.*?);", (RUNTIME / "cuda_kernels.hpp").read_text()).group(1)
    parts = [(RUNTIME / f"kernels_{name}.hpp").read_text() for name in re.findall(r"(\w+)_kernels", joined)]
    return "".join(re.search(r'R"cuda\((.*)\)cuda"', part, re.S).group(1) for part in parts)


@functools.cache
def signatures() -> dict:
    """The types of each kernel's parameters, such as `const float *` and `int`."""
    return {name: [re.fullmatch(r"(.*?)\w+", parameter.strip()).group(1).strip() for parameter in parameters.split(",")]
            for name, parameters in SIGNATURE.findall(source().replace("__restrict__ ", ""))}  # fmt: skip


def wrapped_source() -> str:
    """The kernels, and for each a function that takes the grid and an array of pointers to the arguments, as a GPU's driver does."""
    kernels = source()
    wrappers = []
    for name, types in signatures().items():
        start = re.search(rf"void {name}\(", kernels).end()
        together = "__syncthreads" in kernels[start : kernels.index("\n}", start)]
        arguments = ", ".join(f"*({kind} *)arguments[{i}]" for i, kind in enumerate(types))
        wrappers.append(f'extern "C" void run_{name}(unsigned x, unsigned y, void **arguments) {{\n'
                        f'  launch_{"together" if together else "apart"}(x, y, [=] {{ {name}({arguments}); }});\n}}\n')  # fmt: skip
    return '#include "cuda_on_cpu.hpp"\n' + kernels + "".join(wrappers)


def compiler() -> str:
    """A compiler for C++20 with its library; the one that comes with Swift first."""
    swift = shutil.which("swift")
    probe = b"#include <version>\n#ifndef __cpp_lib_barrier\n#error\n#endif\n"
    beside = [str(Path(swift).resolve().with_name("clang++"))] if swift else []
    for name in beside + ["clang++", "g++", "c++"]:
        found = shutil.which(name)
        if found and subprocess.run([found, "-std=c++20", "-E", "-x", "c++", "-"], input=probe, capture_output=True).returncode == 0:
            return found
    pytest.skip("no compiler for C++20 was found (clang++ beside swift, clang++, g++, c++): the CUDA kernels cannot be run on the CPU")


@functools.cache
def library():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kernels.cpp")
        path.write_text(wrapped_source())
        flags = ["-std=c++20", "-O1", "-fno-strict-aliasing", "-shared", "-fPIC", "-pthread", "-I", Path(__file__).parent]
        result = subprocess.run([compiler(), *flags, path, "-o", path.with_suffix(".so")], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return ctypes.CDLL(path.with_suffix(".so"))


def launch(name, grid, *arguments):
    """Runs a kernel over `grid` blocks (x, y). Arguments are arrays, None for no array, and numbers, in the kernel's order; arrays that it
    does not take as const are filled anew. What it writes beside an array fails."""
    types = signatures()[name]
    assert len(arguments) == len(types), f"{name} takes {len(types)} arguments, not {len(arguments)}"
    values, memories, written = [], [], []
    for kind, argument in zip(types, arguments):
        if not kind.endswith("*"):
            values.append(NUMBERS[kind](argument))
        elif argument is None:
            values.append(ctypes.c_void_p())
        else:
            constant, element = re.fullmatch(r"(const )?(.*) \*", kind).groups()
            assert argument.dtype == NUMPY_TYPES[element] and argument.flags.c_contiguous, f"{name}: {argument.dtype} for {kind}"
            memory = numpy.full(argument.nbytes + 2 * GUARD, 255, numpy.uint8)
            memories.append(memory)
            if constant:
                memory[GUARD:-GUARD] = argument.reshape(-1).view(numpy.uint8)
            else:
                written.append((argument, memory))
            values.append(ctypes.c_void_p(memory.ctypes.data + GUARD))
    pointers = (ctypes.c_void_p * len(values))(*[ctypes.addressof(value) for value in values])
    library()[f"run_{name}"](*map(ctypes.c_uint, grid), pointers)
    for argument, memory in written:
        assert (memory[:GUARD] == 255).all() and (memory[-GUARD:] == 255).all(), f"{name} writes beside an array"
        argument[...] = memory[GUARD:-GUARD].view(argument.dtype).reshape(argument.shape)


def to_bf16(values):
    """The bits of f32 values rounded to bfloat16, halves to even."""
    bits = numpy.ascontiguousarray(values, numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def from_bf16(bits):
    return (bits.astype(numpy.uint32) << 16).view(numpy.float32)


def to_nhwc(maps):
    """[N, C, H, W] to [N, H, W, C]."""
    return numpy.ascontiguousarray(maps.transpose(0, 2, 3, 1))


def to_nchw(maps):
    """[N, H, W, C] to [N, C, H, W]."""
    return numpy.ascontiguousarray(maps.transpose(0, 3, 1, 2))


def rounding(values):
    """The most by which bfloat16, of eight bits, misses each value: half a step."""
    return numpy.where(values == 0, 0, numpy.ldexp(1.0, numpy.frexp(values)[1] - 9))


def assert_rounded(maps, expected, slack):
    """Bits [N, H, W, C] are `expected` [N, C, H, W] but for bfloat16's rounding and `slack`, f32's share."""
    difference = abs(to_nchw(from_bf16(maps)) - expected.astype(numpy.float64))
    excess = difference - rounding(expected) - slack
    worst = numpy.unravel_index(numpy.argmax(excess), excess.shape)  # NaN is the largest of all
    assert (excess <= 0).all(), f"off by {difference[worst]} at {worst}, where {expected[worst]} is wanted"
