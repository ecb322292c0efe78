"""The examples of the documentation: aiapy's gallery, in no more lines, and more; each runs."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = sorted((REPOSITORY / "docs/examples").glob("*.py"))
#: Lines of code of the same example in aiapy's gallery (0.12.1), without comments, docstrings and empty lines.
AIAPY = {
    "response": 69, "degradation": 25, "correct_degradation": 29, "level15": 18, "deconvolution": 67, "respike": 33,
    "flare": 40,
}  # fmt: skip


def code_lines(file):
    """Lines of a program without comments, docstrings and empty lines."""
    tree = ast.parse(file.read_text())
    tree.body = tree.body[ast.get_docstring(tree) is not None :]
    first = tree.body[0].lineno
    lines = file.read_text().splitlines()[first - 1 :]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


def test_each_of_the_gallery_is_there():
    assert {file.stem for file in EXAMPLES} >= set(AIAPY)


@pytest.mark.parametrize("file", [file for file in EXAMPLES if file.stem in AIAPY], ids=lambda file: file.stem)
def test_an_example_is_no_longer_than_aiapys(file):
    assert code_lines(file) <= AIAPY[file.stem]


@pytest.mark.full
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_runs(file, tmp_path):
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(REPOSITORY / "scripts")}
    subprocess.run([sys.executable, file], cwd=tmp_path, env=environment, check=True, timeout=600, capture_output=True)
