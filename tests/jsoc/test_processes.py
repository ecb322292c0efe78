"""Many jobs at once, and jobs and servers that are killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsoc_requests import EUV
from small_archive import QUICK

from helioreduce.archive.faults import Fault
from helioreduce.archive.server import Archive
from helioreduce.io import provenance
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.store import Store

RECNUMS = (5171, 5181, 5191)


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "scripts")}


JOB = """
import sys
from helioreduce.jsoc import fetch, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.store import Store
from helioreduce.jsoc.retry import RetryPolicy
url, store, recnum, method = sys.argv[1:]
retry_policy = RetryPolicy(retries=8, backoff_s=(0.02, 0.5), timeout_s=5, deadline_s=60, connect_retries=8)
client = Client.at(url, email="reader@localhost", retry_policy=retry_policy)
(record,) = client.records(f"aia.lev1_euv_12s[:#{recnum}]", ["image", "spikes"])
for name in ("image", "spikes"):
    path = None
    if method == "url":
        ((text, members),) = staged.batches([record])
        path = staged.paths(client, text, members, [name], store, staged.Waiting(0.02, 30.0))[record.name, name]
    fetch.segment(record, name, client.download_url, Store(store), path=path, retry_policy=client.retry_policy, connections=2)
"""


def job(url, store, recnum, method="url_quick"):
    """One job of a run, as its own process."""
    return subprocess.Popen([sys.executable, "-c", JOB, url, str(store), str(recnum), method], env=ENVIRONMENT)


def overlapping(requests):
    """Largest number of file transfers under way at one time, from the server's log."""
    files = [r for r in requests if r["path"].startswith("/SUM")]
    return max(sum(a["started"] <= b["started"] < a["ended"] for a in files) for b in files)


@pytest.mark.parametrize("method", ["url_quick", "url"])
def test_jobs_keep_the_limits_together(root, tmp_path, method):
    (root / "archive.json").write_text(json.dumps({"limits": {"staging_s": 0.05}}))
    slow = Fault("late", "/SUM", times=99, seconds=0.05)
    with Archive(root, faults=[slow]) as archive:
        jobs = [job(archive.url, tmp_path / "store", recnum, method) for recnum in (5171, 5181, 5191, 5171, 5181, 5191)]
        assert [one.wait(60) for one in jobs] == [0] * 6
        files = [request["path"] for request in archive.requests if request["path"].startswith("/SUM")]
        assert len(files) == len(set(files)) == 6, "nothing was fetched twice"
        assert overlapping(archive.requests) <= 2
    if method == "url":
        replies = [request for request in archive.requests if request["query"].get("op") == "exp_request"]
        assert len(replies) == 6 and pending_at_most(archive.exports) == 1


def pending_at_most(exports):
    """Largest number of requests that were pending at one time."""
    folders = [path.parent for path in exports.folder.glob("*/request.json")]
    spans = [(json.loads((f / "request.json").read_text())["created"], (f / "index.json").stat().st_mtime) for f in folders]
    return max(sum(a <= start < b for a, b in spans) for start, _ in spans)


def run(url, store, method):
    """An undisturbed run; the digests of its files."""
    assert [job(url, store, recnum, method).wait(60) for recnum in RECNUMS] == [0] * 3
    files = [path for path in (store / "objects").rglob("*") if path.is_file()]
    assert all(provenance.sha256(path) == path.name for path in files)
    client = Client.at(url, retry_policy=QUICK)
    found = [client.records(f"{EUV}[:#{recnum}]", ["image", "spikes"])[0] for recnum in RECNUMS]
    return {Store(store).find(record, name).file.name for record in found for name in ("image", "spikes")}


@pytest.mark.full
@pytest.mark.parametrize("method", ["url_quick", "url"])
def test_killed_jobs_and_servers_leave_nothing_wrong(root, tmp_path, method):
    """kill -9 at 20 random moments of job or server; the next run completes, with the same files as an undisturbed one."""
    dice = random.Random(20)
    slow = {"kind": "late", "match": "/SUM", "times": 999, "seconds": 0.1}
    (root / "archive.json").write_text(json.dumps({"faults": [slow], "limits": {"stale_s": 1.0}}))

    def server():
        command = [sys.executable, "-m", "helioreduce.archive", str(root)]
        running = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        return running, running.stdout.readline().split()[0]

    running, url = server()
    for turn in range(20):
        one = job(url, tmp_path / "store", RECNUMS[turn % 3], method)
        time.sleep(dice.uniform(0.5, 2.5))
        if turn % 4 == 3:
            running.kill()
            running.wait()
            running, url = server()
        one.kill()
        one.wait()
    assert run(url, tmp_path / "store", method) == run(url, tmp_path / "undisturbed", method)
    running.kill()
    running.wait()
