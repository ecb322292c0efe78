"""Lines of progress: one for each finished job, with its words, its time, and what is left."""

import logging
from types import SimpleNamespace

import pytest

from helioreduce.runtime import progress


class Run:
    """Snakemake's records of a run, at times of our own, and the lines on the screen."""

    def __init__(self, **stats):
        self.now, self.lines = 100.0, []
        self.logger = logging.Logger("run")
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())
        self.logger.addHandler(handler)
        self.progress = progress.Progress(self.logger, lambda: self.now)
        self.logger.addFilter(self.progress)
        self.total, self.done = sum(stats.values()), 0
        self.log("", "RUN_INFO", stats={**stats, "total": self.total})

    def log(self, text, event, **extra):
        self.logger.info(text, extra={"event": SimpleNamespace(name=event), **extra})

    def start(self, job, rule, words):
        self.log(f" Rule: {rule}, Jobid: {job}", "JOB_INFO", jobid=job, rule_name=rule, rule_msg=words)

    def finish(self, *jobs):
        for job in jobs:
            self.log(f"Finished jobid: {job}", "JOB_FINISHED", job_id=job)
        self.done += len(jobs)
        self.log(None, "PROGRESS", done=self.done, total=self.total)

    @property
    def reported(self):
        return [line for line in self.lines if line.startswith("[")]


def test_a_line_for_each_finished_job_in_the_words_of_its_rule():
    run = Run(aia_prep=1, all=1)
    run.start(7, "aia_prep", "Register 171 Å at 20140101T000001_simulated.")
    run.now += 4.25
    run.finish(7)
    run.start(8, "all", "")
    run.finish(8)
    assert run.reported == ["[1/2] Register 171 Å at 2014-01-01T00:00:01 (simulated). 4.2 s", "[2/2] all 0.0 s"]
    assert not [line for line in run.lines if "Finished jobid" in line]


def test_snakemakes_lines_about_a_job_have_the_same_spelling():
    run, seen = Run(aia_prep=1), []
    run.logger.handlers[0].emit = seen.append
    run.start(7, "aia_prep", "Register 171 Å at 20140101T000001_simulated.")
    assert seen[0].rule_msg == "Register 171 Å at 2014-01-01T00:00:01 (simulated)."


def test_time_left_is_that_of_the_rules_to_come():
    """Ten short jobs and ten long ones, one at a time: after two of each, 8 × 1 s and 8 × 9 s are left."""
    run = Run(short=10, long=10)
    for job, (rule, seconds) in enumerate([("short", 1), ("long", 9)] * 2):
        run.start(job, rule, rule)
        run.now += seconds
        run.finish(job)
    assert run.reported[-1] == "[ 4/20] long 9.0 s; about 1 min left"
    assert "left" not in run.reported[0]


def test_jobs_at_a_time_shorten_what_is_left():
    """Four jobs of 40 s at a time: four of eight are done after 40 s, 40 s are left."""
    run = Run(rule=8)
    for job in range(4):
        run.start(job, "rule", "Work.")
    run.now += 40
    run.finish(*range(4))
    assert run.reported[-1] == "[4/8] Work. 40 s; about 40 s left"


def test_other_lines_stay_and_noise_goes():
    run = Run(rule=1)
    for text in ("Select jobs to execute...", "Execute 2 jobs...", "Error in rule aia_prep:"):
        run.logger.info(text)
    assert run.lines[-1] == "Error in rule aia_prep:" and not [line for line in run.lines if "jobs" in line]


def test_a_run_that_goes_on_by_itself_goes_on_counting(monkeypatch):
    """Two of three jobs are done when a frame turns out to be missing; the new process has two more."""
    first = Run(rule=3)
    for job in (1, 2):
        first.start(job, "rule", "Work.")
        first.finish(job)
    monkeypatch.setenv("HELIOREDUCE_JOBS_BEFORE", "")
    progress.hand_over(first.logger)
    second = Run(rule=2)
    second.start(1, "rule", "Take the pointing table of 20110215.")
    second.finish(1)
    assert second.reported == ["[3/4] Take the pointing table of 2011-02-15. 0.0 s"]
    assert Run(rule=2).progress.reported == 0, "a run that somebody types begins anew"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"), (3599, "1 h 0 min"), (9000, "2 h 30 min")],
)
def test_durations(seconds, words):
    assert progress.duration(seconds) == words


def test_it_is_installed_once():
    logger = logging.Logger("once")
    progress.install(logger)
    progress.install(logger)
    assert len(logger.filters) == 1
