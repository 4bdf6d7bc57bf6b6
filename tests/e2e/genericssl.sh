#!/usr/bin/env bash
# genericssl.sh PLEXUS: every GenericSSL pipeline on its imitated data: two iterations, a prediction that is written back, and both
# evaluations; and the authors' layout of weights there and back.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
pipelines=$here/../../pipelines
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 PLEXUS_DATA=$work/data
fail() { echo "FAIL: $*"; exit 1; }
quietly() { "$plexus" "$@" --progress none -q >"$work/out" 2>"$work/err" || fail "$*: $(cat "$work/err")"; }

# set, cases, size, preparation ("" for none), target
make() {
  local of=$1 cases=$2 size=$3 step=$4 target=$5 raw=$work/raw-$1
  [ -n "$step" ] || raw=$PLEXUS_DATA/$target
  if [ ! -d "$raw" ]; then
    printf 'stages:\n  - prepare: {step: {plugin: imitation, of: %s, cases: %s, size: %s}, target: %s}\n' "$of" "$cases" "$size" "$raw" >"$work/make.yaml"
    quietly run "$work/make.yaml" -o "$work/made-$of"
  fi
  if [ -n "$step" ]; then
    printf 'stages:\n  - prepare: {step: %s, source: %s, target: %s}\n' "$step" "$raw" "$PLEXUS_DATA/$target" >"$work/prepare.yaml"
    quietly run "$work/prepare.yaml" -o "$work/prepared-$target"
  fi
}
make la 12 '[24, 20, 18]' '' LA
make synapse 10 '[20, 20, 6]' '{plugin: synapse_npy, lists: dealt, size: [16, 32, 32]}' Synapse_data
make mmwhs 12 '[24, 24, 6]' '{plugin: mmwhs_npy, lists: dealt, size: [16, 32, 32]}' MMWHS_data
make mnms 8 '[36, 36, 3]' '{plugin: mnms_npy}' MNMS_data
make mnms 8 '[36, 36, 3]' '{plugin: mnms_npy, view: slices}' MNMS_data_2d

# pipeline, patch, stride, further options
try() {
  local name=$1 patch=$2 stride=$3
  shift 3
  "$plexus" pipeline validate "$pipelines/$name.yaml" >/dev/null 2>"$work/err" || fail "$name, validate: $(cat "$work/err")"
  quietly run "$pipelines/$name.yaml" -o "$work/$name" --set train.iterations=2 --set train.validate_every=2 \
    --set train.model.n_filters=2 --set "train.model.patch_size=$patch" --set "train.model.stride=$stride" --compute-threads 1 "$@"
  find "$work/$name" -path '*predictions/*.nii.gz' | grep >/dev/null . || fail "$name: no prediction was written"
  find "$work/$name" -name cases.csv | xargs grep -q ',dice,' || fail "$name: nothing was measured"
  echo "ok $name"
}
try la-genericssl '[16, 16, 16]' '[16, 16, 16]' --set 'supervised.transforms=[{random_patch: {size: [16, 16, 16]}}, strong_augment]'
try la5-genericssl '[16, 16, 16]' '[16, 16, 16]'
try la10-genericssl '[16, 16, 16]' '[16, 16, 16]'
try synapse-genericssl '[16, 16, 16]' '[16, 16, 16]'
grep -q 'over 3 repetitions' "$work/synapse-genericssl/report.html" || fail "synapse: the report averages nothing"
for direction in ct2mr mr2ct; do try mmwhs-$direction-genericssl '[16, 16, 16]' '[16, 16, 16]'; done
for target in a b c d; do
  for ratio in 2 5; do try mnms-$target$ratio-genericssl '[16, 32, 32]' '[16, 32, 32]'; done
  grep -q "\"target\": *\"${target^^}\"" "$work/mnms-${target}2-genericssl/resolved.json" || fail "mnms-${target}2: another target"
done
try mnms-2d-genericssl '[32, 32]' '[32, 32]' --set train.trainer.batch_size=4

# Weights in the authors' layout predict and are measured without training: the same masks.
authors=$work/best_model.pth
quietly model export "$work/la5-genericssl/checkpoints/best.pth" -o "$authors"
"$plexus" model inspect "$authors" | grep >/dev/null 'denoise_model.encoder.block_five.ops.2.conv.weight' || fail "the export lacks tensors"
cat >"$work/authors.yaml" <<EOF
data: {plugin: la, root: $PLEXUS_DATA/LA, axes: xyz, order: sorted, labeled: 4}
stages:
  - predict:
      checkpoint: $authors
      model: {plugin: genericssl, preset: la, n_filters: 2, patch_size: [16, 16, 16], stride: [16, 16, 16]}
      subset: test
  - evaluate: {metrics: [dice]}
EOF
quietly run "$work/authors.yaml" -o "$work/authors" --compute-threads 1
for mask in "$work"/authors/predictions/*.nii.gz; do
  cmp "$mask" "$work/la5-genericssl/predictions/$(basename "$mask")" || fail "the exported weights segment otherwise"
done
echo PASS
