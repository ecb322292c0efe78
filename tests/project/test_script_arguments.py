"""Every rule gives its script what ``main`` asks for by name. Otherwise only the job itself would notice what is missing."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ALWAYS = {"inputs", "outputs", "output", "threads", "log"}
#: Names that a plan gives at run time cannot be read here.
UNPACKED = re.compile(r"^ *(?:input|output|params):\n(?: {8,}.*\n)*? {8,}(?:\*\*|unpack\()", re.M)


def rules():
    """The text of every rule that has a script run by name, and that script."""
    for file in sorted((REPOSITORY / "workflow/rules").glob("*.smk")):
        for text in re.split(r"^(?= *rule\b.*:$)", file.read_text(), flags=re.M)[1:]:
            for script in re.findall(r'scripts/(\w+)\.py"', text):
                source = (REPOSITORY / f"scripts/{script}.py").read_text()
                if "script.run(main, snakemake)" in source and not UNPACKED.search(text):
                    yield pytest.param(textwrap.dedent(text), source, id=f"{file.stem}-{script}")


def given(rule):
    """Names of a rule's inputs, outputs and params, and its wildcards."""
    parts = dict(re.findall(r"^    (input|output|params|log):\n((?:(?: {8}.*)?\n)+)", rule, re.M))
    named = {name for part in parts.values() for name in re.findall(r"^ {8}(\w+)=", part, re.M)}
    return named | set(re.findall(r"\{(\w+)\}", parts["log"])) | ALWAYS


def wanted(source):
    """Parameters of ``main`` without a default."""
    (main,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    arguments = [argument.arg for argument in main.args.posonlyargs + main.args.args]
    return set(arguments[: len(arguments) - len(main.args.defaults)])


@pytest.mark.parametrize(("rule", "source"), list(rules()))
def test_a_rule_gives_its_script_what_it_asks_for(rule, source):
    assert wanted(source) <= given(rule)
