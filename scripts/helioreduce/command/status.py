"""``helioreduce status``: how far series are, from the manifests of their parts; any time, also while jobs run elsewhere."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.io import manifests

#: Reasons shown of a channel.
_MOST = 5


def run(options: argparse.Namespace) -> int:
    """Print a line for each channel, and why images are missing."""
    found = {str(folder): of(folder) for folder in sorted(Path(options.folder, "results/aia").glob("series*/[0-9]*"))}
    if not found:
        raise InputError(
            "holds no part of a series yet",
            cure="A part shows when it is finished. aia.output.form must be series",
            where=options.folder,
        )
    if options.json:
        print(json.dumps(found, indent=1))
        return 0
    for folder, one in found.items():
        print(
            f"{folder}: {one['parts']} parts finished, {one['at_work']} begun; {one['done']} images, {one['missing']} missing"
        )
        reasons = sorted(one["reasons"].items(), key=lambda pair: -pair[1])
        print("".join(f"  {number} × {reason}\n" for reason, number in reasons[:_MOST]), end="")
    return 0


def of(folder: Path) -> dict[str, Any]:
    """Return how far the series of a channel are: parts, images by day, and reasons by number."""
    days, reasons = {}, Counter[str]()
    for file in sorted(folder.glob("*.ecsv")):
        states = manifests.states(file)
        days[file.stem] = {"done": sum(not reason for reason in states), "missing": sum(map(bool, states))}
        reasons.update(reason for reason in states if reason)
    totals = {key: sum(day[key] for day in days.values()) for key in ("done", "missing")}
    begun = sum(path.is_dir() for path in folder.glob(".*"))
    return {"parts": len(days), "at_work": begun, **totals, "reasons": dict(reasons), "days": days}
