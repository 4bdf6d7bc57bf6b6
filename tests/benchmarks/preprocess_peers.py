"""The peers' side of preprocess.py, run by the Python that has them: preprocess_peers.py monai|torchio IN OUT WORKERS, or
preprocess_peers.py compare THEIRS OURS COUNT [APART], which writes the names of volumes whose grids differ to the file APART."""
import multiprocessing
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")


def one_thread():
    import torch

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")


def monai_chain(output):
    from monai.transforms import ClipIntensityPercentiles, Compose, LoadImage, NormalizeIntensity, Orientation, SaveImage, Spacing

    return Compose([
        LoadImage(image_only=True, ensure_channel_first=True),
        Orientation("RAS"),
        Spacing((1.0, 1.0, 1.0), mode="bilinear"),
        ClipIntensityPercentiles(0.5, 99.5),
        NormalizeIntensity(),
        SaveImage(output_dir=output, output_postfix="", output_ext=".nii.gz", separate_folder=False, print_log=False),
    ])


def torchio_chain(output):
    import SimpleITK
    import torchio

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    chain = torchio.Compose([
        torchio.ToCanonical(),
        torchio.Resample(1.0, image_interpolation="linear"),
        # Clips, and scales linearly: after the z-score the same as clipping alone.
        torchio.RescaleIntensity(percentiles=(0.5, 99.5)),
        torchio.ZNormalization(),
    ])
    return lambda file: chain(torchio.ScalarImage(file)).save(output / pathlib.Path(file).name)


CHAINS = {"monai": monai_chain, "torchio": torchio_chain}
chain = None


def prepare(name, output):
    global chain
    one_thread()
    chain = CHAINS[name](output)


def run(file):
    chain(file)


def compare(theirs, ours, count, apart_file=None):
    import nibabel
    import numpy

    elsewhere = []
    for file in sorted(theirs.glob("*.nii.gz"))[:count]:
        if not (ours / file.name).exists():
            continue
        a, b = nibabel.load(file), nibabel.load(ours / file.name)
        if a.shape != b.shape:
            print(f"  {file.name}: {a.shape} and {b.shape}")
            elsewhere.append(file.name)
            continue
        x, y = a.get_fdata(dtype=numpy.float32), b.get_fdata(dtype=numpy.float32)
        corners = numpy.array([[i, j, k, 1] for i in (0, x.shape[0] - 1) for j in (0, x.shape[1] - 1) for k in (0, x.shape[2] - 1)])
        apart = numpy.abs((a.affine - b.affine) @ corners.T).max()
        if apart > 1e-3:  # MONAI's rounding puts oblique volumes elsewhere
            print(f"  {file.name}: their grid is {apart:.2f} mm off")
            elsewhere.append(file.name)
            continue
        off = numpy.abs(x - y)
        inside = off[1:-1, 1:-1, 1:-1]
        print(f"  {file.name}: corners within {apart:.1e} mm; voxels within {inside.max():.1e}, mean {inside.mean():.1e}; "
              f"at the border within {off.max():.1e}")
    if apart_file:
        apart_file.write_text("".join(name + "\n" for name in elsewhere))


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        compare(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4]), *map(pathlib.Path, sys.argv[5:]))
    else:
        name, source, output, workers = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4])
        output.mkdir(parents=True, exist_ok=True)
        with multiprocessing.get_context("spawn").Pool(workers, prepare, (name, output)) as pool:
            for _ in pool.imap_unordered(run, sorted(str(file) for file in source.iterdir())):
                pass
