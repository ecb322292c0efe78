"""Frames that a run finds to be missing: leave them out and go on, or say what to type to have that done."""

from __future__ import annotations

import atexit
import os
import sys

from helioreduce.plan.aia import Plan


def after_failure(plan: Plan) -> None:
    """Tell which frames a failed run found missing; where the configuration says so, run again without them.

    The same command takes the place of this process once Snakemake has ended. It cannot come to that twice for the same
    frames, because the new run's plan leaves them out.
    """
    if plan.source.is_local or not (lost := plan.source.missing(plan.frames_of_day) & plan.frames.keys()):
        return
    print(f"\n{len(lost)} of {len(plan.frames)} frames are unavailable; results/aia/missing.tsv lists them with the reasons.")
    if plan.source.jsoc["on_missing"] == "fail":
        print('To go on without them, set on_missing: skip in config.yaml, or add --config jsoc="{on_missing: skip}".')
    elif {"-d", "--directory"} & set(sys.orig_argv):
        print("They are left out from now on: type the same command again.")
    else:
        print("They are left out, and the run goes on.", flush=True)
        atexit.register(os.execv, sys.executable, [sys.executable, *sys.orig_argv[1:]])
