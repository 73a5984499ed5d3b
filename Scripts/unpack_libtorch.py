"""Takes headers and the CPU libraries out of a torch wheel: unpack_libtorch.py WHEELS TARGET PIP

Where the wheel is built for CUDA, the GPU's libraries stay behind, and the few that the CPU part itself is linked with are fetched from the
wheels that carry them.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

GPU = re.compile(r"lib(torch_cuda|torch_nvshmem|c10_cuda|torch_hip|c10_hip|caffe2_nvrtc|torch_python|.*test|jitbackend|backend_with_compiler|aoti)")

# Who carries a library that the CPU part of a CUDA build asks for. The number is CUDA's.
CARRIERS = {
    "libcudart.so": "nvidia-cuda-runtime",
    "libcupti.so": "nvidia-cuda-cupti",
    "libnvrtc.so": "nvidia-cuda-nvrtc",
    "libcublas.so": "nvidia-cublas",
    "libcublasLt.so": "nvidia-cublas",
    "libcufft.so": "nvidia-cufft",
    "libcurand.so": "nvidia-curand",
    "libcusolver.so": "nvidia-cusolver",
    "libcusparse.so": "nvidia-cusparse",
    "libcusparseLt.so": "nvidia-cusparselt",
    "libcudnn.so": "nvidia-cudnn",
    "libnccl.so": "nvidia-nccl",
    "libcufile.so": "nvidia-cufile",
    "libnvJitLink.so": "nvidia-nvjitlink",
    "libnvshmem_host.so": "nvidia-nvshmem",
}


def unpack(wheel: Path, target: Path) -> list[str]:
    """Unpacks headers and libraries; gives the wheel's requirements."""
    requirements = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dist-info/METADATA"):
                text = archive.read(name).decode()
                requirements = re.findall(r"^Requires-Dist: (\S+)", text, re.M)
            parts = name.split("/")
            if name.endswith("/") or parts[0] != "torch" or len(parts) < 3 or ".." in parts:
                continue
            library = parts[1] == "lib" and (".so" in parts[-1] or parts[-1].endswith(".dylib")) and not GPU.match(parts[-1])
            if parts[1] == "include" or library:
                file = target / Path(*parts[1:])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(name))
    return requirements


def missing(target: Path) -> list[str]:
    """Libraries that the loader does not find for the CPU part."""
    if sys.platform == "darwin":
        return []
    text = subprocess.run(["ldd", target / "lib" / "libtorch_cpu.so"], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r"(\S+) => not found", text)))


def fetch(library: str, requirements: list[str], wheels: Path, target: Path, pip: str):
    """Fetches the wheel that carries a library, as the torch wheel pins it, and takes the library out."""
    carrier = CARRIERS.get(re.sub(r"(\.so).*", r"\1", library))
    if carrier is None:
        sys.exit(f"nothing is known to carry {library}, which LibTorch needs")
    pinned = [text for text in requirements if re.match(rf"{carrier}(-cu\d+)?([=<>~!;]|$)", text)]
    folder = wheels / carrier
    subprocess.run([pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", folder, pinned[0] if pinned else carrier], check=True)
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.rsplit("/", 1)[-1] == library:
                    (target / "lib" / library).write_bytes(archive.read(name))
                    return
    sys.exit(f"{carrier} does not carry {library}")


def main():
    wheels, target, pip = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    requirements = unpack(next(wheels.glob("torch-*.whl")), target)
    for _ in range(4):
        wanted = missing(target)
        if not wanted:
            return
        for library in wanted:
            if not (target / "lib" / library).exists():
                fetch(library, requirements, wheels, target, pip)
    sys.exit(f"LibTorch still lacks {', '.join(missing(target))}")


main()
