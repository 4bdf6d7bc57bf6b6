#!/usr/bin/env bash
# generate.sh PLEXUS SHARED: images from the authors' layout of weights are the same at any batch size and number of workers,
# from masks and from nothing; the four stages of AdaptDiff run as one chain and are not run again; pairs go out and come back.
set -euo pipefail
plexus=$1
shared=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

weights="$shared/checkpoints/adaptdiff_diffusion.pth"
mask="$shared/data/adaptdiff/binary_mask.png"
if [ -f "$weights" ] && [ -f "$mask" ]; then
  mkdir "$work/masks"
  cp "$mask" "$work/masks/a.png"
  cp "$mask" "$work/masks/b.png"
  make() { "$plexus" generate -m adaptdiff --checkpoint "$weights" --seed 7 --set steps=6 --compute-threads 1 -q "$@"; }
  make -i "$mask" -o "$work/one" -j 1 --batch 1
  [ -s "$work/one/binary_mask.png" ] || fail "no image: $(ls "$work/one")"
  grep -q '"auc"' "$work/one/generate.json" || fail "no figures"
  make -i "$mask" -o "$work/again" -j 3 --batch 4
  cmp "$work/one/binary_mask.png" "$work/again/binary_mask.png" || fail "another image with other workers"
  for layout in "1 1" "2 3" "3 4"; do
    set -- $layout
    make -i "$work/masks" --crop 64 -n 2 --format npy -j "$1" --batch "$2" -o "$work/batch$2"
  done
  for file in a_0.png a_1.png b_0.png b_1.png a_0.npy b_1.npy; do
    cmp "$work/batch1/$file" "$work/batch3/$file" || fail "$file depends on the batch"
    cmp "$work/batch1/$file" "$work/batch4/$file" || fail "$file depends on the batch"
  done
  ! cmp -s "$work/batch1/a_0.png" "$work/batch1/a_1.png" || fail "two images of a mask are one"
  "$plexus" model import "$weights" -m adaptdiff --set steps=6 -o "$work/ours.pth" -q
  "$plexus" generate --checkpoint "$work/ours.pth" --seed 7 --compute-threads 1 -q -i "$mask" -o "$work/imported"
  cmp "$work/one/binary_mask.png" "$work/imported/binary_mask.png" || fail "the imported file makes another image"
  make --size 48,64 -n 2 -o "$work/free" --batch 2
  [ -s "$work/free/sample_1.png" ] || fail "no unconditional image"
  make -i "$work/masks" --crop 32 --pairs "$work/pairs.pickle" --pair-labels 0.5,1 -o "$work/paired"
  [ -s "$work/pairs.pickle" ] || fail "no pairs"
  code=0; make -i "$mask" -o "$work/one" 2>"$work/err" || code=$?
  [ $code = 2 ] || fail "images were written over (exit $code)"
else
  echo "SKIP: $weights or $mask is not there; images of given weights are not tested"
fi

cat >"$work/chain.yaml" <<'YAML'
name: chain
data: {plugin: retina, of: eyes, source: [drive], target: [octa500], test: [rose], fundus: [drive], view: patches, patch: [32, 32], samples: 2, channel: 1, stretch: false}
stages:
  - prepare: {name: eyes, step: {plugin: imitation, of: retina, cases: 2, size: [48, 48, 1]}}
  - repeat: {seed: [0, 1]}
    stages:
      - train:
          name: source
          model: {plugin: adaptdiff_segmenter, widths: [4, 4]}
          trainer: {plugin: adaptdiff_segmenter, max_iterations: 2, batch_size: 2}
      - train:
          name: diffusion
          load: {segmentation: source}
          model: {plugin: adaptdiff, widths: [4, 8], time_size: 8, embed_channels: 4, segmenter_widths: [4, 4], steps: 5, beta_end: 0.5}
          trainer: {plugin: adaptdiff, max_iterations: 2, batch_size: 2}
          batch_norm: reestimate
      - generate: {name: pairs, model: diffusion, subset: labeled, pairs: pairs.h5}
      - train:
          name: adapted
          data: {plugin: stage, of: pairs}
          load: {segmentation: source}
          model: {plugin: adaptdiff_segmenter, widths: [4, 4]}
          trainer: {plugin: adaptdiff_segmenter, preset: finetune, max_iterations: 2, batch_size: 2}
      - predict: {model: adapted, subset: test}
      - evaluate: {metrics: [dice, accuracy]}
  - report: {}
YAML
run() { "$plexus" run "$work/chain.yaml" -o "$work/run" --compute-threads 1 --progress none "$@" 2>"$work/err"; }
"$plexus" run "$work/chain.yaml" -o "$work/run" --dry-run 2>"$work/err" || fail "dry run: $(cat "$work/err")"
run || fail "the chain broke: $(cat "$work/err")"
[ "$(ls "$work"/run/pairs*/samples.json | wc -l)" = 2 ] || fail "no samples"
[ "$(ls "$work"/run/pairs*/pairs.h5 | wc -l)" = 2 ] || fail "no pairs"
run || fail "second run"
[ "$(grep -c 'up to date, skipped' "$work/err")" = 14 ] || fail "not all stages were skipped: $(cat "$work/err")"
code=0; "$plexus" run "$work/chain.yaml" -o "$work/bad" --only adapted --compute-threads 1 --progress none 2>"$work/err" || code=$?
[ $code = 5 ] && grep -q 'generated samples' "$work/err" || fail "a missing stage is not named (exit $code): $(cat "$work/err")"
echo PASS
