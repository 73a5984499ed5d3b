#!/usr/bin/env bash
# Makes a clone ready, one line a step: system libraries, LibTorch, the build. What is there already is left as it is.
#
#   Scripts/setup.sh libraries    native libraries only
#   Scripts/setup.sh build        libraries and the release build (the default)
#   Scripts/setup.sh tests        all that ./test needs
#   Scripts/setup.sh --force      LibTorch anew, then the build
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
torch_version=2.13.0
openvino_version=2026.4.0
test_packages=(pytest==9.0.3 pytest-xdist==3.8.0 numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 onnxruntime==1.32.0 tensorboard==2.21.0 wandb==0.31.0)
# The last wandb with a reader of run files in Python; that reader alone is used.
wandb_reader_version=0.29.0
mkdir -p .setup

say() { printf 'clipmorph: %s\n' "$*"; }
fail() { say "$*" >&2; exit 69; }

# Runs a step quietly; its output is shown only where it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

apt_install() {
  local command=(apt-get install -y --no-install-recommends "$@")
  if [[ $(id -u) -eq 0 ]]; then
    quietly apt-get update && quietly env DEBIAN_FRONTEND=noninteractive "${command[@]}"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    quietly sudo apt-get update && quietly sudo DEBIAN_FRONTEND=noninteractive "${command[@]}"
  else
    fail "system packages are missing; install them with: sudo ${command[*]}"
  fi || fail "system packages could not be installed; try: sudo ${command[*]}"
}

# Whether OpenCV's headers are here; Debian's packages of single modules come without a pkg-config file.
has_opencv() {
  local folder
  for folder in "$@"; do
    if [[ -e $folder/opencv2/video/tracking.hpp ]]; then return 0; fi
  done
  return 1
}

