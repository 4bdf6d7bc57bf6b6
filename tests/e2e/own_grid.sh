#!/usr/bin/env bash
# own_grid.sh PLEXUS: training and prediction on turned, resampled and cropped scans; masks lie on each scan's own grid, the
# evaluation compares there, and `plexus predict` repeats what the pipeline predicted.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

"$plexus" data phantom --kind cardiac --set cases=4 --set labeled=1 --set val=1 --set test=1 -o "$SCANS" -q
steps='[{reorient: {to: PLS}}, {resample: {spacing: [2, 1.5, 0]}}, {center_crop: {size: [64, 64]}}, min_max]'
sed "s/preprocess: .*/preprocess: $steps/; s/max_iterations: 40/max_iterations: 12/; s/validate_every: 10/validate_every: 6/; s/refine_start: 20/refine_start: 6/" \
  "$here/tiny.yaml" >"$work/pipeline.yaml"
"$plexus" run "$work/pipeline.yaml" -o "$work/run" --progress none 2>"$work/err" || fail "the run failed: $(cat "$work/err")"
mask=$(ls "$work"/run/predictions/*.nii.gz | head -1)
scan="$SCANS/images/$(basename "$mask")"
grid() { "$plexus" data info "$1" | grep -A3 -E '^(shape|voxel_to_ras)'; }
[ "$(grid "$mask")" = "$(grid "$scan")" ] || fail "the mask's grid is $(grid "$mask"), the scan's $(grid "$scan")"
[ -s "$work/run/cases.csv" ] || fail "nothing was evaluated"

"$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$scan" -o "$work/again" -q 2>"$work/err" || fail "predict: $(cat "$work/err")"
cmp "$mask" "$work/again/$(basename "$mask")" || fail "predict gives another mask than the pipeline"

# Two scans of one name both get their mask, and a list or a pattern is as good as a folder.
mkdir "$work/p1" "$work/p2"
cp "$scan" "$work/p1/t1.nii.gz"
cp "$scan" "$work/p2/t1.nii.gz"
printf 'p1/t1.nii.gz\np2/t1.nii.gz\n' >"$work/list.txt"
"$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$work/list.txt" -o "$work/listed" -q 2>"$work/err" || fail "a list: $(cat "$work/err")"
for name in p1_t1 p2_t1; do cmp "$mask" "$work/listed/$name.nii.gz" || fail "$name is not there, or another mask"; done
"$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$work/p?/*.nii.gz" -o "$work/listed" 2>"$work/err" || fail "a pattern: $(cat "$work/err")"
grep -q '2 scans were predicted already' "$work/err" || fail "a pattern finds other scans: $(cat "$work/err")"
# Masks of other weights are not kept for this call's; a scan with NaN is told from a sound one.
code=0; "$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" --weights ema -i "$work/list.txt" -o "$work/listed" -q 2>"$work/err" || code=$?
[ $code = 3 ] && grep -q 'made with another weights' "$work/err" || fail "masks of other weights are kept: $code $(cat "$work/err")"
printf 'steps: [min_max]\n' >"$work/none.yaml"
"$plexus" preprocess -c "$work/none.yaml" -i "$scan" -o "$work/real" -q
"$plexus" data convert "$(ls "$work"/real/images/*)" -o "$work/nan.nii" -q
nan="$work/nan.nii"
printf '\0\0\300\177' | dd of="$nan" bs=1 seek=4352 conv=notrunc status=none
code=0; "$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$nan" -o "$work/nan-masks" -q 2>"$work/err" || code=$?
[ $code = 5 ] && grep -q 'are no numbers' "$work/err" || fail "a scan with NaN: $code $(cat "$work/err")"
"$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$nan" -o "$work/nan-zero" --not-finite zero -q 2>"$work/err" || fail "--not-finite zero: $(cat "$work/err")"
# A mask that was to be replaced, and could not be, does not pass for one of the new weights.
cp "$nan" "$work/nan-again.nii" && cp "$mask" "$work/nan-zero/nan-again.nii.gz"
code=0; "$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$work/nan-again.nii" -o "$work/nan-zero" --overwrite -q 2>"$work/err" || code=$?
[ $code = 5 ] && [ ! -e "$work/nan-zero/nan-again.nii.gz" ] || fail "an old mask passes for a new one: $code $(cat "$work/err")"
# Masks never take the place of the scans that they are called after; a scan that does not fit spoils no other.
code=0; "$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$work/p1" -o "$work/p1" --overwrite -q 2>"$work/err" || code=$?
[ $code = 3 ] && grep -q 'holds the scans themselves' "$work/err" && cmp -s "$scan" "$work/p1/t1.nii.gz" || fail "masks over scans: $code $(cat "$work/err")"
mkdir "$work/mixed"
cp "$scan" "$work/mixed/b.nii.gz"
mkdir -p "$work/two/imagesTr" && cp "$scan" "$work/two/imagesTr/x_0000.nii.gz" && cp "$scan" "$work/two/imagesTr/x_0001.nii.gz"
echo '{"channel_names": {"0": "a", "1": "b"}, "labels": {"background": 0}, "file_ending": ".nii.gz"}' >"$work/two/dataset.json"
"$plexus" preprocess -c "$work/none.yaml" -i "$work/two" -o "$work/joined" -q
cp "$work/joined/images/x.nii.gz" "$work/mixed/a.nii.gz"
code=0; "$plexus" predict --checkpoint "$work/run/checkpoints/best.pth" -i "$work/mixed" -o "$work/mixed-masks" -q 2>"$work/err" || code=$?
[ $code = 6 ] && grep -q 'has 2 channels, the model was trained with 1' "$work/err" || fail "two channels: $code $(cat "$work/err")"
[ -s "$work/mixed-masks/b.nii.gz" ] || fail "the other scan was not predicted"
echo "masks lie on the scans' own grid"
