#!/usr/bin/env bash
# Trains the styles that ship: Scripts/train_styles.sh PAINTINGS PHOTOGRAPHS [NAME…]
#
# PAINTINGS is a folder with the files named below (Styles/README.md says where they come from), PHOTOGRAPHS one with photographs. A style is trained in
# stages, each a recipe and how long (28m) or how many steps (240); each goes on from the one before.
# `average:SHARE` takes that much of the last but one stage and the rest of the last. The style lands in Styles/ with the logs of its stages in Styles/logs/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -ge 2 ]] || { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
paintings=$(cd "$1" && pwd) photographs=$(cd "$2" && pwd)
shift 2
cd "$root"

# name | tier | painting | stages | title | artist | year
styles="
starry-night|balanced|vangogh_starry_night.jpg|Recipes/starry-night.1.json:28m Recipes/starry-night.2.json:10m Recipes/starry-night.3.json:9m average:0.79|The Starry Night|Vincent van Gogh|1889
starry-night|fast|vangogh_starry_night.jpg|fast:28m Recipes/starry-night.fast.2.json:240 average:0.5 Recipes/starry-night.fast.3.json:220|The Starry Night|Vincent van Gogh|1889
"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p Styles/logs
while IFS='|' read -r name tier painting stages title artist year; do
  [[ -n $name ]] || continue
  if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
  file=$name
  [[ $tier == balanced ]] || file=$name.$tier
  number=0 before='' last=''
  for stage in $stages; do
    if [[ $stage == average:* ]]; then
      .setup/tests/bin/python Scripts/average_styles.py "$before" "$last" "${stage#average:}" "$work/$file.average.safetensors"
      last=$work/$file.average.safetensors
      continue
    fi
    number=$((number + 1)) before=$last
    next=$work/$number/$file.safetensors
    mkdir -p "$work/$number"
    length=(--iterations "${stage##*:}")
    if [[ ${stage##*:} == *[a-z] ]]; then length=(--time-budget "${stage##*:}"); fi
    ./clipmorph train --style "$paintings/$painting" --photos "$photographs" -o "$next" --recipe "${stage%:*}" "${length[@]}" \
      ${before:+--init "$before"} --title "$title" --artist "$artist" --year "$year" --license "MIT; the painting is in the public domain" \
      --photos-license "CC BY, CC BY-SA, CC0, Unsplash, unrestricted (1,450 files)" --overwrite
    cp "${next%.safetensors}.run/tracking.jsonl" "Styles/logs/$file.$number.jsonl"
    last=$next
  done
  cp "$last" "Styles/$file.safetensors"
done <<<"$styles"
