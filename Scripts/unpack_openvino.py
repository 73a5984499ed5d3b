"""Takes the C headers and the CPU's libraries out of an openvino wheel: unpack_openvino.py WHEELS TARGET"""

import re
import sys
import zipfile
from pathlib import Path

# What runs ONNX models on a CPU, and the threads that it runs on.
WANTED = re.compile(r"lib(openvino|openvino_c|openvino_intel_cpu_plugin|openvino_arm_cpu_plugin|openvino_onnx_frontend|openvino_ir_frontend|tbb|tbbbind[_0-9]*|tbbmalloc|hwloc)\.(.*\.)?(so|dylib)")


def main():
    wheels, target = Path(sys.argv[1]), Path(sys.argv[2])
    with zipfile.ZipFile(next(wheels.glob("openvino-*.whl"))) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            if name.endswith("/") or ".." in parts or parts[0] != "openvino":
                continue
            if parts[1:4] == ["include", "openvino", "c"]:
                file = target / Path(*parts[1:])
            elif parts[1] == "libs" and WANTED.match(parts[-1]):
                file = target / "lib" / parts[-1]
            else:
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(archive.read(name))
    libraries = [file for file in (target / "lib").iterdir() if re.match(r"libopenvino_c\.", file.name)]
    if len(libraries) != 1:
        sys.exit("the wheel holds no libopenvino_c")
    link = target / "lib" / ("libopenvino_c.dylib" if sys.platform == "darwin" else "libopenvino_c.so")
    if link.name != libraries[0].name:
        link.symlink_to(libraries[0].name)


main()
