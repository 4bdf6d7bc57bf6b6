#!/usr/bin/env bash
# preprocess_memory.sh PLEXUS [LIMIT_MIB [CASES]]: volumes of 512 x 512 x 300 under a memory limit (1024 MiB) with two jobs; prints
# the most memory that the process had, and fails where that is above the limit.
set -euo pipefail
plexus=$1 limit=${2:-1024} cases=${3:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$plexus" data phantom --kind organs -o "$work/small" -q --set cases=1 --set labeled=1 --set val=0 --set test=0 \
  --set 'size=[128, 128, 75]'
printf 'steps:\n  - resize: {size: [300, 512, 512], image: linear}\noutput: {type: int16, image: "images/{id}.nii.gz"}\n' >"$work/make.yaml"
"$plexus" preprocess -c "$work/make.yaml" -i "$work/small" -o "$work/scans" -q --progress none
rm -r "$work/scans/batch"
image=$(ls "$work/scans/images"/*) label=$(ls "$work/scans/labels"/*)
for ((i = 1; i < cases; ++i)); do
  cp "$image" "$work/scans/images/copy$i.nii.gz"
  cp "$label" "$work/scans/labels/copy$i.nii.gz"
done
cat >"$work/recipe.yaml" <<'YAML'
steps:
  - reorient: {to: RAS}
  - clip_percentile: {low: 0.5, high: 99.5}
  - zscore
YAML
"$plexus" preprocess -c "$work/recipe.yaml" -i "$work/scans" -o "$work/out" -j 2 -q --progress none --memory-limit "${limit}M" &
pid=$!
peak=0
while kill -0 $pid 2>/dev/null; do
  now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null || true)
  peak=${now:-$peak}
  sleep 0.05
done
code=0
wait $pid || code=$?
done=$(ls "$work/out/images" 2>/dev/null | wc -l)
echo "$done of $cases volumes of 512 x 512 x 300 (float32: 300 MiB) under a limit of $limit MiB: most memory $((peak / 1024)) MiB"
[ $code = 0 ] && [ $((peak / 1024)) -le "$limit" ]
