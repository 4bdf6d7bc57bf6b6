#!/usr/bin/env bash
# data_sets.sh PLEXUS: each public set's layout, imitated: its preparation, two iterations of training, prediction, evaluation.
set -euo pipefail
plexus=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

supervised='model: {plugin: unet, patch_size: [32, 32], widths: [4, 4], dropout: [0, 0]}
      trainer: {plugin: supervised, max_iterations: 2, batch_size: 2}'
diffrect='model: {plugin: diffrect, patch_size: [64, 64], feature_channels: [4, 4, 4, 4, 4], num_classes: CLASSES}
      trainer: {plugin: diffrect, max_iterations: 2, batch_size: 4, labeled_bs: 2, refine_start: 1}'

# Phantom organs in a layout that anyone's scans may have: nifti_folder, nnunet or bids.
as_layout() {
  local layout=$1 root=$2 cases=$3 size=$4 file case
  "$plexus" data phantom --kind organs -o "$root" -q --progress none --set cases="$cases" --set labeled=$((cases - 2)) --set val=1 --set test=1 \
    --set "size=$size"
  [ "$layout" = nifti_folder ] && return
  for file in "$root"/images/*.nii.gz; do
    case=$(basename "$file" .nii.gz)
    if [ "$layout" = nnunet ]; then
      mkdir -p "$root/imagesTr" "$root/labelsTr"
      mv "$file" "$root/imagesTr/${case}_0000.nii.gz"
      mv "$root/labels/$case.nii.gz" "$root/labelsTr/"
    else
      case=sub-${case//_/}
      mkdir -p "$root/$case/anat" "$root/derivatives/manual/$case/anat"
      mv "$file" "$root/$case/anat/${case}_T1w.nii.gz"
      mv "$root/labels/organs_${case#sub-organs}.nii.gz" "$root/derivatives/manual/$case/anat/${case}_dseg.nii.gz"
    fi
  done
  rm -r "$root/images" "$root/labels" "$root/dataset.json"
  [ "$layout" = bids ] && echo '{"Name": "phantom organs", "BIDSVersion": "1.8.0"}' >"$root/dataset_description.json" && return
  echo '{"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1, "spleen": 2, "right kidney": 3, "left kidney": 4, "aorta": 5, "gallbladder": 6}, "numTraining": '"$cases"', "file_ending": ".nii.gz"}' >"$root/dataset.json"
}

# name, of, cases, size, step (or none), data set, subset that is measured, method
try() {
  local name=$1 of=$2 cases=$3 size=$4 step=$5 data=$6 subset=$7 method=$8
  local root=$work/$name/raw
  if [[ $of == phantom:* ]]; then
    as_layout "${of#phantom:}" "$root" "$cases" "$size"
  else
    printf 'name: make\nstages:\n  - prepare: {step: {plugin: imitation, of: %s, cases: %s, size: %s}, target: %s}\n' \
      "$of" "$cases" "$size" "$root" >"$work/$name.make.yaml"
    "$plexus" run "$work/$name.make.yaml" -o "$work/$name.make" --progress none -q 2>"$work/err" || fail "$name, imitation: $(cat "$work/err")"
  fi
  if [ "$step" != none ]; then
    printf 'name: prepare\nstages:\n  - prepare: {step: %s, source: %s, target: %s}\n' "$step" "$root" "$work/$name/prepared" >"$work/$name.prepare.yaml"
    "$plexus" run "$work/$name.prepare.yaml" -o "$work/$name.prepare" --progress none -q 2>"$work/err" || fail "$name, preparation: $(cat "$work/err")"
    root=$work/$name/prepared
  fi
  # Where the data set has two splits, both are run, and the report averages them.
  local splits='[1]'
  [[ $data == *split* ]] && splits='[1, 2]'
  printf '%s\n' "name: $name" "data: ${data//ROOT/$root}" 'stages:' "  - repeat: {split: $splits}" '    stages:' >"$work/$name.yaml"
  printf '%s\n' '  - train:' "      $method" '      validate_every: 2' "  - predict: {subset: $subset}" '  - evaluate: {metrics: [dice]}' |
    sed 's/^/    /' >>"$work/$name.yaml"
  printf '  - report: {}\n' >>"$work/$name.yaml"
  "$plexus" pipeline validate "$work/$name.yaml" >/dev/null 2>"$work/err" || fail "$name, validate: $(cat "$work/err")"
  "$plexus" run "$work/$name.yaml" -o "$work/$name.run" --progress none -q 2>"$work/err" || fail "$name: $(cat "$work/err")"
  [ "$splits" = '[1]' ] || grep >/dev/null 'over 2 repetitions' "$work/$name.run/report.html" || fail "$name: the report averages nothing"
  echo "ok $name"
}

try mscmrseg19 mscmrseg19 4 '[32, 32, 3]' '{plugin: mscmrseg19_h5, val: 1}' '{plugin: mscmrseg19, root: ROOT, split: "{split}", labeled: 1}' val "${diffrect/CLASSES/4}"
try prostate prostate 4 '[32, 32, 3]' '{plugin: prostate_h5, val: 1}' '{plugin: prostate, root: ROOT, split: "{split}", labeled: 1}' val "${diffrect/CLASSES/3}"
try acdc acdc 3 '[32, 32, 3]' '{plugin: acdc_h5, val: 1, test: 1}' '{plugin: acdc, root: ROOT, labelnum: 1}' test "$supervised"
try la la 5 '[32, 32, 4]' none '{plugin: la, root: ROOT, view: slices, labeled: 1}' test "$supervised"
try msd prostate 4 '[32, 32, 3]' none '{plugin: msd, root: ROOT, view: slices, val: 1, test: 1}' test "$supervised"
try synapse synapse 8 '[32, 32, 6]' '{plugin: synapse_npy, lists: dealt, size: [4, 32, 32]}' '{plugin: synapse, root: ROOT, view: slices}' test "$supervised"
try mmwhs mmwhs 10 '[32, 32, 6]' '{plugin: mmwhs_npy, lists: dealt, size: [4, 32, 32]}' '{plugin: mmwhs, root: ROOT, view: slices}' test "$supervised"
try mnms mnms 8 '[36, 36, 3]' '{plugin: mnms_npy, view: slices, ratios: ["0.5"]}' '{plugin: mnms, root: ROOT, ratio: "0.5", view: slices}' test "$supervised"
try retina retina 3 '[40, 40, 1]' none '{plugin: retina, root: ROOT/retina_data.pickle, source: [drive], val: [octa500], test: [octa500]}' test "$supervised"
try isic isic 6 '[40, 40, 1]' none '{plugin: isic, root: ROOT, image_size: 32, threshold: 0.5, val: 1}' test "$supervised"
try brats brats 3 '[40, 40, 4]' none '{plugin: brats, root: ROOT, image_size: 32, val: 1, test: 1}' test "$supervised"
try nifti_folder phantom:nifti_folder 4 '[32, 32, 4]' none '{plugin: nifti_folder, root: ROOT, view: slices}' test "$supervised"
try nnunet phantom:nnunet 4 '[32, 32, 4]' none '{plugin: nnunet, root: ROOT, view: slices, val: 1, test: 1}' test "$supervised"
try bids phantom:bids 4 '[32, 32, 4]' none '{plugin: bids, root: ROOT, view: slices, val: 1, test: 1}' test "$supervised"
echo PASS
