#!/usr/bin/env python3
"""Reorient to RAS, resample to 1 mm (linear), clip to percentiles 0.5 and 99.5, z-score, save as .nii.gz: `plexus preprocess`
beside MONAI 1.6 and TorchIO 1.2, two workers each, in one run.

    tests/benchmarks/preprocess.py --plexus build/bin/plexus --volumes ../shared/data/nifti [--count 64] [--work DIR]

Plexus runs once on MONAI's grid (align: origin) and once on TorchIO's (align: center). MONAI 1.6 leaves its own rule for most oblique
scans: those are told to be elsewhere, and compared once more, not timed, on the grid that MONAI wrote (resample: like). TorchIO
resamples whole numbers as whole numbers, so that its voxels differ by that rounding.

Prints wall time, peak memory (sum of proportional set sizes over the processes, sampled) and their ratios, then how far the
voxels agree. The peers are installed from PyPI into WORK/peers by the first run.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ["monai==1.6.0", "torchio==1.2.0", "torch==2.11.0", "nibabel==5.4.2", "itk==5.4.7"]
# 3D scans; the first eight are copied in turn.
VOLUMES = ["CT_AVM", "CT_pitch", "MR_Gd", "T2w_int16_las", "chris_PD", "chris_t1", "icbm_t1", "spmMotor"]
RECIPE = """name: benchmark
steps:
  - reorient: {{to: RAS}}
  - resample: {{{grid}}}
  - clip_percentile: {{low: 0.5, high: 99.5}}
  - zscore
"""


def peers_python(work):
    python = work / "peers" / "bin" / "python"
    if not python.exists():
        venv.create(work / "peers", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


def inputs(source, folder, count):
    found = [source / f"{name}.nii.gz" for name in VOLUMES if (source / f"{name}.nii.gz").exists()]
    if not found:
        sys.exit(f"{source} holds none of {', '.join(VOLUMES)}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for i in range(count):
        file = found[i % len(found)]
        shutil.copyfile(file, folder / f"{i:02}_{file.name}")


def family(pid):
    """The process and all that it started."""
    every = [pid]
    for one in every:
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                every += [int(child) for child in task.read_text().split()]
            except OSError:
                pass
    return every


def held(pid):
    total = 0
    for one in family(pid):
        try:
            for line in open(f"/proc/{one}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


def measured(name, command, output):
    shutil.rmtree(output, ignore_errors=True)
    start, peak = time.monotonic(), 0
    log = open(output.with_suffix(".log"), "w")
    process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
    while process.poll() is None:
        peak = max(peak, held(process.pid))
        time.sleep(0.05)
    seconds = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{name} failed: see {log.name}")
    files = [file for file in output.rglob("*.nii.gz")]
    size = sum(file.stat().st_size for file in files)
    print(f"{name:8} {seconds:7.1f} s   peak {peak / 2**20:6.0f} MiB   {len(files)} files, {size / 2**20:.0f} MiB", flush=True)
    return seconds, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plexus", type=pathlib.Path, required=True)
    parser.add_argument("--volumes", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("benchmark-preprocess"))
    given = parser.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    python = peers_python(work)
    inputs(given.volumes, work / "in", given.count)

    def plexus(name, grid, source, output):
        recipe = work / f"recipe-{name}.yaml"
        recipe.write_text(RECIPE.format(grid=grid))
        return [given.plexus, "preprocess", "-c", recipe, "-i", source, "-o", output, "--jobs", "2", "--progress", "none"]

    def peer(name, source, output):
        return [python, HERE / "preprocess_peers.py", name, source, output, "2"]

    # Plexus first and last: a machine that slows down or speeds up would show.
    ours = [measured("plexus", plexus("origin", "spacing: 1, align: origin", work / "in", work / "plexus"), work / "plexus")]
    peers = {name: measured(name, peer(name, work / "in", work / name), work / name) for name in ("monai", "torchio")}
    ours.append(measured("plexus", plexus("center", "spacing: 1, align: center", work / "in", work / "plexus-center"), work / "plexus-center"))
    seconds, peak = max(one[0] for one in ours), max(one[1] for one in ours)
    faster = min(one[0] for one in peers.values())
    leaner = min(one[1] for one in peers.values())
    print(f"\n{faster / seconds:.2f} times as fast as the faster peer; {peak / leaner:.2f} of the memory of the leaner one")
    print("voxel agreement (linear; in units of the standard deviation, which is 1):", flush=True)

    def compare(theirs, ours):
        apart = work / "apart.txt"
        command = [python, HERE / "preprocess_peers.py", "compare", theirs, ours, str(len(VOLUMES)), apart]
        subprocess.run(command, check=True)
        return apart.read_text().split()

    for name, mine in (("monai", work / "plexus"), ("torchio", work / "plexus-center")):
        print(f"{name}:", flush=True)
        elsewhere = compare(work / name, mine / "images")
        again = work / f"plexus-as-{name}"
        shutil.rmtree(again, ignore_errors=True)
        for file in elsewhere:
            command = plexus("like", f'like: "{work / name / file}"', work / "in" / file, again / "one")
            subprocess.run([str(part) for part in command] + ["-q"], check=True)
            shutil.move(again / "one" / "images" / file, again / file)
            shutil.rmtree(again / "one")
        if elsewhere:
            print(f"{name}, the same volumes on the grids that it wrote:", flush=True)
            compare(work / name, again)


if __name__ == "__main__":
    main()
