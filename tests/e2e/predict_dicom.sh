#!/usr/bin/env bash
# predict_dicom.sh PLEXUS DICOM_TOOL: a DICOM series, tilted and named against its order, is segmented as NIfTI and as DICOM-SEG;
# the object is read with DCMTK and lies, frame by frame, on the slices that it refers to. So is a real series where shared data
# are there. Sheared scans and series with a slice missing are refused, and read where that is asked for.
set -euo pipefail
plexus=$1 tool=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

"$plexus" data phantom --kind cardiac --set cases=4 --set labeled=1 --set val=1 --set test=1 --set 'size=[64, 64, 6]' -o "$SCANS" -q
sed "s/max_iterations: 40/max_iterations: 90, base_lr: 0.05/; s/refine_start: 20/refine_start: 1000/; /^  - predict/d; /^  - evaluate/d; /^  - report/d" "$here/tiny.yaml" >"$work/train.yaml"
"$plexus" run "$work/train.yaml" -o "$work/run" --progress none -q 2>"$work/err" || fail "training: $(cat "$work/err")"
predict() { "$plexus" predict --checkpoint "$work/run/checkpoints/last.pth" --progress none --compute-threads 1 "$@"; }

# The series is called after its folder, in both formats.
both() {  # both SERIES NAME
  predict -i "$1" -o "$work/$2-nifti" -q || fail "predict to NIfTI: exit code $?"
  predict -i "$1" -o "$work/$2-seg" --format dicom-seg -q || fail "predict to DICOM-SEG: exit code $?"
  "$tool" check "$work/$2-seg/$2.dcm" "$1" "$work/$2-nifti/$2.nii.gz" >"$work/told" || fail "the segmentation of $2"
  echo "$2: $(cat "$work/told")"
}
"$tool" series "$(ls "$SCANS"/images/*.nii.gz | head -1)" "$work/heart"
both "$work/heart" heart
grep -q 'ventricle\|myocardium' "$work/told" || fail "the segments have not the names of the classes"
grep -q ' 0 voxels' "$work/told" && fail "nothing was segmented, so that nothing was compared"
shared=${PLEXUS_SHARED:-$here/../../../shared}
if [ -d "$shared/data/dicom/mr_t1" ]; then
  both "$shared/data/dicom/mr_t1" mr_t1
  # Weights of hearts find little in a head: so a mask that fills it, too.
  "$tool" threshold "$shared/data/dicom/mr_t1" "$work/head.dcm" "$work/head.nii.gz"
  "$tool" check "$work/head.dcm" "$shared/data/dicom/mr_t1" "$work/head.nii.gz" | tee "$work/told"
  grep -q '^38 frames of 2 segments' "$work/told" || fail "38 pairs of slice and segment have voxels"
else
  echo "no $shared/data/dicom/mr_t1: the real series is left out"
fi

# What is refused, and how it is read all the same.
code=0
predict -i "$(ls "$SCANS"/images/*.nii.gz | head -1)" -o "$work/wrong" --format dicom-seg 2>"$work/err" || code=$?
[ $code = 5 ] && grep -q 'no DICOM series' "$work/err" || fail "a NIfTI scan to DICOM-SEG: exit code $code, $(cat "$work/err")"
cp -r "$work/heart" "$work/gap"
rm "$work/gap/IM8997"
code=0
predict -i "$work/gap" -o "$work/gap-out" 2>"$work/err" || code=$?
[ $code = 5 ] && grep -q -- '--uneven' "$work/err" || fail "a missing slice: exit code $code, $(cat "$work/err")"
predict -i "$work/gap" -o "$work/gap-out" --uneven -q || fail "--uneven"
echo 'steps: [min_max]' >"$work/recipe.yaml"
batch() { "$plexus" preprocess -c "$work/recipe.yaml" --progress none -o "$1" -i "${@:2}"; }
code=0
batch "$work/batch" "$work/gap" 2>"$work/err" || code=$?
[ $code = 5 ] && grep -q -- '--uneven' "$work/err" || fail "a missing slice in a batch: exit code $code, $(cat "$work/err")"
batch "$work/batch" "$work/gap" --uneven --overwrite -q || fail "preprocess --uneven"
[ -s "$work/batch/images/gap.nii.gz" ] || fail "no result of preprocess --uneven"
echo "PASS"
