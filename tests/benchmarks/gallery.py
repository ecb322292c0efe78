"""aiapy's seven gallery examples, computed here and by aiapy from the same files: numbers, CPU seconds and lines.

    python tests/benchmarks/gallery.py [--rounds 3] [--jax PYTHON] [--data FOLDER] [--folder FOLDER]

Each example is a process of its own, start-up, compilation and reading included; neither draws or downloads. Frames are
4096² of the embedded Sun, tables and instrument file SolarSoft's in FOLDER. aiapy 0.12.1 with JAX runs in an environment of
its own: --jax names its Python, or one is made where a Python ≥ 3.12 is found; --folder keeps the frames for the next time.
The table goes to results/benchmarks/gallery.md.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from _process import REPOSITORY, keep, machine, process
from chain import python_with_jax

from helioreduce import aia
from helioreduce.io import ecsv

sys.path.insert(0, str(REPOSITORY / "tests/project"))
from test_examples import AIAPY, code_lines

HERE = Path(__file__).parent
EDGE = 60
FLARE = [f"2021-07-03T14:25:{second}" for second in ("00", "12", "24")]


def prepare(folder: Path, data: Path) -> None:
    """Frames of the embedded Sun, and SolarSoft's tables."""
    for channel in (94, 171, 193):
        (image,) = aia.fetch("2019-01-01", channel, folder=folder / "level1")
        shutil.copy(image, folder / f"{channel}.fits")
    shutil.copy(next((folder / "level1").glob("*193.spikes*")), folder / "193_spikes.fits")
    for number, image in enumerate(aia.fetch(FLARE, 211, folder=folder / "level1", events={"short": ["211/20210703T1425*"]})):
        shutil.copy(image, folder / f"211_{number}.fits")
    for name, at in (("pointing", "2019-01-01"), ("pointing_flare", FLARE)):
        ecsv.write(folder / f"{name}.ecsv", *aia.pointing_table(at, "simulated"))
    for table in (data / "tables").glob("aia_V*_table.txt"):
        shutil.copy(table, folder)
    shutil.copy(next((data / "tables").glob("aia_V10_*")), folder / "degradation.txt")
    shutil.copy(next((data / "response").glob("aia_V9*.sav")), folder / "instrument.sav")


def difference(folder: Path, name: str) -> str:
    """The largest difference of the numbers of an example, over the largest number of its array.

    Of registered frames without the pixels at the edge, where aiapy interpolates with the value that it fills in.
    """
    ours, theirs = (np.load(folder / f"{name}.{who}.npz") for who in ("ours", "theirs"))
    reported = []
    for key in ours:
        own, peer = ours[key].astype(float), theirs[key].astype(float)
        if own.shape == (4096, 4096):
            own, peer = own[EDGE:-EDGE, EDGE:-EDGE], peer[EDGE:-EDGE, EDGE:-EDGE]
        both = np.isfinite(own) & np.isfinite(peer)
        reported.append(np.abs(own - peer)[both].max() / np.abs(peer[both]).max())
    return f"{max(reported):.1e}"


def main() -> None:
    """Run everything, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jax", help="Python of an environment with aiapy 0.12.1 and JAX")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared/data/aia")
    parser.add_argument("--folder", type=Path, help="where the frames are kept; default: a temporary folder")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"left out: no tables and instrument files of SolarSoft in {given.data}")
        return
    with tempfile.TemporaryDirectory(prefix="gallery.") as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if not (jax := given.jax or python_with_jax(folder)):
            print("left out: no Python ≥ 3.12 for aiapy 0.12.1")
            return
        if not (folder / "instrument.sav").exists():
            prepare(folder, given.data)
        programs = {"ours": (sys.executable, HERE / "_gallery_ours.py"), "theirs": (jax, HERE / "_gallery_aiapy.py")}
        paths = {"ours": {"PYTHONPATH": str(REPOSITORY / "scripts")}, "theirs": {}}
        lines = [
            machine("numpy", "numba", "astropy"),
            "",
            "| example | CPU s | aiapy | ratio | lines | aiapy | largest difference |",
        ]
        lines += ["|---" * 7 + "|"]
        for name, their_lines in AIAPY.items():
            costs = [
                {who: process(*words, folder, name, folder=folder, **paths[who]).cpu_s for who, words in programs.items()}
                for _ in range(given.rounds)
            ]
            own, peer = (statistics.median(cost[who] for cost in costs) for who in programs)
            own_lines = code_lines(REPOSITORY / f"docs/examples/{name}.py")
            reported = f"{own_lines} | {their_lines} | {difference(folder, name)}"
            lines.append(f"| {name} | {own:.1f} | {peer:.1f} | {peer / own:.1f} | {reported} |")
    keep(Path(), "gallery", "\n".join(lines))


if __name__ == "__main__":
    main()
