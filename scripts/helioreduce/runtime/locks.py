"""One run at a time in a folder, and what is left of one that was killed.

Snakemake notes on disk that it is at work; a kill leaves the note behind. The locks here are held by processes and go with
them, however they end, so that the next run knows whether anybody is still there.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helioreduce.errors import InputError, unwritable

FOLDER = Path(".snakemake")
_RUN, _JOBS = "run.lock", "jobs.lock"


@contextmanager
def alone(folder: Path = FOLDER) -> Iterator[bool]:
    """Be the only run in a folder; tells whether the run before was killed, after its last job has ended.

    Raises
    ------
    InputError
        If another run is at work, or the folder cannot be written.
    """
    try:
        file = open(folder / _RUN, "a+")  # noqa: SIM115
    except OSError as error:
        raise unwritable(error, folder) from None
    with file:
        file.seek(0)
        before = file.read()
        if not _taken(file, fcntl.LOCK_EX):
            raise InputError(f"another run is at work here ({before})", cure="Wait for its end, or stop it", where=Path.cwd())
        if before:
            _wait_for_jobs(folder)
        _note(file, f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        try:
            yield bool(before)
        finally:
            _note(file, "")


@contextmanager
def job(folder: Path = FOLDER) -> Iterator[None]:
    """Be a job of a run: a later run waits for it, should its own run be killed. Nothing outside a run."""
    try:
        file = open(folder / _JOBS, "a")  # noqa: SIM115
    except OSError:
        yield
        return
    with file:
        _taken(file, fcntl.LOCK_SH)
        yield


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, or made, before any work is done; it is not made here.

    Raises
    ------
    InputError
        If it cannot.
    """
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise unwritable(error, existing) from None


def _wait_for_jobs(folder: Path) -> None:
    """Return when no job of a killed run is left."""
    with open(folder / _JOBS, "a") as file:
        told = False
        while not _taken(file, fcntl.LOCK_EX):
            if not told:
                print("Waiting for jobs that a killed run left behind ...", file=sys.stderr, flush=True)
            told = True
            time.sleep(0.2)


def _taken(file: object, kind: int) -> bool:
    """Whether a lock could be had; a file system without locks gives it to everybody."""
    with suppress(OSError):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _note(file: object, text: str) -> None:
    """Write who holds the lock; a full disk is no reason to fail here, and the marker goes first."""
    with suppress(OSError):
        file.truncate(0)
        file.write(text)
        file.flush()
