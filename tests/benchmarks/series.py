"""Random reads of 512² images: from a series, from FITS files, and in the layout of SDOMLv2.

    python tests/benchmarks/series.py [--run FOLDER] [--images N] [--rounds N]

FOLDER is the working folder of a finished run (`make demo` leaves one here): its 171 Å image is binned, and noise is drawn anew
for each image. SDOMLv2's layout is that of its script: Zarr v2, 15 images a chunk, Blosc (zstd 5, bitshuffle). Caches are
warm. The table goes to results/benchmarks/series.md.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import xarray
import zarr
from _measure import Times, alternate
from _process import TIME, keep, machine, require
from astropy.io.fits import getdata
from numcodecs import Blosc

from helioreduce.aia import binning, series
from helioreduce.image import Image
from helioreduce.io import fits, shards

Read = Callable[[], object]
GRID = {"npix": 512, "deconvolution": {}}


def drawn(image: Image, number: int) -> list[Image]:
    """The image with noise of its own sigma, so many times."""
    rng = np.random.default_rng(1)
    noise = (rng.normal(size=image.data.shape).astype(np.float32) for _ in range(number))
    return [image.with_(data=image.data + np.where(np.isfinite(image.sigma), image.sigma, 0) * one) for one in noise]


def stored(images: list[Image], place: Path, precision: str) -> Path:
    """A series of a day; every image has a place of its own."""
    grid = series.Grid(512, 86400 / len(images), 0.0)
    planes, store, rows = grid.planes("DN/s", precision), place / precision, {}
    for first in range(0, len(images), grid.shard):
        values = grid.empty()
        for at in range(grid.shard):
            grid.put(values, at, images[first + at], precision)
            rows[first + at] = {"state": "done", **series.row(images[first + at].header)}
        shards.write(store, planes, values, first // grid.shard)
    shards.index(store, grid.dataset(2014, 171, rows, {}), planes)
    return store


def sdomlv2(images: list[Image], place: Path) -> Path:
    """An array in the layout of SDOMLv2."""
    path, shape = place / "sdomlv2", (len(images), 512, 512)
    array = zarr.create_array(
        path, shape=shape, chunks=(15, 512, 512), dtype="f4", zarr_format=2, compressors=Blosc("zstd", 5, Blosc.BITSHUFFLE)
    )
    array[...] = np.stack([image.data for image in images])
    return path


def megabytes(*paths: Path) -> float:
    """Size of files and folders."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def reads(images: list[Image], place: Path) -> tuple[dict[str, Read], dict[str, Read], dict[str, float]]:
    """The ways to read all images one by one in random order, to take their mean, and MB of an image."""
    order = np.random.default_rng(2).permutation(len(images))
    single: dict[str, Read] = {}
    means: dict[str, Read] = {}
    sizes: dict[str, float] = {}
    for name, precision in {"series, float32": "float32", "series, archived": "archived"}.items():
        store = stored(images, place, precision)
        group = zarr.open_group(store, mode="r")
        single[name] = lambda group=group: [group["data"][i] for i in order]
        single[f"{name}, with σ"] = lambda group=group: [(group["data"][i], group["sigma"][i]) for i in order]
        lazy = xarray.open_zarr(store).data[: len(images)]
        means[name] = lambda lazy=lazy: lazy.mean("time").compute()
        sizes[name] = megabytes(store / "data") / len(images)
        sizes[f"{name}, with σ"] = megabytes(store / "data", store / "sigma") / len(images)
    for name, archived in {"FITS, data plain": False, "FITS, archived": True}.items():
        files = [place / f"{archived}{i:04d}.fits" for i in range(len(images))]
        for file, image in zip(files, images, strict=True):
            fits.write(file, image, compressed=True, archived=archived)
        single[f"{name}"] = lambda files=files, hdu=int(archived): [getdata(files[i], hdu) for i in order]
        single[f"{name}, with σ"] = lambda files=files, hdu=int(archived): [
            (getdata(files[i], hdu), getdata(files[i], "UNCERT")) for i in order
        ]
        sizes[name] = sizes[f"{name}, with σ"] = megabytes(*files) / len(images)
    array = zarr.open_array(sdomlv2(images, place), mode="r")
    single["SDOMLv2's layout"] = lambda: [array[i] for i in order]
    sizes["SDOMLv2's layout"] = megabytes(place / "sdomlv2") / len(images)
    return single, means, sizes


def table(times: Mapping[str, Times], number: int, sizes: Mapping[str, float]) -> str:
    """A line for each way: MB and ms of an image, and the ratio of the CPU time to that of the first."""
    wall = {name: statistics.median(entry.wall_s) / number for name, entry in times.items()}
    cpu = {name: statistics.median(entry.cpu_s) / number for name, entry in times.items()}
    first = next(iter(cpu.values()))
    return "\n".join(
        f"| {name} | {sizes[name]:.2f} | {1e3 * cpu[name]:.2f} | {1e3 * wall[name]:.2f} | {cpu[name] / first:.2f} |"
        for name in times
    )


def main() -> None:
    """Write in each way, read in turn, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    parser.add_argument("--images", type=int, default=120, help="a multiple of 15 that divides a day")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    require(options.run)
    image = fits.read(options.run / f"results/aia/normalised/171/{TIME}.fits")
    with tempfile.TemporaryDirectory() as folder:
        fits.write(file := Path(folder, "one.fits"), binning.from_settings(image, GRID), compressed=True)
        binned = fits.read(file)  # as a part of a series reads it
        single, means, sizes = reads(drawn(binned, options.images), Path(folder))
        one = table(alternate("one by one, in random order", single, options.rounds), options.images, sizes)
        mean = table(alternate("mean of all by dask", means, options.rounds), options.images, sizes)
    heads = "| | MB | CPU ms | wall ms | ratio |\n|---|---|---|---|---|"
    title = f"{machine('zarr', 'xarray', 'dask', 'astropy')}; {options.images} images of 512²"
    keep(options.run, "series", f"{title}\n\n{heads}\n{one}\n\nMean of all, an image\n\n{heads}\n{mean}")


if __name__ == "__main__":
    main()
