"""Whether a long clip is painted at its end as fast as at its start, in as much memory.

python Tests/Benchmarks/five_minutes.py CLIPMORPH STYLE CLIP [MINUTES]

The clip is repeated to that length (five minutes by default) at 640x360, then stylized; the rate of each tenth of the job and the memory held at its
end are printed.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def resident(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main():
    program, style, clip = sys.argv[1:4]
    minutes = float(sys.argv[4]) if len(sys.argv) > 4 else 5
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/source.mp4"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", clip, "-t", str(minutes * 60), "-an", "-vf", "scale=640:360", "-c:v", "libx264",
             "-preset", "veryfast", "-crf", "12", source], check=True)  # fmt: skip
        process = subprocess.Popen([program, "stylize", source, "-s", style, "-o", f"{folder}/out.mp4", "--json"], stdout=subprocess.PIPE, text=True)
        # (seconds, frames done, MiB): events come about twice a second.
        points = []
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress":
                points.append((time.perf_counter(), event["frames"], resident(process.pid)))
        if process.wait() != 0:
            raise SystemExit("the job failed")
    print(f"{points[-1][1]} frames")
    for tenth in range(10):
        part = points[len(points) * tenth // 10 : len(points) * (tenth + 1) // 10 + 1]
        (begin, first, _), (end, last, memory) = part[0], part[-1]
        print(f"{tenth * 10:3} to {tenth * 10 + 10:3} %: {(last - first) / (end - begin):.1f} fps, {memory:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
