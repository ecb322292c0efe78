"""Locks between processes: exclusive, shared, limited in number, and gone with their holder."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helioreduce.errors import InputError, LockTimeout
from helioreduce.runtime import locks

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(locks.__file__).parents[2])}


@pytest.fixture
def holder(tmp_path):
    """Start a process that holds locks: ``holder("hold_run_lock(folder)")``, any number of context managers."""
    started = []

    def start(*held: str) -> subprocess.Popen:
        inside = ", ".join(f"locks.{one}" for one in held)
        code = f"""import sys, time
from pathlib import Path
from helioreduce.runtime import locks
folder = Path(sys.argv[1])
with {inside}:
    print("held", flush=True)
    time.sleep(60)
"""
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=ENVIRONMENT, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_second_run_is_refused_and_names_the_first(tmp_path, holder):
    first = holder("hold_run_lock(folder)")
    with (
        pytest.raises(InputError, match=f"another run is at work here .process {first.pid} on "),
        locks.hold_run_lock(tmp_path),
    ):
        pass


def test_only_a_killed_run_is_reported(tmp_path, holder):
    for _ in range(2):
        with locks.hold_run_lock(tmp_path) as killed:
            assert not killed
    first = holder("hold_run_lock(folder)")
    first.kill()
    first.wait()
    with locks.hold_run_lock(tmp_path) as killed:
        assert killed
    with locks.hold_run_lock(tmp_path) as killed:
        assert not killed


def test_a_run_that_fails_is_not_a_killed_one(tmp_path):
    with pytest.raises(KeyError), locks.hold_run_lock(tmp_path):
        raise KeyError
    with locks.hold_run_lock(tmp_path) as killed:
        assert not killed


def test_jobs_of_a_killed_run_are_waited_for(tmp_path, holder, monkeypatch, capsys):
    job, other = holder("hold_job_lock(folder)"), holder("hold_job_lock(folder)")
    run = holder("hold_run_lock(folder)")
    run.kill()
    run.wait()
    other.kill()
    other.wait()
    waits = []

    def end_job(seconds):
        waits.append(seconds)
        job.kill()
        job.wait()

    monkeypatch.setattr(locks.time, "sleep", end_job)
    with locks.hold_run_lock(tmp_path) as killed:
        assert killed and waits
    assert capsys.readouterr().err.count("Waiting for jobs") == 1


def test_a_job_outside_a_run_holds_nothing(tmp_path):
    with locks.hold_job_lock(tmp_path / "absent"):
        assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="absent: cannot be written"), locks.hold_run_lock(tmp_path / "absent"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), locks.hold_slot(tmp_path / "file", 1, name="one"):
        pass


def test_slots_are_limited_and_freed_with_their_process(tmp_path, holder):
    first = holder("hold_slot(folder, 2, name='connection')")
    with locks.hold_slot(tmp_path, 2, name="connection") as slot:
        assert slot == 1
        with pytest.raises(LockTimeout, match=r"no connection was free for 0\.1 s"):  # noqa: SIM117
            with locks.hold_slot(tmp_path, 2, name="connection", timeout_s=0.1):
                pass
        with locks.hold_slot(tmp_path, 2, name="other") as independent:
            assert independent == 0
        first.kill()
        first.wait()
        with locks.hold_slot(tmp_path, 2, name="connection", timeout_s=60) as freed:
            assert freed == 0


def test_shared_locks_exclude_only_exclusive_ones(tmp_path):
    with open(tmp_path / "lock", "a") as one, open(tmp_path / "lock", "a") as two, open(tmp_path / "lock", "a") as three:
        assert locks.try_lock(one, shared=True) and locks.try_lock(two, shared=True)
        assert not locks.try_lock(three)
        one.close()
        two.close()
        assert locks.try_lock(three)


def test_a_file_system_without_locks_grants_every_request(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locks.hold_run_lock(tmp_path) as killed:
        assert not killed
