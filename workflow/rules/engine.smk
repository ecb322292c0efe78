"""Snakemake as plain `snakemake --cores N` needs it; it has public switches for the command line and profiles only."""

import dataclasses
from collections import deque
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from snakemake.dag import DAG
from snakemake.persistence import PersistenceBase
from snakemake.settings.types import RerunTrigger

from helioreduce.io.atomic import check_writable
from helioreduce.runtime import locks


def settled(given):
    """The settings of a plan.

    Snakemake's own "code" trigger reruns every step whose script has a new time, as in a fresh clone, and none whose
    imported module changed; the digest in `params` is right in both cases, so that trigger is taken out. What a killed run
    left unfinished is made again without being told to.
    """
    triggers = given.rerun_triggers - {RerunTrigger.CODE}
    return dataclasses.replace(given, rerun_triggers=triggers, force_incomplete=True)


def followed(dag, direction, *jobs, stop=None):
    """Jobs that are to be run because others are, breadth first: ancient files do not pass that on.

    Snakemake takes them for passing it on, and then looks at no reason of their own: a missing product or new parameters
    of a job behind an ancient file were passed over without a word, as long as that file was renewed in the same run
    (its issue 4166).
    """
    seen, todo = set(jobs), deque(jobs)
    while todo:
        job = todo.popleft()
        yield job
        for other, files in direction[job].items():
            if other not in seen and not (files and all(file.is_ancient for file in files)):
                seen.add(other)
                todo.append(other)


async def update_needrun(dag, *arguments, original=DAG.update_needrun, **options):
    """Which jobs are to be run, by reasons that ancient files do not hide."""
    dag.bfs = partial(followed, dag)
    try:
        await original(dag, *arguments, **options)
    finally:
        del dag.bfs


@contextmanager
def lock(persistence, original=PersistenceBase.lock):
    """Snakemake's lock of a folder, taken over from a run that was killed, and refused while another one is at work."""
    with ExitStack() as held:
        try:
            check_writable(Path("results"))
            if held.enter_context(locks.hold_run_lock(persistence.path)):
                logger.warning("The last run here was killed: its lock is taken over, its unfinished files are made again.")
                persistence.cleanup_locks()
                (persistence.path / "locks").mkdir(exist_ok=True)  # goes with its content
        except InputError as error:
            raise WorkflowError(str(error)) from None
        held.enter_context(original(persistence))
        yield


if DAG.update_needrun.__module__ == "snakemake.dag":  # once, also where several workflows take this one as a module
    DAG.update_needrun, PersistenceBase.lock = update_needrun, lock
type(workflow).dag_settings = property(
    lambda self: self.__dict__.get("dag_settings"),
    lambda self, given: self.__dict__.update(dag_settings=given and settled(given)),
)
