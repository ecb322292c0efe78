"""Threads, memory and caches of a process."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

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


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/1/home"])
def test_libraries_find_a_home_where_there_is_none(home):
    """As for a user without one in a container; what can be written is left as it is."""
    code = (
        "import os; from helioreduce.runtime import process; process.find_home(); import sunpy, matplotlib;"
        "print(os.environ['XDG_CACHE_HOME'] == os.environ['XDG_CONFIG_HOME'], matplotlib.get_cachedir())"
    )
    environment = {"HOME": home, "PYTHONPATH": str(Path(process.__file__).parents[2]), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("False") and home not in done.stdout and "Matplotlib created a temporary" not in done.stderr


def test_a_home_that_can_be_written_is_left_alone(monkeypatch, tmp_path):
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    process.find_home()
    assert not {"XDG_CACHE_HOME", "XDG_CONFIG_HOME"} & set(os.environ)


def test_jobs_find_the_package_first_and_once(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/mine", "/rules/scripts"]))
    for _ in range(2):
        process.pass_on("/rules/scripts")
        assert os.environ["PYTHONPATH"].split(os.pathsep) == ["/rules/scripts", "/mine"]
    monkeypatch.delenv("PYTHONPATH")
    process.pass_on("/rules/scripts")
    assert os.environ["PYTHONPATH"] == "/rules/scripts"
