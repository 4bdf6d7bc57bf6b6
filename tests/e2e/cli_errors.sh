#!/usr/bin/env bash
# cli_errors.sh PLEXUS PLUGINS: wrong command lines and refused plugins, each with its exit code and its sentence.
set -u
plexus=$1 built=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/none"
unset PLEXUS_PLUGIN_PATH PLEXUS_LOG_LEVEL PLEXUS_NUM_THREADS
failed=0

# expect CODE TEXT ARGUMENT…: the exit code, and the text on stderr (code above 0) or stdout. Talk and data stay apart.
expect() {
  local code=$1 text=$2
  shift 2
  "$plexus" "$@" >"$work/out" 2>"$work/err" </dev/null
  local got=$? stream="$work/out"
  [ "$code" -ne 0 ] && [ "$code" -ne 8 ] && stream="$work/err"
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$stream"; then
    printf 'FAIL plexus %s\n  exit %s instead of %s; wanted on %s: %s\n' "$*" "$got" "$code" "${stream##*/}" "$text"
    sed 's/^/  | /' "$work/out" "$work/err"
    failed=$((failed + 1))
  elif [ "$stream" = "$work/err" ] && [ -s "$work/out" ]; then
    printf 'FAIL plexus %s\n  an error, and yet something on stdout\n' "$*"
    failed=$((failed + 1))
  fi
}

expect 0 'Usage: plexus VERB'
expect 0 'Usage: plexus VERB' --help
expect 0 'plexus 1.' --version
expect 2 "unknown verb 'plugin'" plugin
expect 2 "did you mean 'plugins'?" plugin
expect 2 "unknown verb 'zzzzzzzz'" zzzzzzzz
expect 2 "unknown option '--versoin'" --versoin
expect 2 "did you mean '--version'?" --versoin
expect 0 'Usage: plexus plugins list' plugins list --help
expect 2 "did you mean 'describe'?" plugins descrbe
expect 2 "unknown option '--jsno'" plugins list --jsno
expect 2 "did you mean '--json'?" plugins list --jsno
expect 2 "unknown option '--js'" plugins list --js
expect 2 "option '--json' is given twice" plugins list --json --json
expect 2 "unexpected argument 'more'" plugins list more
expect 2 'NAME is missing' plugins describe
expect 2 'exclude each other' plugins describe dice --json --yaml
expect 2 'exclude each other' plugins list -q -v
expect 0 '"name": "plexus"' plugins list --json
expect 0 'metric dice' plugins describe dice
expect 4 "'nosuchplugin'" plugins describe nosuchplugin
expect 4 "did you mean 'dice'?" plugins describe dicce

mkdir "$work/plugins"
cp "$built"/{good,bad_major,throws,unresolved}.so "$work/plugins/"
expect 0 'built for interface 2.' plugins list --plugin-path "$work/plugins"
expect 0 'the moon is not full' plugins list --plugin-path "$work/plugins"
expect 0 'undefined symbol: plexus_test_nobody_defines_this' plugins list --plugin-path "$work/plugins"
expect 0 'good 1.2.3' plugins list --plugin-path "$work/plugins"
expect 4 'the moon is not full' plugins describe throws --plugin-path "$work/plugins"
expect 4 'build the plugin against this Plexus' plugins describe bad_major --plugin-path "$work/plugins"
expect 0 'transform scale' plugins describe good --plugin-path "$work/plugins"
expect 8 'problem(s)' doctor --plugin-path "$work/plugins"
mkdir "$work/fatal"
cp "$built/fatal_register.so" "$work/fatal/"
expect 4 'fatal_register.so) ended the program by exit(0)' plugins list --plugin-path "$work/fatal"
cp "$built/fatal.so" "$work/fatal/"
printf 'stages: [{prepare: {step: {plugin: fatal.unwell}}}]\n' >"$work/unwell.yaml"
expect 1 'what the stage uses (fatal.unwell)' run "$work/unwell.yaml" -o "$work/unwell" --plugin-path "$work/fatal"

"$plexus" plugins describe slices_h5 --yaml | grep >/dev/null '^      step:' || { echo 'FAIL: describe --yaml of a step'; failed=$((failed + 1)); }
PLEXUS_PLUGIN_PATH="$work/nowhere" "$plexus" plugins list 2>&1 >"$work/out" | grep >/dev/null 'nowhere is not there' ||
  { echo 'FAIL: a plugin folder that is not there goes unnoticed'; failed=$((failed + 1)); }
mkdir "$work/bare"
"$plexus" plugins list --plugin-path "$work/bare" 2>&1 >"$work/out" | grep >/dev/null 'bare holds no .so file' ||
  { echo 'FAIL: a plugin folder without plugins goes unnoticed'; failed=$((failed + 1)); }

PLEXUS_LOG_LEVEL=shrill expect 2 'shrill' plugins list
PLEXUS_NUM_THREADS=none expect 8 'PLEXUS_NUM_THREADS' doctor

# Every error of a file in one call, of the top and of each stage; what a failed stage drags along is not told.
cat >"$work/wrong.yaml" <<'YAML'
sed: 3
data: {plugin: nifti_folder, root: .}
stages:
  - train: {model: {plugin: unett}, trainer: {plugin: supervised}}
  - predict: {subset: test}
  - evaluate: {metrics: [dice]}
  - predict: {name: third, model: train, subset: test}
  - predict: {name: other, model: nosuch}
YAML
for text in "wrong.yaml:1:1: no option 'sed'" "unett" "needs the stage 'nosuch'"; do expect 3 "$text" pipeline validate "$work/wrong.yaml"; done
[ "$(grep -c 'wrong.yaml:' "$work/err")" -eq 3 ] || { echo 'FAIL: a stage is blamed for another'; cat "$work/err"; failed=$((failed + 1)); }
expect 0 'checkpoint_seconds' pipeline describe train
expect 2 "did you mean 'train'?" pipeline describe trian

# The first words come at once: the program itself is not linked to LibTorch.
if ldd "$plexus" | grep >/dev/null torch; then
  echo 'FAIL: plexus is linked to LibTorch'
  failed=$((failed + 1))
fi
# Results that cannot be written are no success.
if [ -e /dev/full ]; then
  "$plexus" plugins list >/dev/full 2>"$work/err"
  [ $? -eq 7 ] || { echo 'FAIL: a full disk under stdout goes unnoticed'; failed=$((failed + 1)); }
fi
[ "$failed" -eq 0 ] && echo 'all as expected' || exit 1
