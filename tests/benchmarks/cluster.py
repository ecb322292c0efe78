"""The price of a request on SLURM: submissions, calls to the scheduler, CPU seconds beyond the same run on one machine.

Starts a SLURM of its own on the loopback interface (root, Debian's packages). Images are small cut-outs, so that what is
left is the price of the jobs; it grows with their number, not with the size of the images. CPU seconds are those of the whole
machine: let nothing else run.

    PYTHONPATH=scripts:tests/support python tests/benchmarks/cluster.py --frames 20 --batch 10
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _measure import machine
from astropy.io import fits
from slurm import Cluster, missing

from helioreduce.aia.channels import CAMERA

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = (94, 131, 171, 193, 211, 304, 335)


def frames(folder: Path, number: int) -> None:
    """Write so many cut-outs of 64 × 64 pixels in each of seven channels."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for channel in CHANNELS:
        for second in range(number):
            time_text = f"2014-01-01T00:{second // 60:02d}:{second % 60:02d}"
            header = fits.Header(
                {"TELESCOP": "SDO/AIA", "INSTRUME": f"AIA_{CAMERA[channel]}", "WAVELNTH": channel, "LVL_NUM": 1.0,
                 "T_OBS": time_text, "T_REC": time_text, "EXPTIME": 2.0, "QUALITY": 0, "BUNIT": "DN",
                 "CRPIX1": 1000.0, "CRPIX2": 1000.0, "CDELT1": 0.6, "CDELT2": 0.6, "CRVAL1": 0.0, "CRVAL2": 0.0,
                 "CROTA2": 0.0, "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec",
                 "R_SUN": 1600.0, "RSUN_OBS": 975.0}
            )  # fmt: skip
            fits.PrimaryHDU(rng.poisson(300, (64, 64)).astype(np.int16), header).writeto(
                folder / f"aia_{channel}_{second:03d}.fits"
            )


def busy_s() -> float:
    """CPU seconds that the machine has spent on anything."""
    user, nice, system = (int(value) for value in Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / 100


def reduced(folder: Path, cluster: Cluster, batch: int, *options: str) -> tuple[float, float, str]:
    """Run the workflow in a folder; wall and CPU seconds, and what it said."""
    settings = {"source": "local", "local": {"directory": str(folder.parent / "level1")}, "aia": {"batch": batch}}
    given = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *options, "--config", *given]
    folder.mkdir()
    start, before = time.perf_counter(), busy_s()
    run = subprocess.run(command, cwd=folder, env=cluster.environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return time.perf_counter() - start, busy_s() - before, run.stdout + run.stderr


def calls(cluster: Cluster) -> dict[str, int]:
    """Number of calls of each kind that the scheduler has answered."""
    return {
        name: int(count)
        for name, count in re.findall(r"(REQUEST_\w+|MESSAGE_\w+) +\( *\d+\) +count:(\d+)", cluster.ask("sdiag"))
    }


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20, help="in each of seven channels")
    parser.add_argument("--batch", type=int, default=10)
    given = parser.parse_args()
    if reason := missing():
        print(f"left out: {reason}")
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        frames(folder / "level1", given.frames)
        cluster = Cluster(folder / "slurm")
        cluster.folder.mkdir()
        cluster.start()
        try:
            reduced(folder / "warm", cluster, given.batch, "--cores", "2")
            here = reduced(folder / "here", cluster, given.batch, "--cores", "2")
            before = calls(cluster)
            there = reduced(folder / "there", cluster, given.batch, "--workflow-profile", str(ROOT / "profiles/slurm"))
            asked = {name: count - before.get(name, 0) for name, count in calls(cluster).items()}
        finally:
            cluster.stop()
    jobs = len(set(re.findall(r"SLURM jobid '?(\d+)", there[2])))
    print(machine("snakemake", "snakemake-executor-plugin-slurm"))
    print(f"\n| {given.frames * len(CHANNELS)} images, chunks of {given.batch} | here, 2 cores | SLURM |\n|---|---|---|")
    print(f"| wall s | {here[0]:.0f} | {there[0]:.0f} |\n| CPU s | {here[1]:.0f} | {there[1]:.0f} |")
    print(f"| jobs submitted | | {jobs} |\n| CPU s beyond, a job | | {(there[1] - here[1]) / jobs:.1f} |")
    print("\n".join(f"| {name} | | {count} |" for name, count in sorted(asked.items(), key=lambda item: -item[1]) if count))


if __name__ == "__main__":
    main()
