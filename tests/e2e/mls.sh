#!/usr/bin/env bash
# mls.sh PLEXUS: the three trainings of the midline-shift method chained by name, prediction and evaluation of numbers alone;
# what was trained predicts from raw scans, also after the run folder moved, and not with networks that are not those of training.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

"$plexus" run "$here/mls.yaml" -o "$work/run" --compute-threads 1 --progress none 2>"$work/err" || fail "the run failed: $(cat "$work/err")"
for figure in shift_mm_mae shift_mm_rmse shift_mm_pearson shift_mm_auc shift_mm_f1 shift_mae; do
  grep -q "\"$figure\"" "$work/run/summary.json" || fail "summary.json has no $figure"
done
grep -q "shift_mm_absolute_error" "$work/run/cases.csv" || fail "cases.csv has no errors"
grep -q "shift_mm_mae" "$work/run/report.html" || fail "the report does not show the figures over all cases"
grep -q "val/error_mm" "$work/run/deformation/metrics.csv" || fail "the deformation was not validated"
id=$(sed -n 2p "$work/run/predictions/values.csv" | cut -d, -f1)
for file in "${id}_field.nii.gz" "${id}_counterpart.nii.gz" "${id}_midline.png"; do
  [ -s "$work/run/predictions/$file" ] || fail "no $file"
done

# The same scan as NIfTI: the same shift, on the scan's own grid.
mv "$work/run" "$work/moved"
scan=$(ls "$work"/moved/scans/images/"$id"*)
checkpoint="$work/moved/deformation/checkpoints/best.pth"
"$plexus" predict --checkpoint "$checkpoint" -i "$scan" -o "$work/again" --seed 2 --compute-threads 1 -q 2>"$work/err" || fail "predict: $(cat "$work/err")"
shift_of() { grep "^$id,shift_mm," "$1/values.csv" | cut -d, -f3; }
[ "$(shift_of "$work/again")" = "$(shift_of "$work/moved/predictions")" ] ||
  fail "predict says $(shift_of "$work/again") mm, the pipeline $(shift_of "$work/moved/predictions") mm"
voxels() { "$plexus" data info "$1" | grep -A3 -E '^voxel_to_ras'; }
[ "$(voxels "$work/again/${id}_field.nii.gz")" = "$(voxels "$scan")" ] || fail "the field does not lie on the scan's grid"

# A second call keeps what is there.
"$plexus" predict --checkpoint "$checkpoint" -i "$scan" -o "$work/again" --seed 2 -q 2>"$work/err" || fail "predict again: $(cat "$work/err")"
[ "$(shift_of "$work/again")" = "$(shift_of "$work/moved/predictions")" ] || fail "a second predict lost the numbers"

# Other networks than those of training, or none.
cp "$work/moved/uncon/checkpoints/last.pth" "$work/moved/con/checkpoints/last.pth"
if "$plexus" predict --checkpoint "$checkpoint" -i "$scan" -o "$work/other" -q 2>"$work/err"; then fail "another con was taken"; fi
grep -q "has changed since" "$work/err" || fail "no word on the changed network: $(cat "$work/err")"
rm "$work/moved/con/checkpoints/last.pth"
if "$plexus" predict --checkpoint "$checkpoint" -i "$scan" -o "$work/other" -q 2>"$work/err"; then fail "a missing con was not missed"; fi
grep -q "is not there" "$work/err" || fail "no word on the missing network: $(cat "$work/err")"
echo "three trainings, prediction and evaluation agree"
