#!/usr/bin/env bash
# preprocess_batch.sh PLEXUS: broken cases beside healthy ones, every layout, shards, refusals, and the data tools, by their
# results and exit codes.
set -u
plexus=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 XDG_DATA_HOME="$work/none"
failed=0

expect() {  # expect CODE TEXT ARGUMENT…
  local code=$1 text=$2
  shift 2
  "$plexus" "$@" >"$work/out" 2>"$work/err" </dev/null
  local got=$?
  if [ "$got" -ne "$code" ] || ! cat "$work/out" "$work/err" | grep -qF -- "$text"; then
    printf 'FAIL plexus %s\n  exit %s instead of %s; wanted: %s\n' "$*" "$got" "$code" "$text"
    sed 's/^/  | /' "$work/err"
    failed=$((failed + 1))
  fi
}
require() {  # require WHAT COMMAND…
  local what=$1
  shift
  "$@" || { echo "FAIL: $what"; failed=$((failed + 1)); }
}

"$plexus" data phantom --kind cardiac --set cases=6 --set labeled=6 --set val=0 --set test=0 --set 'size=[32, 32, 6]' \
  -o "$work/scans" -q || exit 1
cat >"$work/recipe.yaml" <<'YAML'
steps: [min_max]
YAML
run() { echo preprocess -c "$work/recipe.yaml" --progress none -o "$work/$1" -i; }

# Broken files beside healthy ones.
cp -r "$work/scans" "$work/mixed"
first=$(ls "$work/mixed/images" | head -1)
head -c 300 "$work/scans/images/$first" >"$work/mixed/images/short.nii.gz"
head -c 5000 /dev/urandom >"$work/mixed/images/noise.nii.gz"
: >"$work/mixed/images/empty.nii.gz"
(printf '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03'; head -c 2000 /dev/zero) >"$work/mixed/images/zeros.nii.gz"
gzip -dc "$work/scans/images/$first" >"$work/whole.nii"
(head -c 42 "$work/whole.nii"; printf '\xff\x7f\xff\x7f\xff\x7f'; tail -c +49 "$work/whole.nii") >"$work/mixed/images/absurd.nii"
(head -c 80 "$work/whole.nii"; printf '\x00\x00\xc0\x7f\x00\x00\xc0\x7f'; tail -c +89 "$work/whole.nii") >"$work/mixed/images/nan.nii"
cp "$work/scans/labels/$first" "$work/mixed/labels/short.nii.gz"
expect 6 '5 of 12 cases failed' $(run mixed-out) "$work/mixed"
for name in short noise empty zeros absurd; do
  require "$name is in quarantine.csv" grep -q "^$name," "$work/mixed-out/batch/quarantine.csv"
  require "$name left a file" test -z "$(find "$work/mixed-out" -name "$name.*")"
done
require '7 images are done' test "$(ls "$work/mixed-out/images" | wc -l)" = 7
require 'the summary counts them' grep -q '"failed": 5' "$work/mixed-out/batch/summary.json"
require 'the summary has thumbnails' grep -q 'data:image/png' "$work/mixed-out/batch/summary.html"
expect 6 '7 were there already' $(run mixed-out) "$work/mixed"
cp "$work/scans/images/$first" "$work/mixed/images/short.nii.gz"
expect 6 '4 of 12 cases failed' $(run mixed-out) "$work/mixed"
expect 5 'case empty: ' $(run only) "$work/mixed/images/empty.nii.gz" --fail-fast

# What is refused, and how.
expect 5 'does not exist' $(run refused) "$work/nowhere"
printf 'steps:\n  - min_mx\n  - window: {lo: 1}\n' >"$work/wrong.yaml"
expect 3 "did you mean 'min_max'" preprocess -c "$work/wrong.yaml" -i "$work/scans" -o "$work/refused"
expect 3 "wrong.yaml:3:" preprocess -c "$work/wrong.yaml" -i "$work/scans" -o "$work/refused"
expect 2 'K/N' $(run refused) "$work/scans" --shard 3/2
expect 3 'nothing to go on with' $(run refused) "$work/scans" --resume must
expect 3 'input of the batch' $(run scans) "$work/scans"
expect 7 'limit' $(run refused) "$work/scans" --memory-limit 1M
mkdir -p "$work/taken/images" && echo mine >"$work/taken/images/$first"
expect 6 'not of this batch' $(run taken) "$work/scans"
require 'a file of others is kept' grep -q mine "$work/taken/images/$first"
expect 6 'not of this batch' $(run taken) "$work/scans"
require 'a file of others is kept again' grep -q mine "$work/taken/images/$first"
expect 0 '6 cases in' $(run taken) "$work/scans" --overwrite
expect 0 '6 would be done' $(run dry) "$work/scans" --dry-run
require 'a dry run writes' test ! -e "$work/dry"
expect 3 'another recipe' $(run taken) "$work/scans" --set 'steps=[zscore]'

