"""Runs that are killed, that meet another run, and that cannot write: nothing is lost, nothing is wrong."""

from __future__ import annotations

import random
import re
import shlex
import subprocess
import time

import pytest
from external import ENVIRONMENT, FINISHED, settings

pytestmark = pytest.mark.full

KILLS = 10  # of either way of making jobs
CHUNK = {"channels": [1600], "end": "2014-01-01T00:00:13", "batch": 2}
STEPS = {**CHUNK, "batch": 0, "steps": {"degradation": False}}


@pytest.mark.parametrize("aia", [CHUNK, STEPS], ids=["chunks", "single steps"])
def test_a_killed_run_is_completed_by_the_same_command(served, project, aia):
    """kill -9 at random moments spread over the run; after each the plain command ends with an undisturbed run's products.

    Killed are in turn the whole process group, as by a crash, and Snakemake alone, with its jobs left behind.
    """
    config = settings(served.url, aia=aia)
    undisturbed = project("undisturbed")
    undisturbed.configure(**config)
    jobs, expected = len(FINISHED.findall(undisturbed.run())), undisturbed.products()
    dice = random.Random(20140101)
    for turn in range(KILLS):
        one = project(f"killed{turn}")
        one.configure(**config)
        done, after_s = turn * jobs // KILLS, dice.uniform(0, 4)
        over = one.killed(done, after_s, whole=turn % 2 == 0)
        said = one.run()
        reported = (
            f"killed {after_s:.2f} s after job {done} of {jobs}, {'taken over' if 'was killed' in said else 'begun anew'}"
        )
        assert one.products() == expected, f"{reported}\n{said}"
        print(reported, "" if over is None else "(it was over)", flush=True)
    assert "Nothing to be done" in one.run("--dry-run")


def waiting_for(condition, seconds=120):
    """Return when the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_a_second_run_in_the_folder_is_refused_and_the_first_completes(served, project):
    one, other = project("one"), project("other")
    for each in (one, other):
        each.configure(**settings(served.url, aia=STEPS))
    first = one.start()
    waiting_for(lambda: list(one.folder.glob("results/logs/*/*/*.log")))
    second = one.run(fails=True)
    assert f"another run is at work here (process {first.pid} on " in second
    assert "Wait for its end, or stop it" in second and "Traceback" not in second
    assert "Building DAG" in one.run("--dry-run"), "a plan may be looked at meanwhile"
    said = first.communicate(timeout=900)[0]
    assert first.returncode == 0, said
    other.run()
    assert one.products() == other.products()


def test_jobs_left_behind_are_waited_for(serve, project):
    """Snakemake is killed amid a job that takes long: the next run begins when that job has ended."""
    served = serve(faults=[{"kind": "late", "match": "/SUM", "seconds": 20}])
    one = project("one")
    one.configure(**settings(served.url, aia=STEPS))
    process = one.start("results/aia/level1/1600/20140101T000013.fits")
    waiting_for(lambda: any(one.folder.glob("results/logs/aia_fetch/*/*.log")))  # the query before it is short
    process.kill()
    process.wait()
    said = one.run("results/aia/level1/1600/20140101T000013.fits")
    assert "Waiting for jobs that a killed run left behind" in said
    assert sum(request["path"].startswith("/SUM") for request in served.requests()) == 1, "nothing is fetched twice"


SPOILT = """
set -e
mkdir -p results
mount -t tmpfs -o {spoilt} none results
{prepare}
set +e
{run} > first.txt 2>&1
echo $? > first.rc
set -e
find results -name '*.fits' | xargs -r sha256sum > half.txt
mount -o remount,rw,size=1g none results
{run} > second.txt 2>&1
cd results/aia
find . -name '*.fits' -o -name '*.jpg' -o -name 'missing.tsv' | grep -v '/\\.' | xargs sha256sum
"""


@pytest.mark.parametrize(
    ("spoilt", "prepare", "reason"),
    [
        ("size=1g", "mkdir results/logs results/aia; mount -o remount,ro none results", "Read-only file system"),
        ("size=400k", "", "[Nn]ot enough (free )?space|No space left on device"),
    ],
    ids=["read-only results", "full disk"],
)
def test_a_folder_that_cannot_be_written_is_named_with_the_cure(served, project, spoilt, prepare, reason):
    """A file system of its own on the results folder, seen by this one shell only; then it is mended and the run repeated."""
    if subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here (unshare --mount is refused)")
    one, other = project("one"), project("other")
    for each in (one, other):
        each.configure(**settings(served.url, aia=STEPS))
    other.run()
    script = SPOILT.format(spoilt=spoilt, prepare=prepare, run=shlex.join([*other.command, "--cores", "2"]))
    mended = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script],
        **{"cwd": one.folder, "env": ENVIRONMENT, "capture_output": True, "text": True},
        check=False,
    )
    said = (one.folder / "first.txt").read_text()
    assert mended.returncode == 0, mended.stderr + said + (one.folder / "second.txt").read_text()[-3000:]
    assert (one.folder / "first.rc").read_text().strip() == "1"
    assert re.search(reason, said) and "Free space or change permissions" in said and "results" in said
    assert "Traceback" not in said
    whole = other.products()
    products = {f"results/aia/{name[2:]}": digest for digest, name in map(str.split, mended.stdout.splitlines())}
    assert products == whole
    half = dict(reversed(line.split()) for line in (one.folder / "half.txt").read_text().splitlines())
    assert {name: digest for name, digest in half.items() if name in whole}.items() <= whole.items()  # states between are none
