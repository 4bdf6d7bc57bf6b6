#!/usr/bin/env bash
# kill_resume.sh PLEXUS [KILLS]: a run killed with SIGKILL at random moments and resumed ends with the same weights, bit for
# bit, as one that was not, and so does one with other data workers. KILLS is 3 by default.
set -euo pipefail
plexus=$1 kills=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1

"$plexus" data phantom --kind cardiac --set cases=8 --set labeled=2 --set val=1 --set test=1 -o "$SCANS" -q
arguments=(run "$here/tiny.yaml" -q --progress none --compute-threads 1)
run() { "$plexus" "${arguments[@]}" "$@"; }
digests() { "$plexus" model inspect "$1/checkpoints/last.pth" --digests | grep -E '^(networks|averages|optimizers)'; }

start=$(date +%s%N)
run -o "$work/whole" --jobs 1
took=$((($(date +%s%N) - start) / 1000000))
digests "$work/whole" >"$work/whole.txt"
test "$(wc -l <"$work/whole.txt")" -gt 100

run -o "$work/workers" --jobs 2
digests "$work/workers" | cmp - "$work/whole.txt" || { echo "FAIL: --jobs 1 and --jobs 2 differ"; exit 1; }

RANDOM=${SEED:-7}
# Two processes never work on one run folder.
"$plexus" "${arguments[@]}" -o "$work/killed" --jobs 2 &
first=$!
for _ in $(seq 100); do [ -s "$work/killed/run.json" ] && break; sleep 0.1; done
code=0; run -o "$work/killed" 2>"$work/err" || code=$?
[ $code = 7 ] && grep -q 'another process' "$work/err" || { echo "FAIL: a second process was let in: $code $(cat "$work/err")"; exit 1; }
kill -KILL $first; wait $first 2>/dev/null || true

for ((k = 1; k <= kills; ++k)); do
  "$plexus" "${arguments[@]}" -o "$work/killed" --jobs 2 &  # no function: the process to kill is Plexus itself
  pid=$!
  delay=$((took / 10 + RANDOM % (took * 8 / 10)))
  sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
  kill -KILL $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  echo "killed after $delay ms"
done
run -o "$work/killed" --jobs 2
digests "$work/killed" | cmp - "$work/whole.txt" || { echo "FAIL: killed and resumed differs from unbroken"; exit 1; }
cmp "$work/killed/cases.csv" "$work/whole/cases.csv"
cmp "$work/killed/metrics.csv" "$work/whole/metrics.csv"
echo "PASS: $kills kills, same weights, metrics and results"
