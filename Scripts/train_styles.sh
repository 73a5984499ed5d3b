#!/usr/bin/env bash
# Trains the styles that ship: Scripts/train_styles.sh PAINTINGS PHOTOGRAPHS [NAME…]
#
# PAINTINGS is a folder with the files named below (Styles/README.md says where they come from), PHOTOGRAPHS one with photographs. A style is trained in
# stages, each a recipe and how long (28m) or how many steps (240); each goes on from the one before, the first from nothing or, with `from:FILE`, from
# a style in Styles/. `average:SHARE` takes that much of the last but one stage, or with `average:SHARE@NUMBER` of that one (`@average.NUMBER`: of what
# was averaged after it), and the rest of the last; `from:average` goes back to what the last such line made. `strain:STRAIN` is put on the card, for
# clips (docs/STABILITY.md). Stages run on the device that is there; a GPU takes minutes. The style lands in Styles/, its numbers in f16, with the logs of
# its stages in Styles/logs/, one line in five. SAMPLE names a photograph to paint for the card. Given names, `from:` takes what is in Styles/, which later
# lines may have taught more than the stage it stands for in a run of all.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -ge 2 ]] || { sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
paintings=$(cd "$1" && pwd) photographs=$(cd "$2" && pwd)
shift 2
cd "$root"

