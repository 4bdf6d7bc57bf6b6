#!/usr/bin/env bash
# run.sh PLEXUS PLUGINS VERSION: a plugin built from the headers kept of interface VERSION loads and runs in this Plexus.
set -euo pipefail
plexus=$1 plugins=$2 version=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $1"; exit 1; }
cd "$work"

"$plexus" plugins list --plugin-path "$plugins" >list.txt
grep -q '^compat 1.0.0' list.txt || {
  sed -n '/Refused/,$p' list.txt
  echo "A plugin of interface $version is refused. If that version is not released (CHANGELOG.md): tools/dev/snapshot_interface."
  fail "If it is, it keeps its word: raise PLEXUS_API_MINOR in framework/plexus/sdk/version.hpp.in with each change of the sdk headers"
}
cat >run.yaml <<'YAML'
name: compat
data: {plugin: squares, size: 20}
stages:
  - prepare: {name: written, step: {plugin: notes}}
  - train:
      model: {plugin: compat.compat}
      trainer: {plugin: compat.compat, steps: 12}
      transforms: [brighter]
      validate_every: 6
      log_every: 1
  - predict: {subset: test}
  - evaluate: {metrics: [dice, pixels]}
  - report: {}
YAML
"$plexus" run run.yaml --plugin-path "$plugins" -o out --progress none -q || fail "the run"
found() { [ -n "$(find out -path "$1")" ] || fail "no $1"; }
found '*/two.txt'
found '*/checkpoints/last.pth'
found '*/pictures/scores_*.png'
[ "$(find out -name 'scores_*.png' | wc -l)" = 10 ] || fail "$(find out -name 'scores_*.png' | wc -l) pictures were kept, not 10"
grep -q 'scores, step' out/report.html || fail "the report shows no picture"
grep -q 'wrong_pixels' out/cases.csv || fail "its metric was not used"
grep -q 'seen' "$(find out -name metrics.csv)" || fail "its own validation was not used"
echo "PASS"
