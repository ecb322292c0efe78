"""Freed memory is kept for the next array."""

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource, numpy as np
from helioreduce import memory
print(memory.keep_freed())
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(200_000, np.float64)  # 1.6 MB: below what NumPy asks huge pages for
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults(), faults())
"""


def test_the_second_array_costs_no_page_fault():
    command, environment = [sys.executable, "-c", FAULTS], {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    if said[0] != "True":
        pytest.skip("the C library is not GNU's")
    first, second = map(int, said[1:])
    assert first > 300
    assert second < 10
