"""The library in several processes: a copy of a process that has computed cannot, and says so; a fresh one can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from level1_cases import Case

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAM = """
import multiprocessing, sys
from helioreduce import aia
if __name__ == "__main__":
    before = aia.estimate_error(sys.argv[2]).sigma
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        for image in pool.map(aia.estimate_error, [sys.argv[2]] * 2):
            assert (image.sigma == before).all()
    print("equal")
"""


@pytest.fixture
def run(tmp_path):
    """Compute in a process, then in a pool of such a kind."""
    Case("plain").hdu().writeto(tmp_path / "image.fits")
    (tmp_path / "pooled.py").write_text(PROGRAM)

    def begun(kind):
        command = [sys.executable, "pooled.py", kind, "image.fits"]
        environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment, check=False)

    return begun


def test_a_copy_of_a_process_that_has_computed_says_that_it_cannot(run):
    done = run("fork")
    assert done.returncode
    assert "cannot compute. Start processes by multiprocessing.get_context('spawn')" in done.stderr.splitlines()[-1]


def test_fresh_processes_compute_the_same(run):
    assert run("spawn").stdout == "equal\n"
