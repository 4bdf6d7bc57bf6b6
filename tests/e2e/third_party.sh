#!/usr/bin/env bash
# third_party.sh BUILD: installs into a clean prefix, moves it, begins a method, a data set and a step there, builds and tests
# each out of tree with nothing but the prefix, and runs them together.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
fail() { echo "FAIL: $1"; exit 1; }

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"
plexus="$work/prefix/bin/plexus"
[ "$("$plexus" --version)" ] || fail "the moved tool does not start"
"$plexus" plugins list | grep >/dev/null '^supervised' || fail "the moved tool does not find its plugins"
zcat "$work/prefix/share/man/man1/plexus-run.1.gz" | grep >/dev/null '^.SH SYNOPSIS' || fail "no manual page"
grep -q '"Plexus pipeline"' "$work/prefix/share/plexus/pipeline.schema.json" || fail "no schema"

cd "$work"
start=$(date +%s)
for kind in method dataset step; do
  "$plexus" plugins new "my_$kind" --kind $kind -o "my_$kind" >/dev/null 2>&1
  if [ $kind = step ]; then
    # No header but those of the sdk level is found.
    sed -i 's/plexus_add_plugin(my_step /&SDK_ONLY /' my_step/CMakeLists.txt
    cp -r my_step greedy && sed -i '1i #include <plexus/data/volume.hpp>' greedy/my_step.cpp
    cmake -G Ninja -S greedy -B greedy/build -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 || { cat cmake.log; fail "configuring the greedy step"; }
    if ninja -C greedy/build plexus_plugin_my_step >ninja.log 2>&1; then fail "a plugin of the sdk level uses the toolkit"; fi
    grep -q "plexus/data/volume.hpp.*No such file" ninja.log || { cat ninja.log; fail "the greedy step fails otherwise"; }
  fi
  # From a folder that knows nothing of this tree.
  cmake -G Ninja -S "my_$kind" -B "my_$kind/build" -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 || { cat cmake.log; fail "configuring $kind"; }
  ninja -C "my_$kind/build" >ninja.log 2>&1 || { cat ninja.log; fail "building $kind"; }
  ctest --test-dir "my_$kind/build" --no-tests=error --output-on-failure >ctest.log 2>&1 || { cat ctest.log; fail "the tests of $kind"; }
done
toolkit=$(sed -n 's/^#define PLEXUS_TOOLKIT_DIGEST "\(.\+\)"/\1/p' "$work/prefix/include/plexus/sdk/version.hpp")
grep -qa "$toolkit" my_method/build/plugins/my_method.so || fail "the method does not say which toolkit it was built with"
if grep -qa "$toolkit" my_step/build/plugins/my_step.so; then fail "the step of the sdk level is bound to a toolkit"; fi
mkdir asks
for version in 1.0 2.0 1.99; do
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(asks LANGUAGES NONE)\nfind_package(Plexus %s CONFIG)\n' $version >asks/CMakeLists.txt
  cmake -G Ninja -S asks -B asks/build -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 || true
  # Only the version is asked about: the package itself wants C++.
  if [ $version = 1.0 ]; then
    grep -q "write project(NAME LANGUAGES CXX)" cmake.log || { cat cmake.log; fail "version $version is refused"; }
  else
    grep -q "with requested version \"$version\"" cmake.log || { cat cmake.log; fail "version $version is taken"; }
  fi
done
echo "three projects built and tested in $(($(date +%s) - start)) s"

"$plexus" plugins check my_method/build/plugins/my_method.so --iterations 24 >check.txt 2>&1 || { cat check.txt; fail "the method does not pass the check"; }
if grep "left out" check.txt; then fail "the method was not tried in full"; fi

# A method that keeps every batch, draws from elsewhere, and has an option that says nothing.
cp -r my_method poor && rm -r poor/build
sed -i 's|const plexus::Batch& batch = input\["train"\];|const plexus::Batch\& batch = input["train"]; static std::vector<at::Tensor> kept; kept.push_back(torch::ones({1 << 20})); torch::manual_seed(std::random_device()()); const auto noise = torch::randn({1}).item<double>();|; s|return {{"loss", loss.detach()}};|return {{"loss", loss.detach() * noise}};|; s|context.minimise("adam", loss)|context.minimise("adam", loss * (1 + 0.1 * noise))|; s|"Learning rate of Adam."|""|; s|#include <torch/torch.h>|#include <random>\n#include <torch/torch.h>|' poor/my_method.cpp
cmake -G Ninja -S poor -B poor/build -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 && ninja -C poor/build plexus_plugin_my_method >ninja.log 2>&1 || { cat ninja.log; fail "building the poor method"; }
code=0; "$plexus" plugins check poor/build/plugins/my_method.so --iterations 24 >check.txt 2>&1 || code=$?
[ $code = 8 ] || { cat check.txt; fail "the poor method's check ends with $code"; }
for check in documented memory repeats jobs resumes; do
  grep -q "^$check  *FAIL" check.txt || { cat check.txt; fail "the poor method's $check was not found out"; }
done

paths=(--plugin-path my_method/build/plugins --plugin-path my_dataset/build/plugins --plugin-path my_step/build/plugins)
"$plexus" plugins describe my_method "${paths[@]}" | grep >/dev/null smoke || fail "describe"
"$plexus" run my_method/pipeline.yaml "${paths[@]}" --set train.trainer.preset=smoke --set train.validate_every=0 -o runs/method -q --progress none
test -s runs/method/report.html || fail "the method's run has no report"
grep -q dice runs/method/cases.csv || fail "the method's run was not evaluated"

# Their data set and their step with our method, on phantom scans in their layout.
"$plexus" data phantom --kind cardiac --set cases=4 --set labeled=4 --set val=0 --set test=0 --set 'size=[64, 64, 8]' -o scans -q
cat >one_object.yaml <<'YAML'
steps: [{label_map: {ids: {1: 1, 2: 1, 3: 1}}}]
output: {image: "{id}/image.nii.gz", label: "{id}/mask.nii.gz"}
YAML
"$plexus" preprocess -c one_object.yaml -i scans -o own -q
"$plexus" preprocess -c my_step/recipe.yaml -i scans -o stepped "${paths[@]}" -q
test "$(ls stepped/images | wc -l)" = 4 || fail "the step"
cat >both.yaml <<'YAML'
name: both
data: {plugin: my_dataset, root: own, test: 1}
stages:
  - train:
      preprocess: [min_max, {my_step: {gamma: 0.7}}]
      transforms: [{resize: {size: [32, 32]}}]
      model: {plugin: my_method, preset: smoke}
      trainer: {plugin: my_method, preset: smoke}
  - predict: {subset: test}
  - evaluate: {metrics: [dice]}
YAML
"$plexus" run both.yaml "${paths[@]}" -o runs/both -q --progress none
grep -q ',dice,' runs/both/cases.csv || fail "own data and own method"
echo "PASS"