expect 0 '6 are settled' $(run taken) "$work/./scans" --dry-run
expect 0 '6 are settled' $(run taken) "$work/scans/../scans" --dry-run
expect 3 'no volume format has this suffix' $(run unwritten) "$work/scans" --set 'output.image="{id}.foo"'
printf 'steps: [{resample: {like: "%s/nowhere.nii.gz"}}]\n' "$work" >"$work/like.yaml"
expect 3 'is not there' preprocess -c "$work/like.yaml" -i "$work/scans" -o "$work/unwritten"
require 'a wrong suffix is found before the first case' test ! -e "$work/unwritten"

# A case is written as a whole or not at all: the image could be, its label (of six planes) cannot.
expect 5 '6 of 6 cases failed' $(run halves) "$work/scans" --set 'output.label="labels/{id}.png"'
require 'half of a case is left behind' test "$(find "$work/halves" -name '*.nii.gz' | wc -l)" = 0

# A label that lies elsewhere than its image, as stored the same: orientation and place count.
mkdir -p "$work/apart/images" "$work/apart/labels"
cp "$work/scans/images/$first" "$work/apart/images/a.nii.gz"
printf 'steps: [{reorient: {to: LAI}}]\n' >"$work/turn.yaml"
expect 0 '6 cases in' preprocess -c "$work/turn.yaml" -i "$work/scans" -o "$work/turned"
cp "$work/turned/labels/$first" "$work/apart/labels/a.nii.gz"
expect 5 'off its image' $(run apart-out) "$work/apart"
expect 0 '1 case in' $(run apart-stored) "$work/apart" --set input.paired=stored

# What one_hot makes is written as channels.
printf 'steps: [{one_hot: {classes: 4}}]\n' >"$work/hot.yaml"
expect 0 '6 cases in' preprocess -c "$work/hot.yaml" -i "$work/scans" -o "$work/hot"
require 'one_hot has four channels of bytes' sh -c "'$plexus' data info '$work/hot/one_hot/$first' | tr -s ' ' | grep -E 'shape 4 6 32 32' >/dev/null"

# Voxels that are no numbers spoil no statistics in silence.
cp "$work/taken/images/$first" "$work/nan.nii.gz"
"$plexus" data convert "$work/nan.nii.gz" -o "$work/nan.nii" -q && printf '\000\000\300\177' | dd of="$work/nan.nii" bs=1 seek=1000 conv=notrunc status=none
expect 5 'no numbers' $(run nan-out) "$work/nan.nii"
expect 0 'became 0' $(run nan-zero) "$work/nan.nii" --set input.not_finite=zero

# Two machines, then one that sums up.
expect 0 'part 1 of 2' $(run shards) "$work/scans" --shard 1/2
expect 0 'part 2 of 2' $(run shards) "$work/scans" --shard 2/2
expect 0 '6 were there already' $(run shards) "$work/scans"
require 'shards make what one machine makes' diff -r -x batch "$work/shards" "$work/taken"

# Other layouts and formats.
mkdir -p "$work/nnunet/imagesTr" "$work/nnunet/labelsTr"
for name in $(ls "$work/scans/images"); do
  cp "$work/scans/images/$name" "$work/nnunet/imagesTr/${name%.nii.gz}_0000.nii.gz"
  cp "$work/scans/images/$name" "$work/nnunet/imagesTr/${name%.nii.gz}_0001.nii.gz"
  cp "$work/scans/labels/$name" "$work/nnunet/labelsTr/"
done
echo '{"channel_names": {"0": "a", "1": "b"}, "labels": {"background": 0, "one": 1}, "file_ending": ".nii.gz"}' >"$work/nnunet/dataset.json"
expect 0 'layout nnunet' $(run nnunet-out) "$work/nnunet" --set 'output.image="{id}.h5"' --set 'output.label="{id}.h5"'
require 'h5 holds two channels' sh -c "'$plexus' data info '$work/nnunet-out'/*.h5 --json | grep -A4 shape | grep >/dev/null 2"

# The data tools.
expect 8 'not declared' data verify "$work/nnunet"
expect 8 'same voxels' data verify "$work/scans/images/$first" "$work/nnunet/imagesTr/${first%.nii.gz}_0000.nii.gz"
expect 0 '6 cases (layout pairs): 0 with problems' data verify "$work/scans"
expect 8 '1 with problems' data verify "$work/mixed/images/empty.nii.gz"
expect 0 '"median"' data fingerprint "$work/scans"
expect 0 'fingerprint.html' data fingerprint "$work/nnunet" -o "$work/fingerprint"
require 'the fingerprint counts' grep -q '"cases": 6' "$work/fingerprint/fingerprint.json"
expect 0 '1 of 1' data convert "$work/scans/images/$first" -o "$work/one.nrrd"
expect 0 '1 of 1' data convert "$work/one.nrrd" -o "$work/back.nii.gz"
expect 8 'same voxels' data verify "$work/back.nii.gz" "$work/scans/images/$first"
expect 0 '6 of 6' data convert "$work/scans" -o "$work/mha" -f mha
require 'labels are converted too' test "$(ls "$work/mha/labels"/*.mha | wc -l)" = 6
expect 3 'is there already' data convert "$work/one.nrrd" -o "$work/back.nii.gz"

[ "$failed" = 0 ] && echo PASS
exit "$failed"
