#!/usr/bin/env bash
# whole_run.sh PLEXUS: a run from data to report; what is done is not done again; what changed is; Ctrl-C stops in order;
# the trained weights segment a scan on its own grid.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

"$plexus" data phantom --kind cardiac --set cases=8 --set labeled=2 --set val=1 --set test=2 -o "$SCANS" -q
run() { "$plexus" run "$here/tiny.yaml" -o "$work/run" --progress none "$@" 2>"$work/err"; }

"$plexus" run "$here/tiny.yaml" -o "$work/run" --dry-run 2>"$work/err"
[ ! -e "$work/run/stages.json" ] || fail "a dry run wrote something"

"$plexus" run "$here/../../pipelines/quickstart.yaml" -o "$work/dry" --dry-run 2>"$work/err" || fail "a dry run wants data that is yet to be made: $(cat "$work/err")"
[ "$(grep -c 'would run' "$work/err")" = 5 ] || fail "a dry run leaves stages out: $(cat "$work/err")"

# The first Ctrl-C ends the run in order, with a checkpoint.
"$plexus" run "$here/tiny.yaml" -o "$work/run" --progress none --set train.log_every=1 2>"$work/err" &
pid=$!
for _ in $(seq 300); do [ -s "$work/run/metrics.csv" ] && break; sleep 0.1; done
kill -INT $pid
code=0; wait $pid || code=$?
[ $code = 130 ] || fail "Ctrl-C gave exit code $code: $(cat "$work/err")"
[ -s "$work/run/checkpoints/last.pth" ] || fail "Ctrl-C left no checkpoint"
grep -q '"exit_code": 130' "$work/run/run.json" || fail "run.json does not know of the stop"

run || fail "the run did not go on: $(cat "$work/err")"
for file in pipeline.yaml resolved.json run.json log.txt log.jsonl metrics.csv cases.csv summary.json report.html checkpoints/best.pth; do
  [ -s "$work/run/$file" ] || fail "no $file"
done
ls "$work"/run/events.out.tfevents.* >/dev/null || fail "no event file"
grep -q '<svg' "$work/run/report.html" || fail "the report has no curves"
! grep -qE 'src="http|href="http' "$work/run/report.html" || fail "the report needs the network"

run || fail "second run"
[ "$(grep -c 'up to date, skipped' "$work/err")" = 4 ] || fail "not all stages were skipped: $(cat "$work/err")"

run --set evaluate.metrics='[dice]' || fail "third run"
grep -q 'stage predict: up to date' "$work/err" || fail "predict ran again for another metric"
grep -q 'stage evaluate: done' "$work/err" || fail "evaluate did not run for another metric"

# The run folder may be called otherwise; what is lost is noticed.
"$plexus" run "$here/tiny.yaml" -o "$work/./run/" --progress none --set evaluate.metrics='[dice]' 2>"$work/err" || fail "another spelling"
[ "$(grep -c 'up to date, skipped' "$work/err")" = 4 ] || fail "another spelling of the run folder: $(cat "$work/err")"
rm "$(ls "$work"/run/predictions/*.nii.gz | head -1)"
run --set evaluate.metrics='[dice]' || fail "a lost prediction"
grep -q 'is gone or has changed: done again' "$work/err" || fail "a lost prediction was not noticed: $(cat "$work/err")"
mv "$work/run/checkpoints/best.pth" "$work/best.pth"
code=0; run --set evaluate.metrics='[dice]' || code=$?
[ $code = 5 ] && grep -q 'best.pth is gone' "$work/err" || fail "a lost best checkpoint: $code $(cat "$work/err")"
mv "$work/best.pth" "$work/run/checkpoints/best.pth"

code=0; run --set train.trainer.base_lr=0.02 || code=$?
[ $code = 3 ] || fail "a trained stage was thrown away (exit $code)"
grep -q 'base_lr: 0.01 -> 0.02' "$work/err" || fail "the change is not named: $(cat "$work/err")"

scan=$(ls "$SCANS"/images/*.nii.gz | head -1)
"$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$scan" -o "$work/masks" -q
mask="$work/masks/$(basename "$scan")"
shape() { "$plexus" data info "$1" --json | grep -A12 -E '"(shape|affine|voxel_to_world|matrix)' ; }
[ "$(shape "$scan")" = "$(shape "$mask")" ] || fail "the mask lies on another grid"

"$plexus" evaluate -p "$work/masks" -r "$SCANS/labels" -o "$work/evaluation" >"$work/table" 2>"$work/err" || code=$?
[ $code = 6 ] || [ $code = 3 ] || fail "cases without a prediction are no failure of theirs"
code=0; "$plexus" evaluate -p "$work/masks" -r "$SCANS/labels" -o "$work/evaluation" >"$work/table" 2>"$work/err" || code=$?
[ $code = 3 ] && grep -q 'holds an evaluation already' "$work/err" || fail "an evaluation was written over: $code"
"$plexus" report "$work/run" -q || fail "report: $(cat "$work/err")"
grep -A2 '"command_line"' "$work/run/run.json" | grep >/dev/null '"run"' || fail "a report written anew changed the record of the run"
echo PASS
