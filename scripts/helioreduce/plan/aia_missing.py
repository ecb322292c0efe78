"""Frames that a run finds to be missing or bad, or to have come back: the same command goes on without them, or with them."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterable, Mapping

from helioreduce.jsoc.errors import TransientExhausted
from helioreduce.jsoc.policy import UNMET, Loss
from helioreduce.plan import selection
from helioreduce.plan.aia import Key, Plan
from helioreduce.plan.aia_batch import Batches
from helioreduce.runtime import progress

#: How often in a row a run may go on without a frame for which the archive was too busy.
_BUSY_AT_MOST = 3
_BUSY = "HELIOREDUCE_BUSY"


def goes_on(batches: Batches, others: int = 0) -> bool:
    """Run again without the frames that a run could not fetch or reduce, or with those that are back; return whether it does.

    ``others`` are frames of other instruments that it could not reduce.

    The same command takes the place of this process once Snakemake has ended. It cannot come to that twice for the same
    frames: the new plan leaves out what is missing or bad, and what is still missing has been asked for.
    """
    bad = len(Batches.of(batches.plan).plan.refused) - len(batches.plan.refused) + others
    if bad:
        print(f"\nImages that cannot be reduced: {bad}.")
    missing = batches.plan.losses()
    lost = _lost(batches.plan, missing)
    back = batches.plan.lost.keys() - missing.keys()
    if back:
        print(f"\nFrames that were missing have come back: {len(back)}.")
    if _busy(missing[frame].kind for frame in lost) > _BUSY_AT_MOST:
        print("The archive is too busy: type the same command again later.")
        return False
    return bool(bad or lost or back) and _run_again("They are left out, and the" if bad or lost else "The")


def _lost(plan: Plan, missing: Mapping[Key, Loss]) -> set[tuple[str, str]]:
    """Return the frames that a run found missing, and name them."""
    if lost := plan.frames.keys() & missing.keys():
        reasons = [missing[frame] for frame in lost]
        print("", *selection.notes(reasons, len(plan.wanted)), sep="\n")
        if reasons.count(UNMET) < len(reasons) and plan.source.jsoc["on_missing"] == "fail":
            print('To end without an error, set on_missing: skip in config.yaml, or add --config jsoc="{on_missing: skip}".')
    return lost


def _busy(kinds: Iterable[str]) -> int:
    """Return how many runs in a row have lost frames only because the archive was too busy."""
    number = int(os.environ.get(_BUSY, "0")) + 1 if set(kinds) == {TransientExhausted.__name__} else 0
    os.environ[_BUSY] = str(number)
    return number


def _run_again(the: str) -> bool:
    """Have the same command take the place of this process, in the folder in which it was typed; return that it does."""
    print(f"{the} run goes on.", flush=True)
    progress.hand_over(logging.getLogger("snakemake.logging"))
    atexit.register(os.execv, sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return True
