"""What describes the project says the same everywhere, and GitHub's files are what GitHub reads."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
YAML = sorted([*(REPOSITORY / ".github").rglob("*.yml"), REPOSITORY / ".pre-commit-config.yaml"])


def test_version_and_name_are_the_same_everywhere():
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    codemeta = json.loads((REPOSITORY / "codemeta.json").read_text())
    assert PROJECT["version"] == citation["version"] == codemeta["version"]
    assert PROJECT["name"] == codemeta["name"]
    assert codemeta["license"].endswith(f"/{PROJECT['license']}") and citation["license"] == PROJECT["license"]


@pytest.mark.parametrize("file", YAML, ids=lambda file: file.name)
def test_settings_of_services_are_yaml(file):
    assert yaml.safe_load(file.read_text())


def test_every_python_that_is_promised_is_tested():
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/tests.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert f">={tested[0]}" == PROJECT["requires-python"]


def test_the_commands_of_the_workflows_exist():
    makefile = (REPOSITORY / "Makefile").read_text()
    steps = [
        step.get("run", "")
        for job in yaml.safe_load((REPOSITORY / ".github/workflows/tests.yml").read_text())["jobs"].values()
        for step in job["steps"]
    ]
    targets = {word for run in steps if run.startswith("make ") for word in run.split()[1:] if "=" not in word}
    assert targets and all(f"\n{target}:" in makefile for target in targets)
