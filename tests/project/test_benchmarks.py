"""Every benchmark finds what it imports, late imports included: benchmarks run too seldom to tell in time."""

import ast
import importlib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
BENCHMARKS = sorted((REPOSITORY / "tests/benchmarks").glob("*.py"))
OF_OTHER_ENVIRONMENTS = {"aiapy", "jax", "cupy"}  # peers in several versions, and what a card needs


def imports(source):
    """(module, name) of every ``from module import name``."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module)
    ours = (node for node in nodes if node.module.split(".")[0] not in OF_OTHER_ENVIRONMENTS)
    return {(node.module, alias.name) for node in ours for alias in node.names}


@pytest.mark.parametrize("file", BENCHMARKS, ids=lambda file: file.stem)
def test_a_benchmark_finds_what_it_imports(file, monkeypatch):
    for folder in ("scripts", "tests/benchmarks", "tests/support", "tests/peers", "tests/project"):
        monkeypatch.syspath_prepend(REPOSITORY / folder)
    for module, name in imports(file.read_text()):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}")
