"""Every rule gives its script what ``main`` asks for by name. Otherwise only the job itself would notice what is missing."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ALWAYS = {"config", "inputs", "outputs", "output", "threads", "log"}


def rules():
    """The parts of every rule that has a script run by name, as {keyword: lines}, and that script.

    Names that a plan gives at run time (``**…``, ``unpack``) cannot be read here.
    """
    for file in sorted((REPOSITORY / "workflow/rules").glob("*.smk")):
        for text in re.split(r"^ *(?:use )?rule\b.*:$", file.read_text(), flags=re.M)[1:]:
            parts = keywords(text)
            if not (script := re.search(r"scripts/(\w+)\.py", " ".join(parts.get("script", [])))):
                continue
            source = (REPOSITORY / f"scripts/{script[1]}.py").read_text()
            named = " ".join(line for part in ("input", "output", "params") for line in parts.get(part, []))
            if "script.run(main, snakemake)" in source and "**" not in named and "unpack(" not in named:
                yield pytest.param(parts, source, id=f"{file.stem}-{script[1]}")


def keywords(text):
    """Lines of each keyword of a rule."""
    found, keyword = {}, ""
    for line in text.splitlines():
        if start := re.match(r" +(\w+):( .*)?$", line):
            keyword = start[1]
        found.setdefault(keyword, []).append(line.strip())
    return found


def given(parts):
    """Names of a rule's inputs, outputs and params, and its wildcards."""
    lines = [line for part in ("input", "output", "params") for line in parts.get(part, [])]
    named = {start[1] for line in lines if (start := re.match(r"(\w+)=", line))}
    return named | set(re.findall(r"\{(\w+)\}", " ".join(parts["log"]))) | ALWAYS


def wanted(source):
    """Parameters of ``main`` without a default."""
    (main,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    arguments = [argument.arg for argument in main.args.posonlyargs + main.args.args]
    return set(arguments[: len(arguments) - len(main.args.defaults)])


@pytest.mark.parametrize(("rule", "source"), list(rules()))
def test_a_rule_gives_its_script_what_it_asks_for(rule, source):
    assert wanted(source) <= given(rule)
