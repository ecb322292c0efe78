"""Runs that are killed, that meet another run, and that cannot write: nothing is lost, nothing is wrong."""

from __future__ import annotations

import random
import time

import pytest
from external import settings

pytestmark = pytest.mark.full

KILLS = 10  # of either kind
ONE = {"channels": [1600], "end": "2014-01-01T00:00:13", "batch": 0}


@pytest.mark.parametrize("whole", [True, False], ids=["process group", "Snakemake alone"])
@pytest.mark.parametrize("aia", [{}, ONE], ids=["chunks", "single steps"])
def test_a_killed_run_is_completed_by_the_same_command(served, project, whole, aia):
    """kill -9 at random moments spread over the run; after each the plain command ends with an undisturbed run's products."""
    config = settings(served.url, aia=aia)
    undisturbed = project("undisturbed")
    undisturbed.configure(**config)
    began = time.monotonic()
    undisturbed.run()
    lasted, expected = time.monotonic() - began, undisturbed.products()
    dice = random.Random(20140101)
    for turn in range(KILLS // 2):
        one = project(f"killed{turn}")
        one.configure(**config)
        moment = (turn + dice.random()) / (KILLS // 2) * lasted
        one.killed(moment, whole=whole)
        said = one.run()
        assert one.products() == expected, f"killed after {moment:.1f} of {lasted:.1f} s\n{said}"
        print(f"killed after {moment:.1f} of {lasted:.1f} s:", "taken over" if "was killed" in said else "not begun or done")
        assert "Nothing to be done" in one.run("--dry-run")
