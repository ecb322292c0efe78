"""Runs that are killed, that meet another run, and that cannot write: nothing is lost, nothing is wrong."""

from __future__ import annotations

import random
import time

import pytest
from external import settings

pytestmark = pytest.mark.full

KILLS = 10  # of either way of making jobs
CHUNK = {"channels": [1600], "batch": 2}
STEPS = {"channels": [1600], "end": "2014-01-01T00:00:13", "batch": 0}


@pytest.mark.parametrize("aia", [CHUNK, STEPS], ids=["chunks", "single steps"])
def test_a_killed_run_is_completed_by_the_same_command(served, project, aia):
    """kill -9 at random moments spread over the run; after each the plain command ends with an undisturbed run's products.

    Killed are in turn the whole process group, as by a crash, and Snakemake alone, with its jobs left behind.
    """
    config = settings(served.url, aia=aia)
    undisturbed = project("undisturbed")
    undisturbed.configure(**config)
    began = time.monotonic()
    undisturbed.run()
    lasted, expected = time.monotonic() - began, undisturbed.products()
    dice, taken_over = random.Random(20140101), 0
    for turn in range(KILLS):
        one = project(f"killed{turn}")
        one.configure(**config)
        moment = (turn + dice.random()) / KILLS * lasted
        one.killed(moment, whole=turn % 2 == 0)
        said = one.run()
        assert one.products() == expected, f"killed after {moment:.1f} of {lasted:.1f} s\n{said}"
        taken_over += "was killed" in said
        print(f"killed after {moment:.1f} of {lasted:.1f} s; {'taken over' if 'was killed' in said else 'planned anew'}")
    assert taken_over >= KILLS / 2, "most kills met jobs at work"
    assert "Nothing to be done" in one.run("--dry-run")
