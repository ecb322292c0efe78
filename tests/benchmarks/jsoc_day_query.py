"""A day of AIA: 7 channels × 7200 records with all keywords, queried from the archive. Prints CPU time and peak memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from helioreduce import times
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.records import save

CHANNELS = (94, 131, 171, 193, 211, 304, 335)
START = times.parse("2014-01-01T00:00:01Z")


def build(root: Path, slots: int = 7200) -> None:
    """One table per channel."""
    first = times.tai_seconds(START)
    for channel in CHANNELS:
        rows = []
        for i in range(slots):
            when = times.iso(times.from_tai(first + 12 * i))
            rows.append(
                {
                    "T_REC": when,
                    "T_OBS": when,
                    "DATE__OBS": when,
                    "WAVELNTH": channel,
                    "FSN": 10 * i,
                    "EXPTIME": 2.0,
                    "QUALITY": 0,
                }
            )
        (root / f"{channel}.json").write_text(json.dumps({"series": "aia.lev1_euv_12s", "records": rows}))


def main() -> None:
    """Build, serve in another process, query, report."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        command = [sys.executable, "-m", "helioreduce.archive", folder]
        path = {"PYTHONPATH": sys.path[0]}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=path) as server:
            client = Client.at(server.stdout.readline().split()[0])
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            started, cpu, count = time.perf_counter(), time.process_time(), 0
            for channel in CHANNELS:
                found = client.frames(channel, START, times.from_tai(times.tai_seconds(START) + 86399), 12.0)
                save(Path(folder, f"{channel}.jsonl"), counted(found, tally := []))
                count += len(tally)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{count} records in {time.perf_counter() - started:.1f} s (client CPU {time.process_time() - cpu:.1f} s)")
            print(f"memory of the client {before:.0f} MB, at most {peak:.0f} MB in {len(client.queries)} queries")
            server.terminate()


def counted(records, tally: list):
    """The records, one mark in ``tally`` for each."""
    for record in records:
        tally.append(1)
        yield record


if __name__ == "__main__":
    main()
