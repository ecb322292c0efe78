"""Conda environments, lock and imports say the same."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
#: conda-forge's name: PyPI's
PYPI = {"astropy-base": "astropy", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
#: imported name: conda-forge's
CONDA = {
    "astropy": "astropy-base",
    "matplotlib": "matplotlib-base",
    "erfa": "pyerfa",
    "yaml": "pyyaml",
    "mpl_toolkits": "matplotlib-base",
}
#: imported only where they are installed, by the scripts of other environments, or by the process that plans a run
OPTIONAL = {"cupy", "cupyx", "fiasco", "jsonschema", "ndcube", "pytest", "snakemake"}


def pins(name):
    """Packages of a conda environment with their pins."""
    listed = yaml.safe_load((REPOSITORY / f"envs/{name}.yaml").read_text())["dependencies"]
    return dict(entry.split("=", 1) for entry in listed if "=" in entry and ">" not in entry)


def locked(package, lock):
    """Version of a package in a lock on Python 3.12."""
    text = (REPOSITORY / f"envs/{lock}.lock").read_text()
    found = re.findall(rf"^{re.escape(package)}(?:\[.*?\])?==(\S+)(?: ; (.*?))? \\$", text, re.M)
    return next((version for version, marker in found if "<" not in marker), None)


@pytest.mark.parametrize(("environment", "lock"), [("reduction", "reduction"), ("gpu", "reduction"), ("test", "test")])
def test_pins_are_those_of_the_lock(environment, lock):
    wanted = {name: version for name, version in pins(environment).items() if name != "python"}
    assert wanted == {name: locked(PYPI.get(name, name), lock) for name in wanted}


def test_every_import_is_covered():
    """What scripts and package import is in the environment that every rule names."""
    imported = set()
    for file in (REPOSITORY / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    own = {"helioreduce", *(file.stem for file in (REPOSITORY / "scripts").glob("*.py"))}
    foreign = imported - set(sys.stdlib_module_names) - own - OPTIONAL
    assert {CONDA.get(name, name) for name in foreign} <= set(pins("reduction"))


def test_the_rule_check_needs_no_package_of_the_tests(tmp_path):
    """A reader has pytest alone: the conftest of all tests, with its packages, is not for the claims about products."""
    log = tmp_path / "log"
    claims = [
        f"import sys; sys.path.insert(0, {str(REPOSITORY / 'scripts')!r})",
        "sys.modules['hypothesis'] = None",
        "import check",
    ]
    call = f"check.main('aia', [], {str(REPOSITORY / 'tests/products')!r}, {str(tmp_path / 'checked')!r}, {str(log)!r})"
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([sys.executable, "-c", "; ".join([*claims, call])], cwd=REPOSITORY, env=alone, check=False)
    assert done.returncode == 0, log.read_text()


def test_every_rule_names_its_environment():
    named = r'conda:\n\s+f?"../../envs/(reduction|gpu|test|{aia.environment}).yaml"'
    for file in (REPOSITORY / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"^ *rule ", file.read_text(), flags=re.M)[1:]:
            if "script:" in rule:
                assert re.search(named, rule), f"{file.name}: {rule.split(':')[0]}"


def test_locks_name_no_index():
    for lock in (REPOSITORY / "envs").glob("*.lock"):
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", lock.read_text())


def bounds(entries):
    """Bounds of each requirement, by its name without extras."""
    return dict(re.fullmatch(r"([\w-]+)(?:\[\w+\])? ?(.*)", entry).groups() for entry in entries)


def test_the_recipe_says_what_pyproject_does():
    """What it is, what builds it, its command, Python and the bounds of every dependency, by the names of conda's channels."""
    said = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    project, python = said["project"], {"python": said["project"]["requires-python"]}
    recipe = yaml.safe_load((REPOSITORY / "recipe/recipe.yaml").read_text())
    run, host = (bounds(recipe["requirements"][kind]) for kind in ("run", "host"))
    assert {PYPI.get(name, name): bound for name, bound in run.items()} == python | bounds(project["dependencies"])
    assert host == python | {"pip": ""} | bounds(said["build-system"]["requires"])
    assert recipe["build"]["python"]["entry_points"] == [f"{name} = {place}" for name, place in project["scripts"].items()]
    about = recipe["package"] | recipe["context"] | recipe["about"]
    assert [about[key] for key in ("name", "version", "license", "summary")] == [
        project[key] for key in ("name", "version", "license", "description")
    ]


def test_every_dependency_has_a_lower_bound_which_the_lock_meets():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for entry in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+).*", entry).groups()
        numbers = [[int(part) for part in version.split(".")] for version in (locked(name, "reduction"), bound)]
        assert numbers[0] >= numbers[1], entry