# name | tier | painting | stages | title | artist | year
styles="
starry-night|balanced|vangogh_starry_night.jpg|Recipes/starry-night.1.json:28m Recipes/starry-night.2.json:10m Recipes/starry-night.3.json:9m average:0.79 Recipes/starry-night.4.json:105 average:0.6 Recipes/starry-night.5.json:60 average:0.5@4 Recipes/starry-night.6.json:110 average:0.5@average.5 Recipes/starry-night.7.json:200 average:0.5@average.5 Recipes/starry-night.8.json:130 Recipes/starry-night.9.json:90 average:0.5@average.7 Recipes/starry-night.10.json:100 Recipes/starry-night.11.json:70 average:0.3@average.9 Recipes/starry-night.12.json:120 Recipes/starry-night.13.json:100 average:0.5 Recipes/starry-night.14.json:110|The Starry Night|Vincent van Gogh|1889
starry-night|fast|vangogh_starry_night.jpg|Recipes/starry-night.fast.1.json:28m Recipes/starry-night.fast.2.json:240 average:0.5 Recipes/starry-night.fast.3.json:220 Recipes/starry-night.fast.4.json:1898 Recipes/starry-night.fast.5.json:130 average:0.15 Recipes/starry-night.fast.6.json:110 average:0.5 Recipes/starry-night.fast.7.json:2273 average:0.8 Recipes/starry-night.fast.8.json:67 average:0.3@7 Recipes/starry-night.fast.9.json:80 Recipes/starry-night.fast.10.json:170 average:0.5 Recipes/starry-night.fast.11.json:180 average:0.5 Recipes/starry-night.fast.12.json:150 Recipes/starry-night.fast.13.json:90 average:0.6 Recipes/starry-night.fast.14.json:150 Recipes/starry-night.fast.15.json:80 average:0.5 Recipes/starry-night.fast.16.json:1482 Recipes/starry-night.fast.17.json:872 Recipes/starry-night.fast.18.json:2691 Recipes/starry-night.fast.19.json:834 average:0.42@16 Recipes/starry-night.fast.20.json:2868 Recipes/starry-night.fast.21.json:372 average:0.45 strain:1.3|The Starry Night|Vincent van Gogh|1889
starry-night|original|vangogh_starry_night.jpg|Recipes/starry-night.original.json:1115 Recipes/starry-night.original.2.json:200 Recipes/starry-night.original.3.json:190 Recipes/starry-night.original.4.json:420 Recipes/starry-night.original.5.json:340 average:0.5 Recipes/starry-night.original.6.json:310 from:average Recipes/starry-night.original.7.json:310 average:0.5@6 Recipes/starry-night.original.8.json:2041 Recipes/starry-night.original.9.json:130 average:0.4 Recipes/starry-night.original.10.json:70 Recipes/starry-night.original.11.json:70 average:0.4 average:0.5@average.9 Recipes/starry-night.original.12.json:1200 Recipes/starry-night.original.13.json:90 Recipes/starry-night.original.14.json:60 average:0.5 Recipes/starry-night.original.15.json:100 Recipes/starry-night.original.16.json:300 Recipes/starry-night.original.17.json:250 Recipes/starry-night.original.18.json:80 average:0.75 strain:1.3|The Starry Night|Vincent van Gogh|1889
water-lilies|balanced|monet_water_lily_bridge.jpg|from:starry-night Recipes/water-lilies.json:295 Recipes/water-lilies.2.json:80 average:0.77 Recipes/water-lilies.3.json:90 Recipes/water-lilies.4.json:120 average:0.5 Recipes/water-lilies.5.json:100 Recipes/water-lilies.6.json:120 average:0.55 Recipes/water-lilies.7.json:80 Recipes/water-lilies.8.json:110 average:0.25|Bridge over a Pond of Water Lilies|Claude Monet|1899
starry-night|still|vangogh_starry_night.jpg|from:starry-night.fast Recipes/starry-night.still.1.json:1712 Recipes/starry-night.still.2.json:320|The Starry Night|Vincent van Gogh|1889
starry-night|balanced|vangogh_starry_night.jpg|from:starry-night.still Recipes/starry-night.15.json:1600 Recipes/starry-night.16.json:2400 Recipes/starry-night.17.json:300 average:0.7 strain:1.3|The Starry Night|Vincent van Gogh|1889
great-wave|still|hokusai_great_wave.jpg|from:starry-night.still Recipes/great-wave.still.1.json:640|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
composition-vii|still|kandinsky_composition_vii.jpg|from:starry-night.still Recipes/composition-vii.still.1.json:480|Composition VII|Wassily Kandinsky|1913
water-lilies|still|monet_water_lily_bridge.jpg|from:starry-night.still Recipes/water-lilies.still.1.json:440 strain:0.5|Bridge over a Pond of Water Lilies|Claude Monet|1899
water-lilies|balanced|monet_water_lily_bridge.jpg|from:water-lilies.still Recipes/water-lilies.9.json:500 strain:0.5|Bridge over a Pond of Water Lilies|Claude Monet|1899
wheat-field|still|vangogh_wheat_field_cypresses.jpg|from:starry-night.still Recipes/wheat-field.still.1.json:480 Recipes/wheat-field.still.2.json:170|Wheat Field with Cypresses|Vincent van Gogh|1889
the-kiss|still|klimt_kiss.jpg|from:starry-night.still Recipes/the-kiss.still.1.json:520 Recipes/the-kiss.still.2.json:360|The Kiss|Gustav Klimt|1907-08
metzinger|still|delaunay_metzinger_mosaic.jpg|from:starry-night.still Recipes/metzinger.still.1.json:520 Recipes/metzinger.still.2.json:400|Portrait of Jean Metzinger|Robert Delaunay|1906
the-scream|still|munch_scream.jpg|from:starry-night.still Recipes/the-scream.still.1.json:520 Recipes/the-scream.still.2.json:400|The Scream|Edvard Munch|1893
great-wave|fast|hokusai_great_wave.jpg|from:great-wave.still Recipes/great-wave.fast.1.json:400|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
composition-vii|fast|kandinsky_composition_vii.jpg|from:composition-vii.still Recipes/composition-vii.fast.1.json:400|Composition VII|Wassily Kandinsky|1913
water-lilies|fast|monet_water_lily_bridge.jpg|from:water-lilies.still Recipes/water-lilies.fast.1.json:800 strain:0.5|Bridge over a Pond of Water Lilies|Claude Monet|1899
wheat-field|fast|vangogh_wheat_field_cypresses.jpg|from:wheat-field.still Recipes/wheat-field.fast.1.json:400 Recipes/wheat-field.fast.2.json:130 Recipes/wheat-field.fast.3.json:300|Wheat Field with Cypresses|Vincent van Gogh|1889
the-kiss|fast|klimt_kiss.jpg|from:the-kiss.still Recipes/the-kiss.fast.1.json:380 Recipes/the-kiss.fast.2.json:300 Recipes/the-kiss.fast.3.json:250 strain:0.5|The Kiss|Gustav Klimt|1907-08
metzinger|fast|delaunay_metzinger_mosaic.jpg|from:metzinger.still Recipes/metzinger.fast.1.json:380|Portrait of Jean Metzinger|Robert Delaunay|1906
the-kiss|still|klimt_kiss.jpg|from:the-kiss.fast Recipes/the-kiss.still.3.json:260 strain:0.5|The Kiss|Gustav Klimt|1907-08
great-wave|balanced|hokusai_great_wave.jpg|from:great-wave.still Recipes/great-wave.1.json:600 Recipes/great-wave.2.json:120|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
the-scream|balanced|munch_scream.jpg|from:the-scream.still Recipes/the-scream.1.json:900 Recipes/the-scream.2.json:200 Recipes/the-scream.3.json:300 Recipes/the-scream.4.json:400 Recipes/the-scream.5.json:300|The Scream|Edvard Munch|1893
metzinger|balanced|delaunay_metzinger_mosaic.jpg|from:metzinger.still Recipes/metzinger.1.json:450|Portrait of Jean Metzinger|Robert Delaunay|1906
the-kiss|balanced|klimt_kiss.jpg|from:the-kiss.still Recipes/the-kiss.1.json:350 strain:0.5|The Kiss|Gustav Klimt|1907-08
the-scream|still|munch_scream.jpg|from:the-scream.still Recipes/the-scream.still.3.json:400|The Scream|Edvard Munch|1893
the-scream|fast|munch_scream.jpg|from:the-scream.still Recipes/the-scream.fast.1.json:350|The Scream|Edvard Munch|1893
starry-night|still|vangogh_starry_night.jpg|from:starry-night.still Recipes/starry-night.still.3.json:360 strain:1.3|The Starry Night|Vincent van Gogh|1889
composition-vii|still|kandinsky_composition_vii.jpg|from:composition-vii.still Recipes/composition-vii.still.2.json:300|Composition VII|Wassily Kandinsky|1913
wheat-field|still|vangogh_wheat_field_cypresses.jpg|from:wheat-field.still Recipes/wheat-field.still.3.json:300|Wheat Field with Cypresses|Vincent van Gogh|1889
composition-vii|fast|kandinsky_composition_vii.jpg|from:composition-vii.fast Recipes/composition-vii.fast.2.json:280|Composition VII|Wassily Kandinsky|1913
great-wave|still|hokusai_great_wave.jpg|from:great-wave.still Recipes/great-wave.still.2.json:300|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
great-wave|fast|hokusai_great_wave.jpg|from:great-wave.fast Recipes/great-wave.fast.2.json:260|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
great-wave|balanced|hokusai_great_wave.jpg|from:great-wave Recipes/great-wave.3.json:220|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
great-wave|still|hokusai_great_wave.jpg|from:great-wave.still Recipes/great-wave.still.3.json:200|The Great Wave off Kanagawa|Katsushika Hokusai|c. 1831
the-scream|still|munch_scream.jpg|from:the-scream.still Recipes/the-scream.still.4.json:320|The Scream|Edvard Munch|1893
the-scream|fast|munch_scream.jpg|from:the-scream.fast Recipes/the-scream.fast.2.json:200|The Scream|Edvard Munch|1893
wheat-field|fast|vangogh_wheat_field_cypresses.jpg|from:wheat-field.fast Recipes/wheat-field.fast.4.json:240 Recipes/wheat-field.fast.5.json:300|Wheat Field with Cypresses|Vincent van Gogh|1889
"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p Styles/logs
while IFS='|' read -r name tier painting stages title artist year; do
  [[ -n $name ]] || continue
  if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
  file=$name
  [[ $tier == balanced ]] || file=$name.$tier
  number=0 before='' last='' strain=''
  for stage in $stages; do
    if [[ $stage == from:* ]]; then
      last=Styles/${stage#from:}.safetensors
      [[ $stage != from:average ]] || last=$work/$file.average.safetensors
      continue
    fi
    if [[ $stage == strain:* ]]; then
      strain=${stage#strain:}
      continue
    fi
    if [[ $stage == average:* ]]; then
      share=${stage#average:} other=$before
      if [[ $share == *@* ]]; then other=$work/${share#*@}/$file.safetensors share=${share%@*}; fi
      .setup/tests/bin/python Scripts/average_styles.py "$other" "$last" "$share" "$work/$file.average.safetensors"
      last=$work/$file.average.safetensors
      mkdir -p "$work/average.$number"
      cp "$last" "$work/average.$number/$file.safetensors"
      continue
    fi
    number=$((number + 1)) before=$last
    next=$work/$number/$file.safetensors
    mkdir -p "$work/$number"
    length=(--iterations "${stage##*:}")
    if [[ ${stage##*:} == *[a-z] ]]; then length=(--time-budget "${stage##*:}"); fi
    ./clipmorph train --style "$paintings/$painting" --photos "$photographs" -o "$next" --recipe "${stage%:*}" "${length[@]}" \
      --init "${before:-none}" --title "$title" --artist "$artist" --year "$year" --license "MIT; the painting is in the public domain" \
      --photos-license "CC BY, CC BY-SA, CC0, Unsplash, unrestricted (1,450 files)" --overwrite
    # Stages of a tier that come after another tier are counted on, as their recipes are.
    recipe=${stage%:*} log=$number
    recipe=${recipe%.json}
    [[ ${recipe##*.} == *[!0-9]* ]] || log=${recipe##*.}
    awk 'NR % 5 == 1' "${next%.safetensors}.run/tracking.jsonl" >"Styles/logs/$file.$log.jsonl"
    last=$next
  done
  ./clipmorph export "$last" --format safetensors --store f16 ${SAMPLE:+--sample "$SAMPLE"} ${strain:+--strain "$strain"} -o "$work/$file.safetensors" --overwrite
  mv "$work/$file.safetensors" "Styles/$file.safetensors"
done <<<"$styles"
