"""Reading and writing beside computing: a batch of full frames against its computing alone, and what files cost.

    python tests/benchmarks/files.py [--run FOLDER] [--images 16]

FOLDER is the working folder of a finished run (`make demo` leaves one here). Wall seconds mean something on an idle machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _process import TIME, keep, machine, prepare, require

from helioreduce.aia import chain, deconvolution
from helioreduce.io import ecsv, fits, jsoc_files, psf_files
from helioreduce.runtime import pipeline, process

SETTINGS = {"systematic": {}, "options": {}, "version": 10, "exposure_time": {"source": "auto", "error": False}, "quality": {}}


def timed(function: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return a function's value, and the wall and CPU seconds that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = function()
    return value, time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=Path())
    parser.add_argument("--images", type=int, default=16)
    options = parser.parse_args()
    require(options.run)
    process.use_threads(2)
    process.keep_memory()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(options.run, folder, options.images)
        tables = {f"{name}_table": ecsv.read(folder / f"{name}.ecsv") for name in ("error", "degradation")}
        optics = deconvolution.Psf(*psf_files.read(folder / "otf.fits"))
        shared = {"psf": optics, "pointing": ecsv.read(folder / "pointing.ecsv"), **SETTINGS, **tables}

        def read(number: int) -> tuple[Any, Any]:
            return fits.read(folder / f"{number:02d}.fits"), jsoc_files.read_spikes(folder / f"{number:02d}_spikes.fits")

        def compute(_: int, found: tuple[Any, Any]) -> Any:
            return chain.reduce(found[0], shared | {"spikes": found[1]}, {}, process.trim_memory, ())

        def write(number: int, image: Any) -> None:
            fits.write(folder / f"out{number:02d}.fits", image, compressed=True)

        found = read(0)
        reduced = compute(0, found)
        write(0, reduced)
        numbers = range(options.images)
        rows = {
            "computing alone": timed(lambda: [compute(0, found) is None for _ in numbers]),
            "reading alone": timed(lambda: [read(number) is None for number in numbers]),
            "writing alone": timed(lambda: [write(number, reduced) for number in numbers]),
            "the batch": timed(lambda: list(pipeline.overlapped(numbers, read, compute, write))),
        }
        rows["floor of reading: the bytes"] = timed(lambda: [(folder / f"{n:02d}.fits").read_bytes() is None for n in numbers])
        rows["floor of writing: uncompressed"] = timed(lambda: [fits.write(folder / "plain.fits", reduced) for _ in numbers])
        size = (folder / "out00.fits").stat().st_size / 1e6
    lines = [f"{machine('numpy', 'numba', 'astropy')}; frame {TIME}, finished file {size:.0f} MB", ""]
    lines += [f"| {options.images} full frames | wall s | of computing | CPU s |", "|---|---|---|---|"]
    alone = rows["computing alone"][1]
    lines += [f"| {name} | {wall:.1f} | {wall / alone:.2f} | {cpu:.1f} |" for name, (_, wall, cpu) in rows.items()]
    keep(options.run, "files", "\n".join(lines))


if __name__ == "__main__":
    main()
