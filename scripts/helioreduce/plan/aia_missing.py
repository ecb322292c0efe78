"""Frames that a run finds to be missing or bad: leave them out and go on, or say what to type to have that done."""

from __future__ import annotations

import atexit
import os
import sys

from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_batch import Batches


def goes_on(batches: Batches) -> bool:
    """Run again without the frames that a failed run could not fetch or reduce; return whether that is done.

    The same command takes the place of this process once Snakemake has ended. It cannot come to that twice for the same
    frames, because the new run's plan leaves them out.
    """
    bad = len(Batches.of(batches.plan).plan.refused) - len(batches.plan.refused)
    if bad:
        print(f"\n{bad} images cannot be reduced.")
    return (_leaves_out_missing(batches.plan) or bool(bad)) and _run_again()


def _leaves_out_missing(plan: Plan) -> bool:
    """Tell which frames a failed run found missing; return whether the configuration says to go on without them."""
    if plan.source.is_local or not (lost := plan.source.missing(plan.frames_of_day) & plan.frames.keys()):
        return False
    print(f"\n{len(lost)} of {len(plan.frames)} frames are unavailable; results/aia/missing.tsv lists them with the reasons.")
    if plan.source.jsoc["on_missing"] == "fail":
        print('To go on without them, set on_missing: skip in config.yaml, or add --config jsoc="{on_missing: skip}".')
        return False
    return True


def _run_again() -> bool:
    """Have the same command take the place of this process; return whether that can be done."""
    if {"-d", "--directory"} & set(sys.orig_argv):
        print("They are left out from now on: type the same command again.")
        return False
    print("They are left out, and the run goes on.", flush=True)
    atexit.register(os.execv, sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return True
