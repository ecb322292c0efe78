"""The AIA chain on a GPU: ms of computing per image, images per second sustained from files in memory, memory taken.

    python tests/benchmarks/gpu.py [--run FOLDER] [--images 24] [--jobs 6]

FOLDER is the working folder of a finished run (`make demo` leaves one here); its 171 Å frame is reduced again and again. A
process reads and writes three to five images a second, so several share the card; the files lie in /dev/shm.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _process import batched, keep, machine, prepare, require

from helioreduce.aia import chain
from helioreduce.aia.deconvolution import Psf
from helioreduce.image import Image
from helioreduce.io import ecsv, fits, jsoc_files
from helioreduce.runtime.device import GPU_MEMORY, Device, module_for


def computed(folder: Path, device: str, images: int) -> tuple[Image, float, int]:
    """The finished image, median seconds of computing per image, and bytes of GPU memory taken."""
    where = Device(device)
    error, degradation, pointing = (ecsv.read(folder / f"{name}.ecsv") for name in ("error", "degradation", "pointing"))
    given = {"quality": {}, "systematic": {}, "options": {}, "version": 10, "exposure_time": {"source": "auto", "error": False}}
    given |= {"psf": Psf(fits.read_array(folder / "otf.fits", "OTF")[0])}
    given |= {"error_table": error, "degradation_table": degradation, "pointing": pointing}
    given |= {"spikes": jsoc_files.read_spikes(folder / "00_spikes.fits")}
    image = where.upload(fits.read(folder / "00.fits"))
    result, seconds = where.run(chain.reduce, image, given, {}), []
    for _ in range(images):
        began = time.perf_counter()
        result = where.run(chain.reduce, image, given, {})
        seconds.append(time.perf_counter() - began)
    taken = 0 if where.module is np else where.module.get_default_memory_pool().total_bytes()
    return where.download(result), statistics.median(seconds or [np.nan]), taken


def sustained(folders: list[Path], images: int) -> float:
    """Images per second of one process for each folder, all at once; what a single image takes is start-up and left out."""

    def seconds(number: int) -> float:
        with ThreadPoolExecutor(len(folders)) as pool:
            return max(cost.wall_s for cost in pool.map(lambda folder: batched(folder, number, 2, "gpu"), folders))

    return len(folders) * (images - 1) / (seconds(images) - seconds(1))


def main() -> None:
    """Run everything, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    parser.add_argument("--images", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=6)
    given = parser.parse_args()
    if module_for("auto") is np:
        print("left out: no GPU")
        return
    require(given.run)
    with tempfile.TemporaryDirectory(prefix="gpu.", dir="/dev/shm") as memory:
        folders = [Path(memory) / str(job) for job in range(given.jobs)]
        for folder in folders:
            folder.mkdir()
            prepare(given.run, folder, given.images)
        gpu, seconds, taken = computed(folders[0], "gpu", given.images)
        cpu, *_ = computed(folders[0], "cpu", 0)
        rate = sustained(folders, given.images)
    difference = np.nanmax(np.abs(gpu.data - cpu.data)) / np.nanmax(cpu.data)
    cupy = module_for("gpu")
    card = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    lines = [f"{card}, CuPy {cupy.__version__}; {machine('numpy')}", "", "| | measured | asked (H200) |", "|---|---|---|"]
    lines += [f"| computing, ms per image | {1e3 * seconds:.1f} | 30 |"]
    lines += [f"| sustained, images/s, {given.jobs} processes | {rate:.1f} | 10 |"]
    lines += [f"| largest difference to the CPU, of the peak | {difference:.1e} | 5e-7 |"]
    lines += [f"| GPU memory of a process, MiB | {taken / 2**20:.0f} | {GPU_MEMORY / 2**20:.0f} |"]
    keep(given.run, "gpu", "\n".join(lines))


if __name__ == "__main__":
    main()
