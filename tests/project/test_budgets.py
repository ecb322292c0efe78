"""Sizes and docstrings: scripts stay thin, functions short, modules readable in one sitting."""

import ast
import statistics
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
MODULES = sorted((SCRIPTS / "helioreduce").rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines(file):
    return len(file.read_text().splitlines())


def functions(file):
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, FUNCTION)]


def body_lines(function):
    """Lines of a function's body without its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def undocumented(node, name):
    """A module, class or function without a docstring, and its public members without one; not the members of a protocol."""
    declared = isinstance(node, FUNCTION) and ast.unparse(node.body[-1]) == "..."
    found = [] if ast.get_docstring(node) or declared else [name]
    members = [] if isinstance(node, FUNCTION) else node.body
    for child in members:
        if isinstance(child, (*FUNCTION, ast.ClassDef)) and not child.name.startswith("_"):
            found += undocumented(child, f"{name}.{child.name}")
    return found


@pytest.mark.parametrize("file", sorted(SCRIPTS.glob("*.py")), ids=lambda file: file.stem)
def test_a_script_has_forty_lines_at_most(file):
    assert lines(file) <= 40


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(SCRIPTS).as_posix())
def test_a_module_is_documented_and_short(file):
    assert lines(file) <= 320
    assert [f.name for f in functions(file) if f.end_lineno - f.lineno >= 80] == []
    assert undocumented(ast.parse(file.read_text()), file.stem) == []


def test_half_the_functions_have_ten_lines_at_most():
    assert statistics.median(body_lines(function) for file in MODULES for function in functions(file)) <= 10
