"""The wheel: a library, a command and the workflow, in any folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the wheel unpacked, as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    for name in tracked:
        if (REPOSITORY / name).exists():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / "source" / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=folder / "source", check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def helioreduce(site, *arguments, cwd):
    """Run the command of the unpacked wheel."""
    command = [sys.executable, "-m", "helioreduce", *arguments]
    own = os.environ | {"PYTHONPATH": str(site)}
    run = subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


def test_it_holds_the_workflow(installed):
    for name in ("py.typed", "aia/__init__.pyi", "level1_keywords.csv", "esis/flights/2019.toml",
                 "workflow/Snakefile", "workflow/config.yaml",
                 "workflow/workflow/schemas/config.schema.yaml", "workflow/profiles/default/config.yaml"):  # fmt: skip
        assert (installed / "helioreduce" / name).exists()
    scripts = {file.name for file in (REPOSITORY / "scripts").glob("*.py")}
    assert {file.name for file in (installed / "helioreduce/workflow/scripts").iterdir()} == scripts


def test_it_plans_the_demo_and_runs_a_target_in_an_empty_folder(installed, tmp_path):
    helioreduce(installed, "init", "my", cwd=tmp_path)
    planned = helioreduce(installed, "run", "--cores", "1", "-n", cwd=tmp_path / "my")
    assert "aia_exposure" in planned
    helioreduce(installed, "run", "--cores", "1", "results/aia/tables/error.ecsv", cwd=tmp_path / "my")
    assert (tmp_path / "my/results/aia/tables/error.ecsv").exists()
    assert "rows" in helioreduce(installed, "info", "results/aia/tables/error.ecsv", cwd=tmp_path / "my")
