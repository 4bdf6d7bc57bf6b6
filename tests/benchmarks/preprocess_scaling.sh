#!/usr/bin/env bash
# preprocess_scaling.sh PLEXUS [CASES]: the same batch with one job and with two, in turn, three times each; prints the ratio of
# the fastest wall times. Aim: at least 1.8 on two free cores.
set -euo pipefail
plexus=$1 cases=${2:-24}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$plexus" data phantom --kind organs -o "$work/scans" -q --set cases="$cases" --set labeled="$cases" --set val=0 --set test=0 \
  --set 'size=[128, 128, 48]'
cat >"$work/recipe.yaml" <<'YAML'
steps:
  - reorient: {to: RAS}
  - resample: {spacing: [1.5, 1.5, 2]}
  - clip_percentile: {low: 0.5, high: 99.5}
  - zscore
YAML
best=(0 0 0)
for round in 1 2 3; do
  for jobs in 1 2; do
    rm -rf "$work/out"
    start=$(date +%s%N)
    "$plexus" preprocess -c "$work/recipe.yaml" -i "$work/scans" -o "$work/out" -j $jobs -q --progress none
    took=$((($(date +%s%N) - start) / 1000000))
    if [ "${best[jobs]}" = 0 ] || [ "$took" -lt "${best[jobs]}" ]; then best[jobs]=$took; fi
  done
done
start=$(date +%s%N)
"$plexus" preprocess -c "$work/recipe.yaml" -i "$work/scans" -o "$work/out" -q --progress none
idle=$((($(date +%s%N) - start) / 1000000))
awk -v one="${best[1]}" -v two="${best[2]}" -v idle="$idle" -v n="$cases" 'BEGIN {
  printf "%d cases: 1 job %.2f s, 2 jobs %.2f s, ratio %.2f; starting and finding nothing to do %.2f s, ratio without it %.2f\n",
    n, one / 1000, two / 1000, one / two, idle / 1000, (one - idle) / (two - idle) }'
