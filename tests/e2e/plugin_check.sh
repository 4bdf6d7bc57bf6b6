#!/usr/bin/env bash
# plugin_check.sh PLEXUS PLUGINS: `plexus plugins check` finds nothing wrong with any plugin that comes with Plexus.
set -euo pipefail
plexus=$1 folder=$2
export OMP_NUM_THREADS=1
for plugin in "$folder"/*.so; do
  "$plexus" plugins check "$plugin" --iterations 24 --json >check.json 2>err.txt || { cat check.json err.txt; echo "FAIL: $plugin"; exit 1; }
  # All trainings were tried: only the data sets have none.
  if [ "$(basename "$plugin")" != datasets.so ] && grep '"left out"' check.json; then cat check.json; echo "FAIL: $plugin was not tried in full"; exit 1; fi
  echo "ok $(basename "$plugin")"
done
rm check.json err.txt
code=0; "$plexus" plugins check /dev/null >out.txt 2>&1 || code=$?
[ $code != 0 ] || { echo "FAIL: /dev/null passes"; exit 1; }
rm out.txt
echo PASS
