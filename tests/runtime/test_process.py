"""Threads and memory of a process."""

import subprocess
import sys
from pathlib import Path

import numba

from helioreduce.runtime import process


def test_threads_are_set_within_what_the_machine_has():
    before = numba.get_num_threads()
    try:
        for number, expected in ((1, 1), (0, 1), (10**6, numba.config.NUMBA_NUM_THREADS)):
            process.use_threads(number)
            assert numba.get_num_threads() == expected
    finally:
        numba.set_num_threads(before)


def test_a_light_script_imports_no_compiler():
    code = "from helioreduce.runtime import process; process.use_threads(2); import sys; sys.exit('numba' in sys.modules)"
    scripts = Path(process.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0
