"""What this workflow changes in Snakemake, and the profile that comes with it, on rules that touch files."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
RULES = f"""
import sys
sys.path.append("{REPOSITORY / "scripts"}")
from helioreduce.runtime import engine
engine.install()
rule listed:
    output: "list"
    params: config["asked"]
    shell: "touch {{output}}"
rule fetched:
    input: ancient("list")
    output: "fetched"
    params: config.get("quality", 0)
    shell: "echo {{params}} > {{output}}; sleep {{config[seconds]}}; echo {{params}} >> {{output}}"
rule between:
    input: "fetched"
    output: temp("state")
    shell: "cp {{input}} {{output}}"
rule reduced:
    input: ancient("state"), "fetched"
    output: "reduced"
    params: config.get("steps", 0)
    shell: "cp {{input[0]}} {{output}}"
rule last:
    output: "last"
    shell: "touch {{output}}; sleep {{config[seconds]}}"
onsuccess:
    engine.remove_left_behind(workflow)
rule drawn:
    input: "state"
    output: "picture"
    shell: "cp {{input}} {{output}}"
"""


@pytest.fixture
def start(tmp_path):
    """Start Snakemake on these rules; ``start("file", asked=1)``."""
    (tmp_path / "Snakefile").write_text(RULES)
    shutil.copytree(REPOSITORY / "profiles", tmp_path / "profiles")

    def run(*arguments, **config):
        settings = [f"{name}={value}" for name, value in {"asked": 1, "seconds": 0, **config}.items()]
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "1", *arguments, "--config", *settings],
            **{"cwd": tmp_path, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT},
            start_new_session=True,
        )

    return run


@pytest.fixture
def run(start):
    """A whole run; what it said."""

    def whole(*arguments, code=0, **config):
        process = start(*arguments, **config)
        said = process.communicate(timeout=120)[0]
        assert process.returncode == code, said
        return said

    return whole


def jobs(said):
    """Rules in the table of a dry run."""
    return set(re.findall(r"^(listed|fetched|between|reduced|drawn|last) +\d+$", said, re.MULTILINE))


def test_a_missing_target_behind_a_renewed_ancient_file_is_made(run, tmp_path):
    run("fetched")
    (tmp_path / "fetched").unlink()
    run("fetched", asked=2)
    assert (tmp_path / "fetched").exists()
    assert "Nothing to be done" in run("fetched", asked=2)


def test_reasons_of_their_own_count_behind_a_renewed_ancient_file(run):
    run("reduced")
    assert "Nothing to be done" in run("reduced")
    assert jobs(run("reduced", "--dry-run", asked=2)) == {"listed"}, "a renewed list alone fetches nothing again"
    assert jobs(run("reduced", "--dry-run", asked=2, steps=1)) == {"listed", "between", "reduced"}
    assert jobs(run("reduced", "--dry-run", asked=2, quality=1)) == {"listed", "fetched", "between", "reduced"}


def test_a_temporary_file_made_again_does_not_start_what_is_finished(run, tmp_path):
    run("reduced")
    assert not (tmp_path / "state").exists()
    assert jobs(run("reduced", "drawn", "--dry-run")) == {"between", "drawn"}
    run("state")
    assert "Nothing to be done" in run("reduced"), "it is newer than what was made from it before"
    assert jobs(run("reduced", "--dry-run", quality=1)) == {"fetched", "between", "reduced"}


def begun(path):
    """Wait until a file is there."""
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_temporary_files_that_a_killed_run_has_left_are_removed(start, run, tmp_path):
    run("drawn")
    process = start("last", seconds=3)
    begun(tmp_path / "last")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "state").touch()
    os.utime(tmp_path / "state", (1, 1))
    assert jobs(run("drawn", "last")) == {"last"}
    assert not (tmp_path / "state").exists() and (tmp_path / "picture").exists()


@pytest.mark.parametrize("whole", [True, False], ids=["process group", "Snakemake alone"])
def test_a_killed_run_needs_no_more_than_the_same_command(start, run, tmp_path, whole):
    process = start("reduced", seconds=3)
    begun(tmp_path / "fetched")
    (os.killpg if whole else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    said = run("reduced", seconds=0)
    assert "was killed" in said
    assert (tmp_path / "reduced").read_text() == "0\n0\n"
    assert "was killed" not in run("reduced", seconds=0)


def test_a_second_run_is_refused(start, run, tmp_path):
    process = start("reduced", seconds=8)
    begun(tmp_path / "fetched")
    said = run("list", code=1)
    assert f"another run is at work here (process {process.pid} on " in said and "Traceback" not in said
    assert "reduced" in run("reduced", "--dry-run")
    assert process.communicate(timeout=60) and process.returncode == 0
    assert (tmp_path / "reduced").read_text() == "0\n0\n"


def test_a_working_folder_that_cannot_be_written_is_reported_before_the_first_job():
    """By one sentence and no traceback, also by a dry run; /proc is such a folder for every user."""
    for options in ([], ["--dry-run"]):
        command = [sys.executable, "-m", "snakemake", "-s", str(REPOSITORY / "Snakefile"), "--cores", "1", *options]
        done = subprocess.run(command, cwd="/proc/sys", capture_output=True, text=True, timeout=120, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 1 and "Traceback" not in said
        assert "/proc/sys: cannot be written" in said and "change permissions" in said


INDEXED = f"""
import sys
sys.path.append("{REPOSITORY / "scripts"}")
from snakemake.output_index import OutputIndex
init, match = OutputIndex.__init__, OutputIndex.match_producers
from helioreduce.runtime import engine
engine.install()
rule exact:
    output: "a.1", "a.1.1", directory("folder")
    log: "exact.log"
rule again:
    output: "a.1"
rule pattern:
    output: "a.{{n}}"
    log: "{{n}}.log"
onstart:
    index, whole = OutputIndex(list(workflow.rules)), object.__new__(OutputIndex)
    init(whole, list(workflow.rules))
    for file in ("a.1", "a.1.1", "a.12", "a.1.1.1", "ax1", "a.", "folder", "folder/x", "exact.log", "xexact.log", "", "b"):
        assert index.match_producers(file) == match(whole, file), file
        print("made by", *sorted(rule.name for rule in match(whole, file)))
rule last:
    output: "last"
    shell: "touch {{output}}"
rule inside:
    output: "folder/x"
    shell: "touch {{output}}"
"""


def test_a_product_inside_of_another_is_refused(run, tmp_path):
    (tmp_path / "Snakefile").write_text(INDEXED)
    assert "child to another output" in run("-n", "folder", "folder/x", code=1)


def test_exact_names_are_made_by_the_rules_that_snakemake_finds(run, tmp_path):
    (tmp_path / "Snakefile").write_text(INDEXED)
    said = run("last")
    assert said.count("made by again exact pattern") == 1, said
    assert said.count("made by exact pattern") == 2
    assert said.count("made by pattern") == 3
    assert said.count("made by exact\n") == 1
