#!/usr/bin/env bash
# preprocess_kill.sh PLEXUS [KILLS [CASES]]: a batch killed with SIGKILL at random moments and begun again ends with the same
# bytes as an unbroken one, leaves nothing half-written, and a run after that does nothing. 4 kills of 30 cases by default.
set -euo pipefail
plexus=$1 kills=${2:-4} cases=${3:-30}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

"$plexus" data phantom --kind cardiac -o "$work/scans" -q \
  --set cases="$cases" --set labeled="$cases" --set val=0 --set test=0 --set 'size=[48, 48, 8]'
cat >"$work/recipe.yaml" <<'YAML'
steps:
  - resize: {size: [24, 96, 96], image: linear}
  - clip_percentile: {low: 0.5, high: 99.5}
  - zscore
YAML
arguments=(preprocess -c "$work/recipe.yaml" -i "$work/scans" --jobs 2 -q --progress none)
contents() { (cd "$1" && find . -type f -not -path './batch/*' | sort | xargs sha256sum); }

start=$(date +%s%N)
"$plexus" "${arguments[@]}" -o "$work/whole"
took=$((($(date +%s%N) - start) / 1000000))
contents "$work/whole" >"$work/whole.txt"
test "$(wc -l <"$work/whole.txt")" = $((2 * cases))
"$plexus" preprocess -c "$work/recipe.yaml" -i "$work/scans" --jobs 1 -q --progress none -o "$work/one"
contents "$work/one" | cmp - "$work/whole.txt" || { echo "FAIL: --jobs 1 and --jobs 2 differ"; exit 1; }

RANDOM=${SEED:-11}
hit=0
for ((k = 1; k <= kills; ++k)); do
  "$plexus" "${arguments[@]}" -o "$work/killed" 2>/dev/null &
  pid=$!
  # Each process may get through a share of the work at most, so that there is something left for the next one.
  delay=$((350 + RANDOM % (took / kills + 100)))
  sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
  kill -KILL $pid 2>/dev/null && hit=$((hit + 1))
  wait $pid 2>/dev/null || true
  # What bears a final name is whole.
  [ -d "$work/killed" ] && (cd "$work/killed" && find . -type f -not -path './batch/*' -not -name '.partial-*' | sort |
    xargs -r sha256sum | { grep -vxFf "$work/whole.txt" || true; } >"$work/torn.txt")
  [ -s "$work/torn.txt" ] && { echo "FAIL: half-written after kill $k"; cat "$work/torn.txt"; exit 1; }
done
"$plexus" "${arguments[@]}" -o "$work/killed"
contents "$work/killed" | cmp - "$work/whole.txt" || { echo "FAIL: killed and resumed differs from unbroken"; exit 1; }
[ -z "$(find "$work/killed" -name '.partial-*')" ] || { echo "FAIL: partial files are left"; exit 1; }

find "$work/killed" -type f -not -name manifest.sqlite -printf '%p %T@\n' | sort >"$work/before.txt"
"$plexus" preprocess -c "$work/recipe.yaml" -i "$work/scans" -o "$work/killed" --json -q >"$work/again.json"
find "$work/killed" -type f -not -name manifest.sqlite -printf '%p %T@\n' | sort | cmp - "$work/before.txt"
grep -q '"made": 0' "$work/again.json" || { echo "FAIL: a second run did something"; cat "$work/again.json"; exit 1; }
echo "PASS: $hit of $kills kills met work under way; same bytes, nothing half-written, a second run does nothing"
