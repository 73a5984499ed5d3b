#!/usr/bin/env bash
# All of the GPU path's marks in one run, on a machine with an NVIDIA GPU and a Python with torch: Benchmarks/cuda/marks.sh DATA OUT [PART…]
#
# DATA has photos/, styles/vangogh_starry_night.jpg and content/*.jpg; OUT gets every log. CLIPMORPH names the program (default: ./clipmorph, built with
# LIBTORCH=… for CUDA), CLIP a clip of 1920x1080, CLIPMORPH_WEIGHTS the loss networks. VGG-19 is made with seeded random weights where it is missing: the
# arithmetic is the same. STOP=1 ends it where the first part fails. PARTs: inference, training, reference, files, pictures, curve (default: all, in this order).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[[ $# -ge 2 ]] || { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
data=$(cd "$1" && pwd); mkdir -p "$2"; out=$(cd "$2" && pwd); shift 2
parts=${*:-inference training reference files pictures curve}
program=${CLIPMORPH:-$root/clipmorph}
reference=("${PYTHON:-python3}" "$root/Benchmarks/cuda/pytorch_reference.py")
styles=${STYLES:-$root/Styles}
fast=$styles/starry-night.fast.safetensors original=$styles/starry-night.original.safetensors
painting=$data/styles/vangogh_starry_night.jpg
say() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }
wants() { [[ " $parts " == *" $1 "* ]]; }

nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
"$program" doctor | sed -n '/engines/,/^$/p'

# Seeded values in VGG-19's shapes, scaled so that activations keep their size.
vgg() {
  [[ -e $out/weights/vgg19-dcbb9e9d.pth ]] && return
  mkdir -p "$out/weights"
  "${PYTHON:-python3}" - "$out/weights/vgg19-dcbb9e9d.pth" <<'PY'
import sys, torch
torch.manual_seed(0)
layers, state, channels, index = [64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0], {}, 3, 0
for width in layers:
    if width == 0:
        index += 1
        continue
    state[f"features.{index}.weight"] = torch.randn(width, channels, 3, 3) * (2 / (9 * channels)) ** 0.5
    state[f"features.{index}.bias"] = torch.zeros(width)
    channels, index = width, index + 2
torch.save(state, sys.argv[1], _use_new_zipfile_serialization=False)
PY
}

bench() { timeout 120 "$program" bench --engine torch --device cuda --precision bf16 --reference off --runs 1 --json "$@" 2>>"$out/bench.err"; }

if wants inference; then
  say "network only, frames a second (device_fps), 1920x1080 and 3840x2160"
  for tier in fast original; do bench --tier $tier --size 1920x1080 --frames 8 | tee "$out/bench.$tier.json" | grep -E 'FPS|tier'; done
  bench --tier original --size 3840x2160 --frames 4 | tee "$out/bench.4k.json" | grep -E 'FPS|tier'
  [[ -s $out/bench.fast.json ]] || { tail -n 5 "$out/bench.err"; [[ -n ${STOP:-} ]] && exit 1; }
fi

if wants training; then
  vgg
  say "the original recipe at full size"
  (while sleep 0.5; do nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits; done >"$out/memory.txt") & watcher=$!
  CLIPMORPH_WEIGHTS=$out/weights timeout 150 "$program" train --style "$painting" --photos "$data/photos" -o "$out/original.safetensors" \
    --recipe original --iterations 400 --device cuda --precision bf16 --preview-every 1000000 --checkpoint-every 1000000 --overwrite --quiet --offline
  kill $watcher
  "${PYTHON:-python3}" - "$out/original.run/tracking.jsonl" "$out/memory.txt" <<'PY'
