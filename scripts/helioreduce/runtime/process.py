"""Threads, memory and caches of the processes of a run."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

from helioreduce.errors import InputError
from helioreduce.io.atomic import check_writable


def find_home() -> None:
    """Give libraries that keep settings and caches in HOME a folder of their own where that cannot be written.

    As in a container that runs as another user: sunpy and Numba would fail, Matplotlib warn. The folder goes with the process;
    the environment passes it on to jobs.
    """
    for name, default in (("XDG_CONFIG_HOME", "~/.config"), ("XDG_CACHE_HOME", "~/.cache")):
        try:
            check_writable(Path(os.environ.get(name) or default).expanduser())
        except (InputError, RuntimeError):  # there is no home
            folder = tempfile.mkdtemp(prefix="helioreduce-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            os.environ[name] = folder


def pass_on(scripts: str) -> None:
    """Have the jobs of this process import the package from a folder, too, before an installed one."""
    others = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder not in ("", scripts)]
    os.environ["PYTHONPATH"] = os.pathsep.join([scripts, *others])


def use_threads(number: int) -> None:
    """Set the number of threads of compiled loops and Fourier transforms, which is Numba's; results do not depend on it.

    Where Numba is not imported nothing is set, so that a light script does not import a compiler.
    """
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(max(1, min(number, numba.config.NUMBA_NUM_THREADS)))


def keep_memory() -> None:
    """Let glibc keep freed memory, in one heap for all threads; without glibc do nothing.

    By default every freed plane goes back to the system, which clears its pages again for the next one: a fifth of the
    time of a batch.
    """
    for option, value in ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1)):
        _glibc("mallopt", option, value)


def trim_memory() -> None:
    """Return free memory to the system: between two steps, so that gaps in the heap do not add up."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    with contextlib.suppress(AttributeError, OSError, TypeError):
        getattr(ctypes.CDLL(None), function)(*arguments)


#: Options of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
