"""Functions side by side: CPU seconds, wall seconds and peak memory, alternating in one process."""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))


@dataclass
class Times:
    """What the calls of one function took."""

    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    def row(self, name: str, reference: float) -> str:
        """One line of the table; ``reference`` is the median CPU time of the first function."""
        cpu = statistics.median(self.cpu_s)
        spread = max(self.cpu_s) - min(self.cpu_s)
        wall = statistics.median(self.wall_s)
        return f"| {name} | {cpu:.3f} ± {spread / 2:.3f} | {wall:.3f} | {cpu / reference:.2f} | {self.peak_mb:.0f} |"


def alternate(title: str, functions: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Times]:
    """Call each function once to warm up, then in turn, ``rounds`` times, and print a table; the first is the reference."""
    times = {name: Times() for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            _call(function, times[name])
    reference = statistics.median(next(iter(times.values())).cpu_s)
    print(f"\n{title}\n| | CPU s | wall s | ratio (CPU) | peak MB above start |\n|---|---|---|---|---|")
    print("\n".join(entry.row(name, reference) for name, entry in times.items()), flush=True)
    return times


def _call(function: Callable[[], Any], times: Times) -> None:
    gc.collect()
    before = _reset_peak()
    cpu, wall = time.process_time(), time.perf_counter()
    function()
    times.cpu_s.append(time.process_time() - cpu)
    times.wall_s.append(time.perf_counter() - wall)
    times.peak_mb = max(times.peak_mb, _memory("VmHWM") - before)


def _reset_peak() -> float:
    """Start a new peak of resident memory (Linux); the present memory in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def arguments(description: str, benches: Iterable[str]) -> argparse.ArgumentParser:
    """Return the options of a benchmark of several parts."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=list(benches))
    parser.add_argument(
        "--keep-memory", action="store_true", help="keep what is freed, as a batch does; peaks say nothing then"
    )
    return parser


def machine(*packages: str) -> str:
    """Processor, cores, load and versions, in one line."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    found = ", ".join(f"{name} {_version(name)}" for name in packages)
    return f"{model}, {len(os.sched_getaffinity(0))} cores, load {load}; Python {platform.python_version()}, {found}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
