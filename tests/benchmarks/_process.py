"""Whole processes measured: CPU seconds, wall seconds, peak memory; and the frame that they work on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))
TIME = "20140101T000001_simulated"
#: python -c BATCH FOLDER NUMBER THREADS DEVICE: the chain over the frames of a folder.
BATCH = """
import sys
import aia_batch
from helioreduce.runtime import process
folder, number, threads, device = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
frames = [(f"{folder}/{i:02d}.fits", f"{folder}/{i:02d}_spikes.fits", f"{folder}/pointing.ecsv",
           f"{folder}/ours/171/{i:02d}.fits", {}) for i in range(number)]
files = [f"{folder}/{name}" for name in ("error.ecsv", "degradation.ecsv", "otf.fits")]
process.use_threads(threads)
process.keep_memory()
exposure_time = {"source": "auto", "error": False}
settings = {"systematic": {}, "options": {}, "version": 10, "exposure_time": exposure_time}
aia_batch.main(frames, settings, {"aia": {"device": device, "quality": {}}}, "benchmark", *files)
"""


class Cost(NamedTuple):
    """What one process and its children took."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def process(*command: object, folder: Path, log: Path | None = None, **environment: str) -> Cost:
    """Run a command to its end; what it prints goes to ``log``, and its end to the screen if it fails."""
    began, log = time.perf_counter(), log or folder / "process.log"
    with open(log, "w") as out:
        child = subprocess.Popen(
            [str(word) for word in command], cwd=folder, env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))[-300:]}\n{log.read_text()[-2000:]}")
    cost = Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024)
    print(f"{Path(str(command[0])).name} {str(command[-2])[-20:]} {command[-1]}: {cost}", file=sys.stderr, flush=True)
    return cost


def batched(folder: Path, images: int, threads: int = 2, device: str = "cpu") -> Cost:
    """The chain over some frames of a folder, computed anew."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    command = (sys.executable, "-c", BATCH, folder, images, threads, device)
    return process(*command, folder=folder, PYTHONPATH=str(REPOSITORY / "scripts"))


def prepare(run: Path, folder: Path, number: int) -> None:
    """The 171 Å frame of a finished run, under several names, with spikes, tables and OTF."""
    results = run / "results" / "aia"
    for i in range(number):
        shutil.copyfile(results / f"level1/171/{TIME}.fits", folder / f"{i:02d}.fits")
        shutil.copyfile(results / f"spikes/171/{TIME}.fits", folder / f"{i:02d}_spikes.fits")
    shutil.copyfile(results / f"tables/pointing/{TIME[:8]}.ecsv", folder / "pointing.ecsv")
    shutil.copyfile(results / "psf/default/171.fits", folder / "otf.fits")
    for name in ("error", "degradation"):
        shutil.copyfile(results / f"tables/{name}.ecsv", folder / f"{name}.ecsv")


def require(run: Path) -> None:
    """Stop, saying why, where there is no finished run to work on."""
    if not (run / f"results/aia/normalised/171/{TIME}.fits").exists():
        print(f"left out: no finished run in {run.resolve()}; `make demo` makes one")
        sys.exit(0)


def machine(*packages: str) -> str:
    """Processor, cores, load and versions, in one line."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    found = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {found}"


def keep(run: Path, name: str, text: str) -> Path:
    """Print a table and keep it in results/benchmarks; the folder."""
    print(text, flush=True)
    target = run / "results" / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{name}.md").write_text(text + "\n")
    return target
