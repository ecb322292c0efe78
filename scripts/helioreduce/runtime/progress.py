"""Lines of progress: one for each finished job, in the words of its rule's message, with what is done and what is left.

They read alike on a terminal, in a pipe and in the log of a cluster. Snakemake's plug-in ``rich`` (0.5.1 was tried) draws a bar
for each rule on a terminal, without channel or time, and writes nothing of the jobs into a pipe.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from helioreduce import times

#: Lines of Snakemake that say nothing of the reduction.
_NOISE = re.compile(r"Select jobs to execute|Execute \d+ jobs")
#: Jobs that the run has finished before it was started anew by itself, in the environment of the new process.
_BEFORE = "HELIOREDUCE_JOBS_BEFORE"


class Progress(logging.Filter):
    """Filter of Snakemake's logger that replaces its two lines for each finished job by one.

    A run that goes on by itself without frames that it could not have (see :func:`hand_over`) goes on counting.

    The time left is that of the remaining jobs, each as long as the mean finished one of its rule (of all rules where none of
    its own has finished), divided by the mean number of jobs that ran at a time. It is shown from the third job on.

    Parameters
    ----------
    logger
        Gets the lines.
    clock
        Returns the time, s.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._logger, self._clock = logger, clock
        self._begin: float | None = None
        self.reported = self._before = int(os.environ.pop(_BEFORE, "0"))
        self._started: dict[int, tuple[str, str, float]] = {}
        self._finished: list[int] = []
        self._left: Counter[str] = Counter()
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is passed on; the lines of finished jobs are written instead of some."""
        name = getattr(getattr(record, "event", None), "name", "")
        if name == "RUN_INFO":
            stats = getattr(record, "stats", {})
            self._left = Counter({rule: number for rule, number in stats.items() if rule != "total"})
        elif name == "JOB_INFO":
            self._start(record)
        elif name == "JOB_FINISHED":
            self._finished.append(getattr(record, "job_id", -1))
        elif name == "PROGRESS":
            self._report(getattr(record, "done", 0), getattr(record, "total", 0))
        return name not in ("JOB_FINISHED", "PROGRESS") and not _NOISE.match(str(record.msg))

    def _start(self, record: Any) -> None:
        """Note the beginning of a job."""
        if record.rule_msg:  # Snakemake's own lines about the job get the same words
            record.rule_msg = times.readable(record.rule_msg.strip())
        now = self._clock()
        self._begin = now if self._begin is None else self._begin
        self._started[record.jobid] = (record.rule_msg or record.rule_name, record.rule_name, now)

    def _report(self, done: int, total: int) -> None:
        """Write a line for each job that has finished since the last ones."""
        jobs, self._finished = self._finished, []
        done, total = done + self._before, total + self._before
        for number, job in enumerate(jobs, done - len(jobs) + 1):
            words, rule, start = self._started.pop(job, ("A job.", "", self._clock()))
            seconds = self._clock() - start
            self._seconds[rule].append(seconds)
            self._left[rule] -= 1
            left = self._remaining() if number - self._before > 2 and number < total else None
            rest = f"; about {duration(left)} left" if left is not None else ""
            self._logger.info(f"[{number:{len(str(total))}}/{total}] {words} {duration(seconds)}{rest}")
        self.reported = done

    def _remaining(self) -> float:
        """Return the time that the remaining jobs will take, s."""
        means = {rule: sum(seconds) / len(seconds) for rule, seconds in self._seconds.items()}
        count = sum(map(len, self._seconds.values()))
        worked = sum(mean * len(self._seconds[rule]) for rule, mean in means.items())
        at_a_time = max(1.0, worked / max(1e-9, self._clock() - (self._begin or 0.0)))
        return sum(number * means.get(rule, worked / count) for rule, number in (+self._left).items()) / at_a_time


def duration(seconds: float) -> str:
    """Return a duration for readers: tenths of a second, seconds, minutes, or hours and minutes."""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def install(logger: logging.Logger) -> None:
    """Have Snakemake's logger write these lines, once in a process."""
    if not any(isinstance(known, Progress) for known in logger.filters):
        logger.addFilter(Progress(logger))


def hand_over(logger: logging.Logger) -> None:
    """Have the process that takes the place of this one go on counting jobs."""
    if found := next((known for known in logger.filters if isinstance(known, Progress)), None):
        os.environ[_BEFORE] = str(found.reported)
