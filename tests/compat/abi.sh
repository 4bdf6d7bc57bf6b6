#!/usr/bin/env bash
# abi.sh COMPILER SOURCE BUILD VERSION: the binary interface of today's sdk headers is that of the headers kept of VERSION, by
# abidiff over tests/compat/surface.cpp compiled with each; and breaks that are made on purpose are found.
set -euo pipefail
compiler=$1 source=$2 build=$3 version=$4
command -v abidiff >/dev/null || { echo "SKIP: no abidiff; install the package abigail-tools"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $1"; exit 1; }
kept=$source/tests/compat/$version/include

# The compiler is to tell all of a class, though its virtual functions are elsewhere.
flags=(-std=c++20 -O0 -g -fPIC -shared -w -I "$source/tests/compat/stub")
case $("$compiler" --version | head -1) in
  *clang*) flags+=(-fstandalone-debug) ;;
  *) flags+=(-femit-class-debug-always -fno-eliminate-unused-debug-types) ;;
esac
surface() {  # name, include folders ...
  local name=$1 folder
  shift
  local folders=()
  for folder; do folders+=(-I "$folder"); done
  "$compiler" "${flags[@]}" "${folders[@]}" "$source/tests/compat/surface.cpp" -o "$work/$name.so" "${libraries[@]}"
}
compare() {  # name: prints what differs, status as abidiff's
  abidiff --no-added-syms --suppressions "$source/tests/compat/allowed.suppr" "$work/kept.so" "$work/$1.so"
}

# Linked to today's libraries: what a binary of then asks of them is there. LibTorch's own is not asked for.
libraries=(-L "$build/lib" -lplexus -lplexus_base -Wl,-z,defs -Wl,--allow-shlib-undefined "$work/tensor.so")
echo '#include <ATen/core/Tensor.h>
at::Tensor::Tensor() {} at::Tensor::Tensor(const Tensor&) {} at::Tensor::~Tensor() {} at::Tensor& at::Tensor::operator=(const Tensor&) { return *this; }' |
  "$compiler" "${flags[@]}" -x c++ - -o "$work/tensor.so"
surface kept "$kept" || fail "a plugin built for interface $version finds no longer all its functions in libplexus: put them back, or raise PLEXUS_API_MAJOR"
surface today "$source/framework" "$build/generated" || fail "tests/compat/surface.cpp does not compile with today's headers"
compare today || fail "the binary interface is no longer that of $version (above): take the change back, use the reserved room or a new small interface, or raise PLEXUS_API_MAJOR"

# What must not pass: a virtual function before others, a member before others, one that makes a struct larger.
broken() {  # what must be named, header, sed program
  rm -rf "$work/include"
  cp -r "$kept" "$work/include"
  sed -i "$3" "$work/include/plexus/sdk/$2"
  cmp -s "$work/include/plexus/sdk/$2" "$kept/plexus/sdk/$2" && fail "$2 was not changed"
  surface broken "$work/include"
  if compare broken >"$work/told.txt"; then fail "a break of $1 is not found"; fi
  grep -q "$1" "$work/told.txt" || { cat "$work/told.txt"; fail "the break of $1 is not named"; }
}
libraries=()
broken 'plexus::Segmenter' model.hpp 's|  virtual at::Tensor logits|  virtual void inserted();\n&|'
broken 'plexus::Score' trainer.hpp 's|  double value = 0; .*the best checkpoint.*|  int inserted = 0;\n&|'
broken 'plexus::Network' model.hpp 's|  bool filled = false;.*|&\n  double inserted[4] = {};|'
echo "PASS"
