#!/usr/bin/env bash
# bad_input.sh PLEXUS PLUGINS: wrong files, each with its sentence and its exit code.
set -u
plexus=$1 built=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1 XDG_DATA_HOME="$work/none"
failed=0

expect() {  # expect CODE TEXT ARGUMENT…
  local code=$1 text=$2
  shift 2
  "$plexus" "$@" >"$work/out" 2>"$work/err" </dev/null
  local got=$?
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$work/err"; then
    printf 'FAIL plexus %s\n  exit %s instead of %s; wanted: %s\n' "$*" "$got" "$code" "$text"
    sed 's/^/  | /' "$work/err"
    failed=$((failed + 1))
  fi
}

"$plexus" data phantom --kind cardiac --set cases=8 --set labeled=2 --set val=1 --set test=1 --set format=h5 -o "$work/h5" -q || exit 1
"$plexus" data phantom --kind cardiac --set cases=8 --set labeled=2 --set val=1 --set test=1 -o "$SCANS" -q || exit 1
run="run $here/tiny.yaml -o $work/run --progress none"

# Pipeline files.
expect 3 'no-such.yaml' run "$work/no-such.yaml"
sed 's/validate_every/validate_evry/' "$here/tiny.yaml" >"$work/key.yaml"
expect 3 "did you mean 'validate_every'?" run "$work/key.yaml" -o "$work/run"
expect 3 'key.yaml:13:' run "$work/key.yaml" -o "$work/run"
expect 3 'max_iterations' $run --set train.trainer.max_iterations=many
expect 3 'outside [1, inf]' $run --set train.trainer.max_iterations=0
sed 's/plugin: diffrect, max/plugin: difrect, max/' "$here/tiny.yaml" >"$work/plugin.yaml"
expect 4 "did you mean 'diffrect'?" run "$work/plugin.yaml" -o "$work/run"
sed -e 's/validate_every/validate_evry/' -e 's/plugin: diffrect, max/plugin: difrect, max/' "$here/tiny.yaml" >"$work/both.yaml"
expect 3 "difrect" run "$work/both.yaml" -o "$work/run"
expect 3 "validate_evry" run "$work/both.yaml" -o "$work/run"
mkdir "$work/plugins" && cp "$built/bad_major.so" "$work/plugins/"
sed 's/plugin: diffrect, max/plugin: bad_major, max/' "$here/tiny.yaml" >"$work/stale.yaml"
expect 4 'interface' run "$work/stale.yaml" -o "$work/run" --plugin-path "$work/plugins"

printf 'name: empty\nstages: []\n' >"$work/empty.yaml"
expect 3 '`stages` is empty' pipeline validate "$work/empty.yaml"

printf '{"name": "comma",\n "stages": [{"report": {}},]}\n' >"$work/comma.json"
expect 3 'comma.json:2:' pipeline validate "$work/comma.json"

# What can be known at the start is told then, once, and not after the training.
expect 3 "no subset 'tset'; did you mean 'test'?" $run --set predict.subset=tset --dry-run
expect 5 'no such file of weights' $run --set "train.load={segmenter: $work/nowhere.pth}" --dry-run
expect 3 "no subset 'tset'" $run --set predict.subset=tset
[ "$(grep -c tset "$work/err")" = 1 ] || { echo 'FAIL: an error is told twice'; failed=$((failed + 1)); }
[ ! -e "$work/run/checkpoints" ] || { echo 'FAIL: it trained before it looked at the subsets'; failed=$((failed + 1)); }

# Data.
expect 5 'nowhere' $run --set data.root="$work/nowhere"
first=$(head -1 "$work/h5/train_slices.list")
cp "$work/h5/data/slices/$first.h5" "$work/whole.h5"
head -c 1000 "$work/whole.h5" >"$work/h5/data/slices/$first.h5"
expect 5 "$first" run "$here/tiny.yaml" -o "$work/run-h5" --progress none --set "data={plugin: acdc, root: $work/h5, labeled: 2}"
cp "$work/whole.h5" "$work/h5/data/slices/$first.h5"

# H5 without `label`, on the list of labelled slices.
cp -r "$SCANS" "$work/part" && rm "$work/part/dataset.json"
bare=$(basename "$(ls "$work"/part/labels/*.nii.gz | head -1)" .nii.gz)
rm "$work/part/labels/$bare.nii.gz"
printf 'name: bare\nstages:\n  - prepare: {step: {plugin: slices_h5}, source: %s, target: %s}\n' "$work/part" "$work/h5-bare" >"$work/bare.yaml"
"$plexus" run "$work/bare.yaml" -o "$work/run-bare" -q --progress none || { echo 'FAIL: slices_h5'; failed=$((failed + 1)); }
mkdir "$work/theirs" && echo mine >"$work/theirs/train_slices.list"
sed "s|target: .*}|target: $work/theirs}|" "$work/bare.yaml" >"$work/theirs.yaml"
expect 3 'holds files already, which this stage did not make' run "$work/theirs.yaml" -o "$work/run-theirs"
grep -q '^mine$' "$work/theirs/train_slices.list" || { echo 'FAIL: a foreign file was written over'; failed=$((failed + 1)); }
(cd "$work/h5-bare" && { grep "^${bare}_" train_slices.list; grep -v "^${bare}_" train_slices.list; } >sorted && mv sorted train_slices.list)
expect 5 "no data set 'label'" run "$here/tiny.yaml" -o "$work/run-unlabelled" --progress none --set "data={plugin: acdc, root: $work/h5-bare, labeled: 1}"
grep -q "$bare" "$work/err" || { echo 'FAIL: the file without a label is not named'; failed=$((failed + 1)); }

# Checkpoints.
head -c 100 /dev/urandom >"$work/noise.pth"
scan=$(ls "$SCANS"/images/*.nii.gz | head -1)
expect 5 'noise.pth' predict -m diffrect --set preset=acdc --checkpoint "$work/noise.pth" -i "$scan" -o "$work/masks"
printf '\x80\x02cos\nsystem\nU\x0eecho harm done.\x85R.' >"$work/evil.pth"
expect 5 'evil.pth' model inspect "$work/evil.pth"
grep -q 'harm done' "$work/out" && { echo 'FAIL: a pickle was executed'; failed=$((failed + 1)); }
expect 5 'does not exist' predict -m diffrect --set preset=acdc --checkpoint "$work/noise.pth" -i "$work/none.nii.gz" -o "$work/masks"
other=$here/../../../shared/checkpoints/genericssl_diffvnet3d_nf1.pth
if [ -f "$other" ]; then
  expect 5 'missing' predict -m diffrect --set preset=acdc --checkpoint "$other" -i "$scan" -o "$work/masks"
else
  echo 'skipped: a checkpoint of another network (no ../shared)'
fi

# No space left: a small file system where it can be mounted, a limit on the size of files elsewhere.
if mkdir "$work/small" && mount -t tmpfs -o size=2m tmpfs "$work/small" 2>/dev/null; then
  expect 7 'free' run "$here/tiny.yaml" -o "$work/small/run" --progress none
  umount "$work/small"
else
  echo 'skipped: no space left (no right to mount)'
fi

[ "$failed" = 0 ] && echo PASS
exit "$failed"
