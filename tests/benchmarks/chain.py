"""The whole AIA chain, level-1 file to finished file, against aiapy: one process each, imports, reading and writing included.

    python tests/benchmarks/chain.py [--run FOLDER] [--images 16] [--peer-images 2] [--jax PYTHON]

FOLDER is the working folder of a finished run (`make demo` leaves one here); its 171 Å frame is reduced again and again. The
peer is slow, so it reduces fewer images: what it takes for 16 is its start plus 16 times the difference. It carries no error
plane through deconvolution and registration; ours carries sigma and mask through both, and the time for it is in.
aiapy ≥ 0.12 with JAX runs in an environment of its own: --jax names its Python, or one is made where a Python ≥ 3.12 is found.
CPU seconds count; wall seconds mean something on an idle machine only. The table goes to results/benchmarks/chain.md.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _process import Cost, batched, keep, machine, prepare, process, require

from helioreduce import ecsv
from helioreduce.aia import psf

IMAGES = 16
PEER = Path(__file__).with_name("_chain_aiapy.py")


def for_aiapy(folder: Path) -> None:
    """Tables and PSF as aiapy reads them."""
    for name in ("error", "degradation"):
        rows, _ = ecsv.read(folder / f"{name}.ecsv")
        lines = [rows[0].keys(), *(row.values() for row in rows)]
        (folder / f"{name}.txt").write_text("\n".join(" ".join(map(str, line)) for line in lines))
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


def row(name: str, costs: dict[int, Cost], reference: float) -> str:
    """One line of the table, from the costs of one image and of several."""
    (_, one), (images, several) = costs.items()
    each, whole = per_image(costs), in_all(costs)
    return (
        f"| {name} | {whole:.0f} | {whole / reference:.1f} | {each:.1f} | {one.cpu_s - each:.1f} "
        f"| {several.wall_s:.0f} ({images}) | {several.peak_mb:.0f} |"
    )


def per_image(costs: dict[int, Cost]) -> float:
    """CPU seconds of one image more."""
    (one, first), (several, last) = costs.items()
    return (last.cpu_s - first.cpu_s) / (several - one)


def in_all(costs: dict[int, Cost]) -> float:
    """CPU seconds of a process that reduces 16 images, start-up included."""
    one, first = next(iter(costs.items()))
    return first.cpu_s + (IMAGES - one) * per_image(costs)


def main() -> None:
    """Run everything, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--peer-images", type=int, default=2)
    parser.add_argument("--jax", help="Python of an environment with aiapy >= 0.12 and JAX")
    given = parser.parse_args()
    require(given.run)
    with tempfile.TemporaryDirectory(prefix="chain.", dir=given.run / "results") as temporary:
        folder = Path(temporary).resolve()
        prepare(given.run, folder, max(given.images, given.peer_images))
        for_aiapy(folder)
        jax = given.jax or python_with_jax(folder)
        costs = {"helioreduce, batched": {n: batched(folder, n) for n in (1, given.images)}}
        for name, python in (("aiapy, numpy", sys.executable), ("aiapy, JAX", jax)):
            if python:
                costs[name] = {n: process(python, PEER, folder, n, folder=folder) for n in (1, given.peer_images)}
    lines = [machine("numpy", "scipy", "numba", "astropy", "sunpy", "aiapy"), ""]
    lines += [
        f"| | CPU s, {IMAGES} images | ratio | CPU s, one more | start-up, CPU s | wall s (images) | peak MiB |",
        "|---" * 7 + "|",
    ]
    lines += [row(name, cost, in_all(costs["helioreduce, batched"])) for name, cost in costs.items()]
    keep(given.run, "chain", "\n".join([*lines, *([] if jax else ["", "aiapy with JAX: left out, no Python ≥ 3.12 with it."])]))


if __name__ == "__main__":
    main()
