"""The mutants themselves: one change each, the ones that slips of the pen make, and no stale entry in the list."""

import ast
from pathlib import Path

import pytest
import yaml
from mutate import mutants, sampled

PACKAGE = Path(__file__).parents[2] / "scripts/helioreduce"
EQUIVALENT = yaml.safe_load((Path(__file__).parent / "equivalent.yaml").read_text()) or {}


def changes(source):
    return {(mutant.old, mutant.new) for mutant in mutants(source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {("a < b", "a <= b"), ("a < b", "a >= b")}),
        ("a == b", {("a == b", "a != b")}),
        ("a + b * c", {("a + b * c", "a - b * c"), ("b * c", "b / c")}),
        ("a += b", {("a += b", "a -= b")}),
        ("a and not b", {("a and (not b)", "a or not b"), ("not b", "b")}),
        ("x[3]", {("3", "4"), ("3", "2")}),
        ("x = 0.5", {("0.5", "1.0")}),
        ("x = True", {("True", "False")}),
        ("x = np.rint(a)", {("np.rint(a)", "np.floor(a)")}),
        ("x = max(a, b)", {("max(a, b)", "min(a, b)")}),
        ("for i in range(n): pass", {("range(n)", "range(n - 1)")}),
        ("x = f(a, b)", {("f(a, b)", "f(b, a)")}),
        ("x = np.where(c, a, b)", {("np.where(c, a, b)", "np.where(c, b, a)")}),
        ("x.sort()", {("x.sort()", "pass")}),
    ],
)
def test_the_slips_that_are_made(source, expected):
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'''A docstring of 3.'''",
        "raise ValueError(f'{a + 1}' + b)",
        "@njit(cache=True)\ndef f(a: 1) -> 2: ...",
        "logger.info(a + 1)",
    ],
)
def test_words_and_decorators_stay(source):
    assert changes(source) == set()


def test_every_mutant_is_the_module_with_one_change():
    source = (PACKAGE / "numerics/blocks.py").read_text()
    original = ast.dump(ast.parse(source))
    for mutant in mutants(source):
        changed = ast.dump(ast.parse(mutant.source))
        assert changed != original
        assert mutant.text in source


def test_other_mutants_do_not_change_the_choice():
    source = "x = a < b\ny = a + b\nz = 3\n"
    few = {mutant.key for mutant in sampled(mutants(source), 3, seed=1)}
    more = {mutant.key for mutant in sampled(mutants(source + "w = f(a, b)\n"), 5, seed=1)}
    assert few < more


@pytest.mark.parametrize("module", EQUIVALENT)
def test_equivalent_mutants_exist_and_have_a_reason(module):
    keys = {mutant.key for mutant in mutants((PACKAGE / f"{module}.py").read_text())}
    for entry in EQUIVALENT[module]:
        assert (entry["line"], entry["old"], entry["new"]) in keys
        assert entry["why"]
