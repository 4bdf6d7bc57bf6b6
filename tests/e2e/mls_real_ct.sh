#!/usr/bin/env bash
# mls_real_ct.sh PLEXUS: two real head CTs, one of them oblique, both stored in 8 bits: prepared and predicted from with networks
# in the authors' layout. Skipped, saying so, where ../shared is not there.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
shared=${PLEXUS_SHARED:-$here/../../../shared}
for file in data/nifti/CT_pitch.nii.gz data/nifti/CT_AVM.nii.gz checkpoints/mls_image_model.pth checkpoints/mls_deformation_model.pth; do
  [ -e "$shared/$file" ] || { echo "skipped: $shared/$file is not there (set PLEXUS_SHARED)"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

mkdir "$work/scans"
cp "$shared"/data/nifti/CT_{pitch,AVM}.nii.gz "$work/scans"
cat >"$work/prepare.yaml" <<YAML
name: real-ct
stages:
  - prepare: {source: $work/scans, target: $work/slices, step: {plugin: mls_ct_npy, window: [100, 200], val: 1}}
YAML
"$plexus" run "$work/prepare.yaml" -o "$work/run" --progress none -q 2>"$work/err" || fail "prepare: $(cat "$work/err")"
for id in CT_pitch CT_AVM; do [ -s "$work/slices/volumes/$id.npy" ] || fail "$id was not prepared"; done
# 248 rows of 0.8125 mm are the larger side of CT_pitch.
grep -q '"origin"' "$work/slices/records/CT_pitch.json" || fail "where the oblique slices lie is not recorded"
grep -A3 '"spacing"' "$work/slices/records/CT_pitch.json" | grep >/dev/null "0.787" || fail "the pixels' size is not 248 / 256 of 0.8125 mm"

# The networks of the authors' files, whose configurations are known; a few slices of each scan.
set_network=(--set image_size=32 --set num_channels=32 --set channel_mult=1,1 --set num_res_blocks=1 --set attention_resolutions=16
  --set num_head_channels=16 --set "model_con_path=$shared/checkpoints/mls_image_model.pth"
  --set "model_uncon_path=$shared/checkpoints/mls_image_model.pth" --set "window=[100, 200]" --set counterpart=deciding --set counterpart_steps=ddim10 --set counterpart_start=2)
predict() { # scan, first slice, skipped above
  "$plexus" predict -m mls "${set_network[@]}" --set first_slice="$2" --set skip_last="$3" \
    --checkpoint "$shared/checkpoints/mls_deformation_model.pth" -i "$work/scans/$1.nii.gz" -o "$work/out" --compute-threads 1 -q \
    2>"$work/err" || fail "predict $1: $(cat "$work/err")"
}
predict CT_pitch 30 27
predict CT_AVM 90 63
voxels() { "$plexus" data info "$1" | grep -A3 -E '^voxel_to_ras'; }
for id in CT_pitch CT_AVM; do
  for map in field counterpart; do
    [ "$(voxels "$work/out/${id}_$map.nii.gz")" = "$(voxels "$work/scans/$id.nii.gz")" ] || fail "the $map of $id does not lie on its grid"
  done
  [ -s "$work/out/${id}_midline.png" ] || fail "no picture of $id"
  grep -q "^$id,shift_mm,[0-9]" "$work/out/values.csv" || fail "no shift of $id in mm"
done
slice=$(grep "^CT_pitch,slice," "$work/out/values.csv" | cut -d, -f3)
[ "$slice" -ge 30 ] && [ "$slice" -le 31 ] || fail "the deciding slice is $slice, of 30 and 31"
echo "two real head CTs were prepared and predicted from"