import json, sys
rows = [r for r in map(json.loads, open(sys.argv[1])) if r.get("type") == "row"]
at = {r["step"]: r["runtime"] for r in rows}
first, last = 150, max(at)
seconds = (at[last] - at[first]) / (last - first)
waits = sum(r["scalars"]["loader_wait"] for r in rows if r["step"] > first) / (last - first)
memory = max((int(line) for line in open(sys.argv[2]) if line.strip().isdigit()), default=0)
print(f"ours: {seconds * 1000:.2f} ms a step over {last - first} steps, {1 / seconds:.1f} steps/s, 10,000 steps in {seconds * 10000 / 60:.2f} minutes;"
      f" {waits * 1000:.2f} ms a step for photographs; GPU memory in use at most {memory} MiB")
PY
fi

if wants reference; then
  say "the same work in PyTorch"
  timeout 100 "${reference[@]}" train --mode eager --norm arithmetic --steps 60 --warmup 10
  timeout 60 "${reference[@]}" infer --family original --mode eager --frames 100
  timeout 60 "${reference[@]}" infer --family fast --mode eager --frames 100
  timeout 90 "${reference[@]}" infer --family original --mode compile --frames 200
  timeout 90 "${reference[@]}" infer --family fast --mode compile --frames 200
  timeout 180 "${reference[@]}" train --mode compile --steps 60 --warmup 10
fi 2>>"$out/reference.err" | tee "$out/reference.jsonl"

if wants files && [[ -n ${CLIP:-} ]]; then
  say "file to file, 1920x1080: $(basename "$CLIP")"
  bench --style "$fast" --clip "$CLIP" | tee "$out/bench.clip.json" | grep FPS
  for style in "$fast" "$original"; do
    # The time that a program takes to start falls out between a short and a long run.
    for duration in 2 10; do
      begin=$(date +%s.%N)
      timeout 100 "$program" stylize "$CLIP" -s "$style" -o "$out/clip.mp4" --device cuda --stabilize off --duration $duration --overwrite --quiet
      echo "$duration $(date +%s.%N) $begin"
    done | awk -v fps="${CLIP_FPS:-25}" -v style="$(basename "$style")" \
      '{ t[NR] = $2 - $3; d[NR] = $1 } END { printf "%s: %.1f fps file to file (%.2f s and %.2f s)\n", style, (d[2] - d[1]) * fps / (t[2] - t[1]), t[1], t[2] }'
  done
fi

if wants pictures; then
  say "ten pictures: bf16 on the GPU against f32 on the CPU"
  mkdir -p "$out/content"
  "${PYTHON:-python3}" -c 'import sys; from PIL import Image
for path in sys.argv[2:]: Image.open(path).convert("RGB").save(sys.argv[1] + "/" + path.split("/")[-1][:-4] + ".png", compress_level=1)' \
    "$out/content" "$data"/content/*.jpg
  for style in "$fast" "$original"; do
    name=$(basename "$style" .safetensors)
    mkdir -p "$out/$name.cuda" "$out/$name.cpu"
    timeout 100 "$program" stylize "$out"/content/*.png -s "$style" -o "$out/$name.cuda/" --engine torch --device cuda --precision bf16 --stroke-size 1 --tile off --overwrite --quiet
    timeout 100 "$program" stylize "$out"/content/*.png -s "$style" -o "$out/$name.cpu/" --engine torch --device cpu --precision f32 --stroke-size 1 --tile off --overwrite --quiet
    "${reference[@]}" pictures "$out/$name.cuda" "$out/$name.cpu"
  done
fi

if wants curve; then
  say "200 steps: bf16 on the GPU against f32 on the CPU"
  for device in cuda cpu; do
    precision=bf16; [[ $device == cpu ]] && precision=f32
    timeout 200 "$program" train --style "$painting" --photos "$data/photos" -o "$out/curve.$device.safetensors" --recipe "${CURVE:-fast}" \
      --iterations 200 --size 192 --batch 2 --init "$original" --learning-rate 0.0005 --device $device --precision $precision --preview-every 1000000 \
      --checkpoint-every 1000000 --overwrite --quiet --offline
  done
  "${reference[@]}" curves "$out/curve.cuda.run/tracking.jsonl" "$out/curve.cpu.run/tracking.jsonl"
fi
say done
