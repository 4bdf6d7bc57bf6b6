#!/usr/bin/env bash
# preprocess_hostile.sh PLEXUS HOSTILE_FILES: hundreds of broken files and a few sound ones as one batch under a memory limit: no
# crash, the sound ones all done, each that failed named with its reason, exit code 6, and nothing half-written. Under sanitizers
# HOSTILE_MEMORY_MIB and HOSTILE_SECONDS give it more of both.
set -u
plexus=$1 hostile=$2
memory=${HOSTILE_MEMORY_MIB:-1024} seconds=${HOSTILE_SECONDS:-250}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
failed=0
fail() { echo "FAIL: $1"; failed=$((failed + 1)); }

"$hostile" "$work/files" 10 >"$work/list.txt" || exit 1
echo 'steps: [min_max]' >"$work/recipe.yaml"
code=0
timeout "$seconds" "$plexus" preprocess -c "$work/recipe.yaml" -i "$work/files" -o "$work/out" -j 2 --attempts 1 --memory-limit "${memory}M" \
  --progress none >"$work/log.txt" 2>&1 || code=$?
[ $code = 6 ] || { fail "exit code $code instead of 6"; tail -5 "$work/log.txt"; }
[ -z "$(find "$work/out" -name '.partial-*')" ] || fail 'partial files are left'
while IFS=$'\t' read -r path what; do
  [ "$what" = sound ] || continue
  name=$(basename "$path"); name=${name%%.*}
  ls "$work/out/images/" | grep >/dev/null "$name\.nii\.gz$" || fail "the sound file $path was not done"
done <"$work/list.txt"
quarantined=$(($(wc -l <"$work/out/batch/quarantine.csv") - 1))
[ "$quarantined" -ge 200 ] || fail "only $quarantined files are in quarantine"
peak=$(sed -n 's/.*"peak_resident_bytes": \([0-9]*\).*/\1/p' "$work/out/batch/summary.json")
[ "${peak:-0}" -gt 0 ] && [ "$peak" -le $((memory << 20)) ] || fail "the process took $peak bytes"
[ "$failed" = 0 ] && echo "PASS: $(wc -l <"$work/list.txt") files, $quarantined in quarantine, most memory $((peak >> 20)) MiB"
exit "$failed"
