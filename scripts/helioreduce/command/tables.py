"""``helioreduce tables``: AIA's calibration tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from helioreduce.api import aia_calibration
from helioreduce.io import atomic, ecsv


def run(options: argparse.Namespace) -> int:
    """Get the tables, print where they come from, write them where asked."""
    source = options.source if options.source in ("jsoc", "simulated") else Path(options.source)
    found = aia_calibration.calibration(source, version=options.table_version)
    tables = {"error": found.error, "degradation": found.degradation}
    if options.pointing:
        origin = options.source if options.source in ("jsoc", "simulated") else "jsoc"
        tables["pointing"] = aia_calibration.pointing_table(options.pointing, origin)
    if options.output:
        atomic.made(Path(options.output))
        for name, (rows, meta) in tables.items():
            ecsv.write(Path(options.output, f"{name}.ecsv"), rows, meta)
    if options.json:
        print(json.dumps({name: {**meta, "rows": len(rows)} for name, (rows, meta) in tables.items()}, indent=1))
    else:
        for name, (rows, meta) in tables.items():
            print(f"{name:<12}{len(rows):>5} rows  {ecsv.reference(meta)}")
    return 0
