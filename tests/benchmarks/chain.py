"""The whole AIA chain, level-1 file to finished file, against aiapy: one process each, imports, reading and writing included.

    python tests/benchmarks/chain.py [--run FOLDER] [--images 16] [--rounds 3] [--jax PYTHON]

FOLDER is the working folder of a finished run (`make demo` leaves one here); its 171 Å frame is reduced again and again, by
each program in turn. The peer's PSF is given to it. It carries no error plane through deconvolution and registration; ours
carries sigma and mask through both, and the time for it is in.
aiapy ≥ 0.12 with JAX runs in an environment of its own: --jax names its Python, or one is made where a Python ≥ 3.12 is found.
Wall seconds mean something on an idle machine only. The table goes to results/benchmarks/chain.md. A round takes ten minutes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from _process import Cost, batched, keep, machine, prepare, process, require
from astropy.table import Table

from helioreduce.aia import psf
from helioreduce.io import ecsv

PEER = Path(__file__).with_name("_chain_aiapy.py")


def for_aiapy(folder: Path) -> None:
    """Tables and PSF as aiapy reads them."""
    for name in ("error", "degradation"):
        rows, _ = ecsv.read(folder / f"{name}.ecsv")
        Table(rows).write(folder / f"{name}.txt", format="ascii.basic")  # with quotes around texts that have spaces, or none
    np.save(folder / "psf.npy", psf.psf(171))
    (folder / "peer").mkdir()


def python_with_jax(folder: Path) -> str | None:
    """Python of a throw-away environment with aiapy and JAX; None, saying so, where there is none to be had."""
    for name in ("python3.12", "python3.13"):
        if (base := shutil.which(name)) and not subprocess.run([base, "-c", ""], capture_output=True, check=False).returncode:
            python = folder / "jax/bin/python"
            install = [python, "-m", "pip", "install", "--quiet", "aiapy==0.12.1", "jax"]
            made = [subprocess.run(words, check=False).returncode for words in ([base, "-m", "venv", folder / "jax"], install)]
            return None if any(made) else str(python)
    return None


def row(name: str, costs: list[Cost], reference: list[Cost]) -> str:
    """One line of the table: medians over the rounds, and the range of the ratio to ours, round by round."""
    wall, cpu = (statistics.median(getattr(cost, key) for cost in costs) for key in ("wall_s", "cpu_s"))
    ratios = sorted(theirs.wall_s / ours.wall_s for theirs, ours in zip(costs, reference, strict=True))
    in_cpu = statistics.median(theirs.cpu_s / ours.cpu_s for theirs, ours in zip(costs, reference, strict=True))
    peak = max(cost.peak_mb for cost in costs)
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return f"| {name} | {wall:.1f} | {spread} | {cpu:.1f} | {in_cpu:.2f} | {peak:.0f} |"


def main() -> None:
    """Run everything, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jax", help="Python of an environment with aiapy >= 0.12 and JAX")
    given = parser.parse_args()
    require(given.run)
    with tempfile.TemporaryDirectory(prefix="chain.", dir=given.run / "results") as temporary:
        folder = Path(temporary).resolve()
        prepare(given.run, folder, given.images)
        for_aiapy(folder)
        programs = {"helioreduce, batched": lambda: batched(folder, given.images)}
        for name, python in {"aiapy, numpy": sys.executable, "aiapy, JAX": given.jax or python_with_jax(folder)}.items():
            if python:
                programs[name] = partial(process, python, PEER, folder, given.images, folder=folder)
        rounds = [{name: program() for name, program in programs.items()} for _ in range(given.rounds)]
    costs = {name: [costs[name] for costs in rounds] for name in programs}
    lines = [machine("numpy", "scipy", "numba", "astropy", "sunpy", "aiapy"), ""]
    lines += [f"| {given.images} images, {given.rounds} rounds | wall s | ratio | CPU s | ratio | peak MiB |", "|---" * 6 + "|"]
    lines += [row(name, cost, costs["helioreduce, batched"]) for name, cost in costs.items()]
    if "aiapy, JAX" not in programs:
        lines += ["", "aiapy with JAX: left out, no Python ≥ 3.12 to run it."]
    keep(given.run, "chain", "\n".join(lines))


if __name__ == "__main__":
    main()
