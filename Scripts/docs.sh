#!/usr/bin/env bash
# Builds the documentation of the library, Scripts/docs.sh [--skip-build] [OUT]: pages for a web server in OUT (default: .build/docs). A warning is an
# error. --skip-build takes the debug build that is there, such as the tests'.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fail() { printf 'clipmorph: %s\n' "$*" >&2; exit 1; }
build=1
if [[ ${1:-} == --skip-build ]]; then
  build=0
  shift
fi
[[ ${1:-} != -* && $# -le 1 ]] || { sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 64; }
out=${1:-$root/.build/docs}
[[ $out == /* ]] || out=$PWD/$out
# What is replaced is documentation, or nothing.
[[ ! -e $out || -e $out/documentation/clipmorph ]] || fail "$out is there already and is no documentation; choose another folder"
cd "$root"

# The targets of the package's library products, without those that load C++.
modules=(
  Stylization Engine Media Imaging TorchEngine OpenVINOEngine StyleNetworks Training Evaluation Tracking RunReports OpticalFlow
)

if [[ $build -eq 1 ]]; then
  # As strict as the tests' build, where there was one, so that the two do not undo each other.
  if [[ -e .setup/strict ]]; then export CLIPMORPH_STRICT=1; fi
  swift build
fi
products=.build/debug
[[ -e $products/Modules/Stylization.swiftmodule ]] || fail "there is no debug build in $products; run without --skip-build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Symbol graphs come out of the compiled modules; C modules are found by their maps.
information=$(swift -print-target-info)
said() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" <<<"$information" | head -1; }
target=$(said triple)
# The toolchain's own, whatever else is on the PATH.
tools=$(said runtimeResourcePath)/../../bin
extract=("$tools/swift-symbolgraph-extract")
docc=("$tools/docc")
flags=(-I "$products/Modules" -I Sources/CFFmpeg)
if [[ $(uname) == Darwin ]]; then
  extract=(xcrun swift-symbolgraph-extract)
  docc=(xcrun docc)
  # The deployment target of Package.swift.
  target=$(uname -m)-apple-macosx15.0
  flags+=(-sdk "$(xcrun --show-sdk-path)")
fi
for map in "$products"/*.build/module.modulemap; do flags+=(-Xcc "-fmodule-map-file=$map"); done
for flag in $(pkg-config --cflags-only-I libavformat); do flags+=(-Xcc "$flag"); done
mkdir "$work/symbols"
for module in "${modules[@]}"; do
  "${extract[@]}" -module-name "$module" -target "$target" -minimum-access-level public -skip-synthesized-members "${flags[@]}" \
    -output-dir "$work/symbols"
done

# The notes in docs/ become pages as they are: links between them, and to pictures, in DocC's form.
cp -R docs/ClipMorph.docc "$work/ClipMorph.docc"
for page in docs/*.md; do
  sed -E 's/\]\(([A-Z]+)\.md\)/](doc:\1)/g' "$page" >"$work/ClipMorph.docc/$(basename "$page")"
done
cp docs/images/gallery.jpg "$work/ClipMorph.docc/"

rm -rf "$work/out"
"${docc[@]}" convert "$work/ClipMorph.docc" --additional-symbol-graph-dir "$work/symbols" --output-path "$work/out" \
  --fallback-display-name ClipMorph --fallback-bundle-identifier clipmorph --fallback-default-module-kind Module \
  --default-code-listing-language swift --warnings-as-errors
rm -rf "$out"
mkdir -p "$(dirname "$out")"
mv "$work/out" "$out"
printf 'clipmorph: the documentation is in %s, from documentation/clipmorph\n' "$out"
