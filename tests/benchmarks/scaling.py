"""How cost grows: images, cores, size of the image, jobs of the plan. A table and a plot in results/benchmarks/.

    python tests/benchmarks/scaling.py [--run FOLDER] [--images 1 2 4 8] [--sizes 512 1024 2048 4096] [--cutouts 1 64]
                                       [--plans 10 100 1000]

FOLDER is the working folder of a finished run (`make demo` leaves one here); its 171 Å frame is reduced again and again, whole
or cut out. --plans are numbers of images whose reduction Snakemake plans, step by step and with 100 images per job; add 11000
for 10⁵ jobs (minutes, 1.4 GB). CPU seconds count; wall seconds mean something on an idle machine only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from _process import REPOSITORY, Cost, batched, keep, machine, prepare, process, require
from matplotlib.ticker import LogFormatter, NullLocator

from helioreduce.io import fits, jsoc_files

Costs = Mapping[int, Cost]


def plan(images: int, batch: int, folder: Path) -> tuple[int, Cost]:
    """Jobs of a dry run and what it costs, for 171 Å every 12 s from JSOC, nothing done yet."""
    end = (datetime(2014, 1, 1) + timedelta(seconds=12 * (images - 1))).isoformat()
    request = f"aia={{channels: [171], end: '{end}', batch: {batch}}}"
    words = (
        "--snakefile",
        REPOSITORY / "Snakefile",
        "--cores",
        1,
        "-n",
        "--quiet",
        "rules",
        "--config",
        "source=jsoc",
        request,
    )
    log = folder / "plan.log"
    cost = process(sys.executable, "-m", "snakemake", *words, folder=folder, log=log)
    return int(re.findall(r"^total\s+(\d+)$", log.read_text(), re.MULTILINE)[-1]), cost


def cut_out(folder: Path, size: int) -> None:
    """Frame 00 of the folder as a cut-out about its centre, with the spikes of the full frame."""
    frame = fits.read(folder / "full.fits")
    first = (frame.data.shape[0] - size) // 2
    header = frame.header.copy()
    header.update({f"CRPIX{axis}": header[f"CRPIX{axis}"] - first for axis in (1, 2)})
    part = slice(first, first + size)
    jsoc_files.write_compressed(folder / "00.fits", frame.data[part, part].astype(np.int16), header)


def by_size(folder: Path, sizes: Sequence[int]) -> dict[int, Cost]:
    """Cost of one image by its side in pixels."""
    (folder / "00.fits").rename(folder / "full.fits")
    costs = {}
    for size in sizes:
        cut_out(folder, size)
        costs[size] = batched(folder, 1)
    return costs


def of_cutouts(folder: Path, numbers: Sequence[int]) -> dict[int, Cost]:
    """Cost of cut-outs of 500² by their number."""
    cut_out(folder, 500)
    for i in range(1, max(numbers)):
        for end in (".fits", "_spikes.fits"):
            shutil.copyfile(folder / f"00{end}", folder / f"{i:02d}{end}")
    return {number: batched(folder, number) for number in numbers}


def table(title: str, costs: Costs) -> str:
    """Markdown rows of one curve."""
    rows = [f"| {n} | {cost.cpu_s:.1f} | {cost.wall_s:.1f} | {cost.peak_mb:.0f} |" for n, cost in costs.items()]
    return "\n".join(["", f"| {title} | CPU s | wall s | peak MiB |", "|---" * 4 + "|", *rows])


def draw(curves: Mapping[str, Costs], plans: Mapping[str, Costs], path: Path) -> None:
    """Four panels: the three curves of the chain, and planning."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 7.5), layout="constrained")
    for axis, (title, costs) in zip(axes.ravel(), curves.items(), strict=False):
        for label, value in (("CPU", "cpu_s"), ("wall", "wall_s")):
            axis.plot(list(costs), [getattr(cost, value) for cost in costs.values()], "o-", label=label)
        axis.set(xlabel=title, ylabel="s", xscale="log", yscale="log")
        axis.set_xticks(list(costs), labels=[str(n) for n in costs])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.legend(frameon=False)
    for name, costs in plans.items():
        axes[1, 1].loglog(list(costs), [cost.cpu_s for cost in costs.values()], "o-", label=name)
    axes[1, 1].set(xlabel="images planned", ylabel="CPU s")
    axes[1, 1].legend(frameon=False)
    for axis in axes.ravel():
        for formatter in (axis.yaxis.set_major_formatter, axis.yaxis.set_minor_formatter):
            formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.6)))
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print, keep the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    parser.add_argument("--images", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048, 4096])
    parser.add_argument("--cutouts", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--plans", type=int, nargs="+", default=[10, 100, 1000])
    given = parser.parse_args()
    require(given.run)
    ways, plans, lines = {"one job per step": 0, "100 images per job": 100}, {}, []
    with tempfile.TemporaryDirectory(prefix="scaling.", dir=given.run / "results") as temporary:
        folder = Path(temporary).resolve()
        for name, batch in ways.items():
            planned = {images: plan(images, batch, folder) for images in given.plans}
            plans[name] = {images: cost for images, (_, cost) in planned.items()}
            rows = [f"| {n} | {jobs} | {c.cpu_s:.1f} | {c.peak_mb:.0f} |" for n, (jobs, c) in planned.items()]
            lines += ["", f"| images planned, {name} | jobs | CPU s | peak MiB |", "|---" * 4 + "|", *rows]
        prepare(given.run, folder, max(given.images))
        cores = len(os.sched_getaffinity(0))
        curves = {"images": {n: batched(folder, n) for n in given.images}}
        curves["cores"] = {n: batched(folder, 2, n) for n in sorted({1, 2, cores // 2, cores} - {0})}
        curves["side of the image, pixels"] = by_size(folder, given.sizes)
        cutouts = of_cutouts(folder, given.cutouts)
    text = "\n".join(
        [
            machine("numpy", "numba", "snakemake"),
            *(table(*curve) for curve in curves.items()),
            table("cut-outs of 500²", cutouts),
            *lines,
        ]
    )
    draw(curves, plans, keep(given.run, "scaling", text) / "scaling.png")


if __name__ == "__main__":
    main()
