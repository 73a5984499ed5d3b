"""What eight-bit arithmetic would give: speed of a style's network in f32, bf16 and int8 by OpenVINO, and how far int8 is from f32.

python Tests/Benchmarks/int8.py CLIPMORPH STYLE PICTURES [WIDTH HEIGHT]

The exported ONNX file is quantised by onnxruntime (QDQ, signed, weights by channel, activations by their extremes on eight of the PICTURES), whole and without the
layers at full resolution. Rounds take turns; medians. Needs onnx, onnxruntime, openvino, numpy and pillow.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import openvino
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from PIL import Image


class Pictures(CalibrationDataReader):
    def __init__(self, name, arrays):
        self.feeds = iter([{name: array} for array in arrays])

    def get_next(self):
        return next(self.feeds, None)


def main():
    program, style, folder = sys.argv[1:4]
    width, height = (int(v) for v in sys.argv[4:6]) if len(sys.argv) > 5 else (640, 360)
    files = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".png"))
    read = lambda p: np.asarray(Image.open(p).convert("RGB").resize((width, height))).astype(np.float32)  # noqa: E731
    with tempfile.TemporaryDirectory() as work:
        whole = f"{work}/style.onnx"
        subprocess.run([program, "export", style, "--format", "onnx", "-o", whole], check=True)
        model = onnx.load(whole)
        entry = model.graph.input[0]
        print(entry.name, [d.dim_param or d.dim_value for d in entry.type.tensor_type.shape.dim])
        scale = 1.0
        arrays = [read(p).transpose(2, 0, 1)[None] / 255 * scale for p in files]
        convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
        outer = [convolutions[0], convolutions[-1]] if all(convolutions) else []
        core = openvino.Core()
        compiled = {}
        for name, precision in (("f32", "f32"), ("bf16", "bf16")):
            compiled[name] = core.compile_model(reshaped(core, whole, height, width), "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 2})
        for name, excluded in (("int8", []), ("int8 but first and last", outer)):
            path = f"{work}/{len(excluded)}.onnx"
            quantize_static(whole, path, Pictures(entry.name, arrays[:8]), quant_format=QuantFormat.QDQ, per_channel=True,
                            activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"], nodes_to_exclude=excluded)  # fmt: skip
            compiled[name] = core.compile_model(reshaped(core, path, height, width), "CPU", {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 2})
        truth = [compiled["f32"](a)[0] for a in arrays[:10]]
        times = {name: [] for name in compiled}
        for _ in range(3):
            for name, network in compiled.items():
                request = network.create_infer_request()
                request.infer(arrays[0])
                begin = time.perf_counter()
                for _ in range(20):
                    request.infer(arrays[0])
                times[name].append((time.perf_counter() - begin) / 20)
        for name, network in compiled.items():
            error = [((np.clip(network(a)[0], 0, 1) - np.clip(t, 0, 1)) ** 2).mean() for a, t in zip(arrays, truth)]
            psnr = 10 * np.log10(1 / max(1e-12, float(np.mean(error))))
            print(f"{name}: {statistics.median(times[name]) * 1000:.1f} ms, {psnr:.1f} dB")


def reshaped(core, path, height, width):
    model = core.read_model(path)
    model.reshape([1, 3, height, width])
    return model


if __name__ == "__main__":
    main()
