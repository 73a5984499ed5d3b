"""What tracking costs training.

python Tests/Benchmarks/tracking_cost.py CLIPMORPH PAINTING PHOTOGRAPHS [ROUNDS] [STEPS] [-- OPTIONS OF TRAIN]

Trains in turns, ROUNDS times (4): with nothing but the log that is always on; with W&B and TensorBoard at every step; and with histograms of all parameters
and gradients every 25 steps beside that. Each is a program of its own of STEPS steps (75), previews every 25. Printed are seconds a step, by the clock from
the sixth step to the last, and the processors' seconds of the whole program; the difference is of the medians. The machine has to be quiet: the spread of
the first row over its rounds tells how quiet it was.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

KINDS = {
    "nothing more": [],
    "everything, every step": ["--track", "wandb,tensorboard", "--track-every", "1"],
    "and histograms every 25": ["--track", "wandb,tensorboard", "--track-every", "1", "--watch-every", "25"],
}
WARM = 5


def train(program, painting, photographs, steps, more, options):
    """Seconds a step, and processor seconds of the whole."""
    with tempfile.TemporaryDirectory() as folder:
        words = [program, "train", "--style", painting, "--photos", photographs, "-o", f"{folder}/style.safetensors", "--iterations", str(steps),
                 "--preview-every", "25", "--json", *more, *options]  # fmt: skip
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        moments = [time.perf_counter() for line in process.stdout if json.loads(line)["event"] == "step"]
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0 or len(moments) != steps:
            raise SystemExit("training failed")
    return (moments[-1] - moments[WARM]) / (steps - 1 - WARM), usage.ru_utime + usage.ru_stime


def main():
    words = sys.argv[1:]
    options = words[words.index("--") + 1 :] if "--" in words else []
    words = words[: words.index("--")] if "--" in words else words
    program, painting, photographs = words[:3]
    rounds, steps = (int(word) for word in (words[3:] + ["4", "75"][len(words[3:]) :]))
    found = {kind: [] for kind in KINDS}
    for number in range(rounds):
        # Each kind comes first once in a while: what was before it must not favour one.
        kinds = list(KINDS)
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            found[kind].append(train(program, painting, photographs, steps, KINDS[kind], options))
            print(f"{number} {kind}: {found[kind][-1][0] * 1000:.1f} ms a step, {found[kind][-1][1]:.2f} s of the processors", flush=True)
    first = [statistics.median(values) for values in zip(*found["nothing more"])]
    print(f"load {os.getloadavg()[0]:.1f}")
    for kind, values in found.items():
        clock, busy = (statistics.median(column) for column in zip(*values))
        spread = (max(value[0] for value in values) - min(value[0] for value in values)) / clock
        print(f"{kind:24} {clock * 1000:8.1f} ms {100 * (clock / first[0] - 1):+6.2f} %   processors {busy:7.2f} s {100 * (busy / first[1] - 1):+6.2f} %"
              f"   spread {100 * spread:.1f} %")  # fmt: skip


if __name__ == "__main__":
    main()
