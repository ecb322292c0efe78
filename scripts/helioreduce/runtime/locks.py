"""File locks: one run at a time in a folder, and a limited number of processes at one task.

A lock belongs to a process and is released when the process ends, however it ends. Snakemake notes on disk that it is
running, and a killed run leaves that note behind; the locks show whether any process of that run is still alive.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from helioreduce.errors import InputError, LockTimeout, unwritable

FOLDER = Path(".snakemake")
_RUN, _JOBS = "run.lock", "jobs.lock"
#: Interval between two attempts to get a lock, s.
_POLL_S = 0.05


@contextmanager
def hold_run_lock(folder: Path = FOLDER) -> Iterator[bool]:
    """Hold the run lock; yield True if the previous run was killed, after its last job has ended.

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
        holder = file.read()
        if not try_lock(file):
            raise InputError(f"another run is at work here ({holder})", cure="Wait for its end, or stop it", where=Path.cwd())
        if holder:
            _wait_for_jobs(folder)
        _write_holder(file, f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        try:
            yield bool(holder)
        finally:
            _write_holder(file, "")


@contextmanager
def hold_job_lock(folder: Path = FOLDER) -> Iterator[None]:
    """Hold a job's share of the lock that the next run waits for if this one is killed; do nothing outside a run."""
    try:
        file = open(folder / _JOBS, "a")  # noqa: SIM115
    except OSError:
        yield
        return
    with file:
        try_lock(file, shared=True)
        yield


@contextmanager
def hold_slot(folder: str | Path, limit: int, *, name: str, timeout_s: float = 86400.0) -> Iterator[int]:
    """Hold one of ``limit`` slots, shared by all processes that use ``folder``; wait until one is free.

    The folder may be on a disk that several machines share.

    Parameters
    ----------
    folder
        Folder of the lock files; made if missing.
    limit
        Number of slots.
    name
        Name of the slots, in the file names and in the error.
    timeout_s
        Longest wait, s.

    Yields
    ------
    int
        Number of the slot, from 0.

    Raises
    ------
    LockTimeout
        If no slot becomes free within ``timeout_s``.
    InputError
        If the folder cannot be written.
    """
    folder, end = Path(folder), time.monotonic() + timeout_s
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = [stack.enter_context(open(folder / f"{name}.{i}.lock", "a")) for i in range(limit)]
        except OSError as error:
            raise unwritable(error, folder) from None
        while (slot := next((i for i, file in enumerate(files) if try_lock(file)), None)) is None:
            if time.monotonic() > end:
                raise LockTimeout(f"no {name} was free for {timeout_s:g} s", cure="Another job holds it", where=folder)
            time.sleep(_POLL_S)
        yield slot


def try_lock(file: TextIO, *, shared: bool = False) -> bool:
    """Lock an open file without waiting; the lock is held until the file is closed.

    Returns
    -------
    bool
        False if another process holds a conflicting lock. A file system without locks grants every request.
    """
    with suppress(OSError):
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _wait_for_jobs(folder: Path) -> None:
    """Return when no job of a killed run is left."""
    with open(folder / _JOBS, "a") as file:
        if try_lock(file):
            return
        print("Waiting for jobs that a killed run left behind ...", file=sys.stderr, flush=True)
        while not try_lock(file):
            time.sleep(_POLL_S)


def _write_holder(file: TextIO, text: str) -> None:
    """Write who holds the lock; on a full disk the old text is removed and the run goes on."""
    with suppress(OSError):
        file.truncate(0)
        file.write(text)
        file.flush()