# FFmpeg's libraries, OpenCV's, those for downloads, and the tools that this script needs.
system_libraries() {
  local modules=(libavformat libavcodec libavfilter libswscale libavutil)
  # Opened on first use; only their headers are built with.
  local downloads=(libcurl libarchive)
  local missing=()
  if [[ $(uname) == Darwin ]]; then
    if ! command -v pkg-config >/dev/null || ! pkg-config --exists "${modules[@]}"; then
      command -v brew >/dev/null || fail "Homebrew is missing; install it, then run: brew install ffmpeg pkgconf python@3.12"
      say "installing FFmpeg"
      quietly brew install ffmpeg pkgconf || fail "FFmpeg could not be installed; try: brew install ffmpeg pkgconf"
    fi
    if ! has_opencv {/opt/homebrew,/usr/local}/opt/opencv/include/opencv{4,5}; then
      command -v brew >/dev/null || fail "Homebrew is missing; install it, then run: brew install opencv"
      say "installing OpenCV"
      quietly brew install opencv || fail "OpenCV could not be installed; try: brew install opencv"
    fi
    # macOS has both libraries, and curl's headers.
    if [[ ! -e /opt/homebrew/opt/libarchive/include/archive.h && ! -e /usr/local/opt/libarchive/include/archive.h ]]; then
      command -v brew >/dev/null || fail "Homebrew is missing; install it, then run: brew install libarchive"
      say "installing libarchive's headers"
      quietly brew install libarchive || fail "libarchive could not be installed; try: brew install libarchive"
    fi
    return
  fi
  if ! command -v pkg-config >/dev/null || ! pkg-config --exists "${modules[@]}"; then
    missing+=(pkg-config libavformat-dev libavcodec-dev libavfilter-dev libswscale-dev libavutil-dev)
  fi
  if ! command -v pkg-config >/dev/null || ! pkg-config --exists "${downloads[@]}"; then
    missing+=(libcurl4-openssl-dev libarchive-dev ca-certificates)
  fi
  has_opencv /usr/include/opencv4 || missing+=(libopencv-video-dev)
  command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
  # The tests judge with the command-line tools.
  if [[ ${1:-} == tests ]] && ! command -v ffprobe >/dev/null; then missing+=(ffmpeg); fi
  if [[ ${#missing[@]} -gt 0 ]]; then
    command -v apt-get >/dev/null || fail "these are missing; install your system's packages of them: ${missing[*]}"
    say "installing ${missing[*]}"
    apt_install "${missing[@]}"
  fi
}

python_environment() {
  [[ -x .setup/python/bin/pip ]] && return
  say "making a Python environment for downloads"
  rm -rf .setup/python
  quietly python3 -m venv .setup/python || fail "python3 -m venv failed; install it with: sudo apt-get install python3-venv"
}

# LibTorch out of the pinned wheel: headers and the CPU part. A folder of one's own comes in through LIBTORCH.
libtorch() {
  if [[ -n ${LIBTORCH:-} ]]; then
    [[ -d $LIBTORCH/include && -d $LIBTORCH/lib ]] || fail "LIBTORCH=$LIBTORCH has no include and lib folders; give LibTorch's own folder"
    return
  fi
  if [[ $force -eq 0 && -e .setup/libtorch/VERSION ]] && [[ $(cat .setup/libtorch/VERSION) == "$torch_version" ]]; then return; fi
  python_environment
  say "fetching LibTorch $torch_version (200 MB or more)"
  rm -rf .setup/wheels .setup/libtorch.part
  mkdir -p .setup/wheels .setup/libtorch.part
  quietly .setup/python/bin/pip download --quiet --no-deps --only-binary=:all: -d .setup/wheels "torch==$torch_version" \
    || fail "LibTorch could not be fetched; check the network and run the command again"
  .setup/python/bin/python Scripts/unpack_libtorch.py .setup/wheels .setup/libtorch.part .setup/python/bin/pip \
    || fail "LibTorch could not be unpacked; run: Scripts/setup.sh --force"
  echo "$torch_version" >.setup/libtorch.part/VERSION
  rm -rf .setup/libtorch .setup/wheels
  mv .setup/libtorch.part .setup/libtorch
}

# OpenVINO out of the pinned wheel: C headers and what computes on a CPU.
openvino() {
  if [[ $force -eq 0 && -e .setup/openvino/VERSION ]] && [[ $(cat .setup/openvino/VERSION) == "$openvino_version" ]]; then return; fi
  python_environment
  say "fetching OpenVINO $openvino_version (60 MB)"
  rm -rf .setup/wheels .setup/openvino.part
  mkdir -p .setup/wheels .setup/openvino.part
  quietly .setup/python/bin/pip download --quiet --no-deps --only-binary=:all: -d .setup/wheels "openvino==$openvino_version" \
    || fail "OpenVINO could not be fetched; check the network and run the command again"
  .setup/python/bin/python Scripts/unpack_openvino.py .setup/wheels .setup/openvino.part \
    || fail "OpenVINO could not be unpacked; run: Scripts/setup.sh --force"
  echo "$openvino_version" >.setup/openvino.part/VERSION
  rm -rf .setup/openvino .setup/wheels
  mv .setup/openvino.part .setup/openvino
}

build() {
  command -v swift >/dev/null || fail "Swift is missing; install Swift 6.2 or later from swift.org, then run the command again"
  # Once the tests have been run in a clone, every build is as strict as theirs, so that the two do not undo each other.
  if [[ -e .setup/strict ]]; then export CLIPMORPH_STRICT=1; fi
  local before
  before=$(mktemp)
  say "building (a minute or two the first time)"
  # Swift's own libraries linked in start faster. Foundation's archive makes the linker warn of mktemp, which nothing here calls.
  local product
  for product in clipmorph clipmorph-torch clipmorph-flow; do
    quietly swift build -c release --static-swift-stdlib --product "$product" || fail "the build failed"
  done
  if [[ ${1:-} == tests ]]; then quietly swift build --build-tests || fail "the tests' build failed"; fi
  # Sources that changed while the build ran are built the next time.
  touch -r "$before" .setup/built
  rm -f "$before"
}

tests() {
  if ! .setup/tests/bin/python -c 'import pytest, xdist, numpy, PIL, safetensors, onnxruntime, tensorboard, wandb' 2>/dev/null; then
    say "making a Python environment for the tests"
    rm -rf .setup/tests
    quietly python3 -m venv .setup/tests
    quietly .setup/tests/bin/pip install --quiet "${test_packages[@]}" || fail "the tests' Python packages could not be installed"
  fi
  if [[ ! -e .setup/wandb-reader/wandb-$wandb_reader_version.dist-info ]]; then
    rm -rf .setup/wandb-reader
    quietly .setup/tests/bin/pip install --quiet --no-deps --target .setup/wandb-reader "wandb==$wandb_reader_version" \
      || fail "W&B's reader of run files could not be installed"
    rm -rf .setup/wandb-reader/wandb/bin
  fi
}

force=0
what=${1:-build}
if [[ $what == --force ]]; then
  force=1
  what=build
fi
case $what in
  libraries) system_libraries; libtorch; openvino ;;
  build) system_libraries; libtorch; openvino; build ;;
  tests) touch .setup/strict; system_libraries tests; libtorch; openvino; tests; build tests ;;
  *) fail "unknown step $what; see the top of Scripts/setup.sh" ;;
esac
