"""Nodes, storage and network of a day, a month and the mission, out of stated inputs: the table of workflow/PLANNING.md.

Run it with other inputs to plan for another site:  python tests/benchmarks/planning.py --nodes 4 --cores 64 --mbit 300
"""

from __future__ import annotations

import argparse
import heapq
from dataclasses import dataclass

DAY_S = 86400.0
#: What a request is: days, cadence (s) and number of EUV channels.
REQUESTS = {
    "a day, all frames": (1.0, 12.0, 7),
    "a month, one image a minute": (30.0, 60.0, 7),
    "the mission, one image an hour": (15 * 365.25, 3600.0, 7),
}


@dataclass(frozen=True)
class Costs:
    """Of one image: sizes and steps sampled on a frame of the archive; Snakemake's own shares and the pause are assumed."""

    level1_mb: float = 12.4  # compressed, and its spikes
    product_mb: float = 151.0  # image, error, mask
    states: int = 6  # kept by the single steps, the finished one among them
    steps: int = 9  # jobs of the single steps
    stepwise_s: float = 19.8  # CPU seconds of these
    fused_s: float = 4.9  # CPU seconds, aia.batch and the quick look
    job_s: float = 2.9  # CPU seconds of Snakemake in a SLURM job,
    member_s: float = 1.3  # and for each member of a group
    batch: int = 100  # images per job
    wait_s: float = 1.0  # between two requests on one connection: the pause that JSOC is given


@dataclass(frozen=True)
class Site:
    """What reduces: nodes of so many cores, two per job, and the line to JSOC."""

    nodes: int = 2
    cores: int = 32
    mbit: float = 100.0


def fetched_s(images: int, costs: Costs, site: Site) -> float:
    """Seconds to transfer images and spikes, one after the other on one connection."""
    return images * (costs.level1_mb * 8 / site.mbit + 2 * costs.wait_s)


def reduced_s(images: int, costs: Costs, site: Site) -> float:
    """Seconds until the last job ends: chunks go to the first free pair of cores as soon as their frames are there."""
    free = [0.0] * (site.nodes * site.cores // 2)
    arrival = fetched_s(images, costs, site) / images
    for first in range(0, images, costs.batch):
        chunk = min(costs.batch, images - first)
        start = max(heapq.heappop(free), (first + chunk) * arrival)
        heapq.heappush(free, start + (chunk * costs.fused_s + costs.job_s) / 2)
    return max(free)


def hours(seconds: float) -> str:
    """A time in hours or days, as one reads it."""
    return f"{seconds / 3600:.1f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.1f} days"


def table(costs: Costs, site: Site) -> str:
    """The plan as Markdown."""
    rows = ["| request | images | transfer | CPU, fused | CPU, step by step | until done | level 1 | products | all states |"]
    rows.append("|---|---|---|---|---|---|---|---|---|")
    for name, (days, cadence_s, channels) in REQUESTS.items():
        images = int(days * DAY_S / cadence_s) * channels
        terabytes = [images * size / 1e6 for size in (costs.level1_mb, costs.product_mb, costs.states * costs.product_mb)]
        times = (
            fetched_s(images, costs, site),
            images * (costs.fused_s + costs.job_s / costs.batch),
            images * (costs.stepwise_s + costs.steps * costs.member_s),
            reduced_s(images, costs, site),
        )
        cells = [name, f"{images:,}", *map(hours, times), *(f"{size:.2f} TB" for size in terabytes)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in vars(Site()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    site = Site(**vars(parser.parse_args()))
    print(f"{site}\n{Costs()}\n\n{table(Costs(), site)}")
