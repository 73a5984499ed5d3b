"""OpenVINO by itself on networks that ClipMorph exports, and ClipMorph's engine, in turns, for comparing speed.

python Tests/Benchmarks/openvino_loop.py CLIPMORPH WIDTHxHEIGHT NETWORK.onnx=STYLE.safetensors …

The bare loop is what a careful user of the openvino package would write: the model at one size, one request, memory reused; then as many
requests at once as OpenVINO asks for. Prints milliseconds a frame (medians) and frames a second, of the loop and of `clipmorph bench`.
"""

import json
import statistics
import subprocess
import sys
import time

import numpy as np
import openvino as ov

ROUNDS, FRAMES = 3, 40


def bare(path, width, height, precision):
    core = ov.Core()
    model = core.read_model(path)
    model.reshape([1, 3, height, width])
    picture = np.random.default_rng(1).random((1, 3, height, width), np.float32)
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    request.set_input_tensor(ov.Tensor(picture, shared_memory=True))
    times = []
    for _ in range(FRAMES):
        begin = time.perf_counter()
        request.infer()
        times.append(time.perf_counter() - begin)
    queue = ov.AsyncInferQueue(core.compile_model(model, "CPU", {**settings, "PERFORMANCE_HINT": "THROUGHPUT"}))
    for request in queue:
        request.set_input_tensor(ov.Tensor(picture, shared_memory=True))
    for _ in range(4):
        queue.start_async()
    queue.wait_all()
    begin = time.perf_counter()
    for _ in range(FRAMES):
        queue.start_async()
    queue.wait_all()
    return statistics.median(times[3:]) * 1e3, FRAMES / (time.perf_counter() - begin)


def ours(program, style, size, precision):
    # The whole jobs of `bench` are short here: only the network's figures are used.
    arguments = ["--style", style, "--size", size, "--frames", "2", "--runs", "9", "--reference", "off", "--engine", "openvino"]
    answer = subprocess.run([program, "bench", *arguments, "--precision", precision, "--json"], check=True, capture_output=True)
    row = json.loads(answer.stdout)["rows"][0]
    return row["networkMilliseconds"], row["networkFPS"]


def main():
    program, size, *pairs = sys.argv[1:]
    width, height = map(int, size.split("x"))
    for pair in pairs:
        onnx, style = pair.split("=")
        for precision in ("bf16", "f32"):
            found = {"openvino": [], "clipmorph": []}
            for _ in range(ROUNDS):
                found["openvino"].append(bare(onnx, width, height, precision))
                found["clipmorph"].append(ours(program, style, size, precision))
            for name, values in found.items():
                milliseconds, rate = (statistics.median(column) for column in zip(*values))
                print(f"{style} {precision} {name}: {milliseconds:.1f} ms a frame, {rate:.1f} frames a second", flush=True)


if __name__ == "__main__":
    main()
