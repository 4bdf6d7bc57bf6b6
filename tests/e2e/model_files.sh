#!/usr/bin/env bash
# model_files.sh PLEXUS: weights go out to the authors' layout and to safetensors and come back, every tensor the same; the
# file that came back segments as the first did.
set -euo pipefail
plexus=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SCANS="$work/scans" OMP_NUM_THREADS=1
fail() { echo "FAIL: $*"; exit 1; }

"$plexus" data phantom --kind cardiac --set cases=5 --set labeled=2 --set val=1 --set test=1 -o "$SCANS" -q
"$plexus" run "$here/tiny.yaml" -o "$work/run" --progress none -q --set train.trainer.max_iterations=2 \
  --set train.trainer.refine_start=0 --set train.validate_every=0
best="$work/run/checkpoints/last.pth"

# Name, shape and digest of the segmenter's tensors, whatever the file calls the network.
digests() {
  "$plexus" model inspect "$1" --digests --json | tr -d ' \n' | grep -oE '"name":"[^"]*(encoder|decoder)\.[^"]*","sha256":"[0-9a-f]+"|"sha256":"[0-9a-f]+"' |
    grep -oE 'sha256":"[0-9a-f]+' | sort
}
"$plexus" model inspect "$best" >"$work/listing"
grep -q 'encoder.in_conv.conv_conv.0.weight' "$work/listing" || fail "inspect does not name the tensors"

for format in original safetensors; do
  suffix=$([ $format = original ] && echo pth || echo safetensors)
  "$plexus" model export "$best" -o "$work/out.$suffix" --format $format -q
  ls "$work" | grep >/dev/null "out.*$suffix" || fail "nothing was written as $format"
done
unet=$(ls "$work"/*out.pth | grep -v rect | head -1)
code=0; "$plexus" model export "$best" -o "$work/out.pth" -q 2>"$work/err" || code=$?
[ $code = 2 ] || fail "an export wrote over a file that was there (exit $code): $(cat "$work/err"; ls "$work")"

"$plexus" model import "$unet" -m diffrect --set patch_size='[64, 64]' --set feature_channels='[4, 8, 8, 8, 8]' --classes 4 -o "$work/back.pth" -q
digests "$unet" >"$work/a"
[ -s "$work/a" ] || fail "inspect gives no digests"
digests "$work/back.pth" >"$work/b"
[ "$(comm -23 "$work/a" "$work/b" | wc -l)" = 0 ] || fail "a tensor changed on its way out and back"

scan=$(ls "$SCANS"/images/*.nii.gz | head -1)
"$plexus" predict --checkpoint "$best" -i "$scan" -o "$work/m1" -q
"$plexus" predict -m diffrect --set patch_size='[64, 64]' --set feature_channels='[4, 8, 8, 8, 8]' --classes 4 --checkpoint "$unet" -i "$scan" -o "$work/m2" -q
cmp "$work/m1/$(basename "$scan")" "$work/m2/$(basename "$scan")" || fail "the exported weights segment otherwise"

"$plexus" plugins describe diffrect --json >"$work/describe.json"
grep -q '"refine_start"' "$work/describe.json" || fail "describe leaves options out"
"$plexus" data list >/dev/null || fail "data list"
"$plexus" data info "$scan" --json | grep >/dev/null '"spacing"' || fail "data info"
echo PASS
