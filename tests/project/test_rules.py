"""Rules are rules only: no file of them defines a function or a name that another one sees."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
RULES = sorted((REPOSITORY / "workflow/rules").glob("*.smk"))
#: The one file that imports and makes the plans.
COMMON = REPOSITORY / "workflow/rules/common.smk"
each_file = pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
KEYWORDS = ("rule", "use", "include", "if", "else", "for", "localrules", "wildcard_constraints")


def defined(file):
    """Python names that a file defines at its top level, or in an if or a loop there."""
    text = file.read_text()
    names = re.findall(r"^ *(?:def|class) +(\w+)|^(?:    )?(\w+) = |^(?:    )?for (\w+) in ", text, re.M)
    return {name for found in names for name in found if name}


def rules(file):
    """The rules of a file as {name: text}; one without a name has the name of its name directive, as far as it is fixed."""
    found = {}
    for text in re.split(r"^ *(?=rule\b.*:$)", file.read_text(), flags=re.M)[1:]:
        name = re.match(r"rule (\w+):", text) or re.search(r'name:\s+f"([a-z_]+)_\{', text)
        found[name[1]] = text
    return found


@each_file
def test_only_the_common_file_defines_anything_but_rules(file):
    if file == COMMON:
        return
    for line in file.read_text().split('"""', 2)[2].splitlines():
        if line and line[0] not in " )#":
            assert line.startswith(KEYWORDS), f"{file.name}: {line}"
    assert not re.search(r"^ *(def|class|import|from|global) ", file.read_text(), re.M)


def test_no_two_files_define_one_name():
    seen = {}
    for file in [REPOSITORY / "Snakefile", *RULES]:
        for name in defined(file):
            assert name not in seen, f"{name}: {seen[name]} and {file.name}"
            seen[name] = file.name


@each_file
def test_a_rule_has_a_script_of_its_own_name(file):
    """Rules of many images (``aia_fetch_<chunk>``) have the script of the rule with ``_batch``, where it is another one."""
    for name, text in rules(file).items():
        scripts = re.findall(r'"../../scripts/(\w+)\.py"', text)
        kinds = {name, f"{name}_batch"} | ({"check"} if name.endswith("check") else set())
        assert set(scripts) <= kinds, f"{file.name}: {name}"
        if scripts:
            assert (REPOSITORY / f"scripts/{scripts[0]}.py").exists()
            assert re.search(rf'code=code\(\s*"{scripts[0]}"', text), f"{name} is not rerun when its code changes"
            assert "log:" in text and "message:" in text, name


def test_every_script_has_a_rule():
    named = {name for file in RULES for name in re.findall(r'"../../scripts/(\w+)\.py"', file.read_text())}
    assert {path.stem for path in (REPOSITORY / "scripts").glob("*.py")} == named


@each_file
def test_messages_count_one_thing_as_one(file):
    """By :func:`helioreduce.errors.counted`: no message has a bare number of things."""
    assert re.findall(r"\{len\([^}]*\} +\w+s\b.*", file.read_text()) == []


def test_the_snakefile_is_short():
    assert len((REPOSITORY / "Snakefile").read_text().splitlines()) < 40
