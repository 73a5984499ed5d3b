#!/usr/bin/env bash
# Trains the styles that ship: Scripts/train_styles.sh PAINTINGS PHOTOGRAPHS [NAME…]
#
# PAINTINGS is a folder with the files named below (Styles/README.md says where they come from), PHOTOGRAPHS one with photographs. A style is trained by
# the recipe of its tier for as long as is given here, and lands in Styles/ with its log in Styles/logs/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -ge 2 ]] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
paintings=$(cd "$1" && pwd) photographs=$(cd "$2" && pwd)
shift 2

# name | tier | painting | time | title | artist | year
styles="
starry-night|balanced|vangogh_starry_night.jpg|28m|The Starry Night|Vincent van Gogh|1889
starry-night|fast|vangogh_starry_night.jpg|28m|The Starry Night|Vincent van Gogh|1889
"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$root/Styles/logs"
while IFS='|' read -r name tier painting time title artist year; do
  [[ -n $name ]] || continue
  if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
  file=$name.safetensors
  [[ $tier == balanced ]] || file=$name.$tier.safetensors
  "$root/clipmorph" train --style "$paintings/$painting" --photos "$photographs" -o "$work/$file" --recipe "$tier" --time-budget "$time" \
    --title "$title" --artist "$artist" --year "$year" --license "MIT; the painting is in the public domain" \
    --photos-license "CC BY, CC BY-SA, CC0, Unsplash, unrestricted (1,450 files)" --overwrite
  cp "$work/$file" "$root/Styles/$file"
  cp "$work/${file%.safetensors}.run/log.jsonl" "$root/Styles/logs/${file%.safetensors}.jsonl"
done <<<"$styles"
