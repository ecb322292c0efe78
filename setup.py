"""The wheel holds the workflow, too: what lies beside the package in the repository is its folder ``workflow`` there."""

from setuptools import find_packages, setup

WORKFLOW = [
    "Snakefile", "config.yaml", "workflow/rules/*.smk", "workflow/schemas/*.yaml", "workflow/report/*.rst", "profiles/*/*.yaml",
    "envs/*.yaml", "scripts/*.py", "tests/products/*.py",
]  # fmt: skip

setup(
    packages=[*find_packages("scripts", include=["helioreduce*"]), "helioreduce.workflow"],
    package_dir={"": "scripts", "helioreduce.workflow": "."},
    package_data={
        "helioreduce": ["py.typed", "**/*.pyi", "**/*.csv", "**/*.html", "**/*.toml"],
        "helioreduce.workflow": WORKFLOW,
    },
)
