"""Corrections of Snakemake: what makes a file and why, the lock of a folder, wrong targets.

The only use of its private parts.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError
from snakemake.io import ancient, is_flagged, temp
from snakemake.logging import logger
from snakemake.output_index import OutputIndex
from snakemake.persistence import PersistenceBase
from snakemake.workflow import Workflow

from helioreduce.errors import InputError, unwritable
from helioreduce.io.atomic import check_writable
from helioreduce.runtime.locks import FOLDER, hold_run_lock

_update_needrun, _lock, _build_dag = DAG.update_needrun, PersistenceBase.lock, Workflow._build_dag
_check_directory_outputs = DAG.check_directory_outputs
_index_products, _match_producers = OutputIndex.__init__, OutputIndex.match_producers


class Refused(WorkflowError):
    """The end of a run that cannot begin; without a place in the workflow's code its words are the last on the screen."""

    __traceback__ = None


def install() -> None:
    """Put the corrections in place, for every run of this process.

    Raises
    ------
    Refused
        If the path of the interpreter has a blank: Snakemake puts it into a shell as it is. If the working folder cannot be
        written: Snakemake would end in a traceback. If settings are given twice: Snakemake would take the second alone.
    """
    for option in ("--config", "-C", "--configfile", "--configfiles"):
        if sys.argv.count(option) > 1:
            raise Refused(f"{option} is given twice, and the second would count alone. Write all of it behind one {option}")
    if " " in sys.executable:
        raise Refused(f"{sys.executable}: this path has a blank, and Snakemake cannot run it. Move the environment")
    try:
        check_writable(FOLDER)
    except InputError as error:
        raise Refused(str(error)) from None
    DAG.update_needrun, PersistenceBase.lock, Workflow._build_dag = update_needrun, lock, build_dag
    OutputIndex.__init__, OutputIndex.match_producers = index_products, match_producers
    DAG.check_directory_outputs = check_directory_outputs


def check_targets(workflow: Any, check: Callable[[Sequence[str], list[str]], None]) -> None:
    """Have ``check`` look at the targets of the command line and the names of all rules and files, before anything is planned.

    Its :class:`InputError` ends the run in one line.
    """
    prepare = workflow._prepare_dag

    def checked(*arguments: Any, **options: Any) -> Any:
        """Check the targets before Snakemake builds its graph."""
        try:
            known = [*(rule.name for rule in workflow.rules), *(str(file) for rule in workflow.rules for file in rule.output)]
            check([str(target) for target in workflow.dag_settings.targets], known)
        except InputError as error:
            raise Refused(str(error)) from None
        return prepare(*arguments, **options)

    workflow._prepare_dag = checked


def temporary_unless(is_kept: Callable[[str], bool], file: str) -> Any:
    """Return an output that is removed after its last use unless it is kept."""
    return file if is_kept(file) else temp(file)


def ancient_unless(is_followed: Callable[[str], bool], find: Callable[[Any], str]) -> Callable[[Any], Any]:
    """Return an input function whose file starts no job by being newer, unless the job follows it."""

    def found(wildcards: Any) -> Any:
        """Return the file for one job."""
        file = find(wildcards)
        return file if is_followed(file) else ancient(file)

    return found


def files(workflow: Any) -> set[str]:
    """Return the files of all jobs of a run: what it makes, or finds finished."""
    return {str(file) for job in workflow.dag.jobs for file in job.output}


def remove_left_behind(workflow: Any) -> None:
    """Remove the temporary files of a run's jobs that a killed run could not remove after their last use."""
    if getattr(workflow.persistence, "left_behind", False):
        left = (file for job in workflow.dag.jobs for file in job.output if is_flagged(file, "temp"))
        for file in left:
            if file not in workflow.dag.targetfiles:
                Path(file).unlink(missing_ok=True)


def build_dag(workflow: Any) -> None:
    """Build the graph of jobs; a file where one of them needs a folder ends the run in one line, before anything is made."""
    try:
        _build_dag(workflow)
        files = (file for job in workflow.dag.needrun_jobs() for file in (*job.output, *job.log))
        for folder in {str(file).rpartition("/")[0] for file in files}:
            with suppress(FileNotFoundError):
                Path(folder, "any").stat()  # raises NotADirectoryError below a file
    except NotADirectoryError as error:
        raise Refused(str(unwritable(error, error.filename))) from None


def index_products(index: Any, rules: list[Any]) -> None:
    """Index what rules make: an exact name by itself, a pattern by its beginning, as Snakemake does with both.

    It would compile every name to a pattern and try one after the other, and a rule of a chunk has hundreds of names.
    """
    index.exact = defaultdict[str, set[Any]](set)
    for rule in rules:
        for file in () if rule.has_wildcards() else rule.products():
            index.exact[str(file)].add(rule)
    _index_products(index, [rule for rule in rules if rule.has_wildcards()])


def match_producers(index: Any, file: str) -> set[Any]:
    """Return the rules that make a file."""
    return index.exact.get(file, set()) | _match_producers(index, file)


def check_directory_outputs(dag: Any) -> None:
    """Refuse a product inside of another job's: Snakemake's own check, only where some product has the name of a folder.

    It sorts the paths of all products, a tenth of the time of a large plan.
    """
    products = {str(file) for job in dag.jobs for file in job.output}
    folders = {Path(file.rpartition("/")[0]) for file in products}
    if not products.isdisjoint(str(place) for folder in folders for place in (folder, *folder.parents)):
        _check_directory_outputs(dag)


async def update_needrun(dag: Any, *arguments: Any, **options: Any) -> None:
    """Find the jobs to be run, with reasons that do not pass through ancient inputs, and are not hidden by them.

    Snakemake takes a job behind an ancient input for one that is run because the input is, and then considers no reason of
    the job's own: a missing product or new parameters are passed over without a word while the input is renewed (its
    issue 4166). And an ancient input that is not there, and is made for another job, would start the jobs behind it.
    """
    whole, dag.depending = dag.depending, _Followed(dag.depending)
    try:
        await _update_needrun(dag, *arguments, **options)
    finally:
        dag.depending = whole


class _Followed:
    """The jobs that are run because a job is, with the files: those behind ancient files only are not."""

    def __init__(self, depending: Mapping[Any, Mapping[Any, Collection[Any]]]) -> None:
        self._depending = depending

    def __getitem__(self, job: Any) -> dict[Any, Collection[Any]]:
        found = self._depending[job].items()
        return {other: files for other, files in found if not (files and all(file.is_ancient for file in files))}


@contextmanager
def lock(persistence: Any) -> Iterator[None]:
    """Hold Snakemake's lock of a folder: taken over from a killed run, refused while another one is at work."""
    with ExitStack() as held:
        try:
            check_writable(Path("results/logs"))
            if held.enter_context(hold_run_lock(persistence.path)):
                persistence.left_behind = True
                logger.warning("The last run here was killed: its lock is taken over, its unfinished files are made again.")
                persistence.cleanup_locks()
                (persistence.path / "locks").mkdir(exist_ok=True)  # goes with its content
        except InputError as error:
            raise Refused(str(error)) from None
        held.enter_context(_lock(persistence))
        yield
