"""Every command in README and docs is one that exists; every snakemake line plans what it promises."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((REPOSITORY / "docs").rglob("*.md"))
FENCED = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
#: What stands for something of the reader's own.
PLACEHOLDERS = {
    "YOUR_ADDRESS": "somebody",
    "/opt/helioreduce": str(REPOSITORY),
    "profiles/slurm": str(REPOSITORY / "profiles/slurm"),
}
SMALL = "archive={npix: 64}"


def commands():
    """(page, command) of every line of every fenced block, each command once."""
    found = {}
    for page in PAGES:
        for block in FENCED.findall(page.read_text()):
            for line in block.splitlines():
                if words := shlex.split(line, comments=True):
                    found.setdefault(tuple(words), page)
    return {words: page.relative_to(REPOSITORY).as_posix() for words, page in found.items()}


COMMANDS = commands()
PLANNED = [pytest.param(words, id=" ".join(words)) for words in COMMANDS if words[0] == "snakemake"]


def test_every_command_is_of_a_known_kind():
    known = {"make", "snakemake", "source", "cd", "pytest", "PYTHONPATH=scripts", "helioreduce", "python", "pip"}
    assert not {words[0]: page for words, page in COMMANDS.items() if words[0] not in known}


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    assert {words[1] for words in COMMANDS if words[0] == "make"} <= targets


def test_every_path_of_a_test_exists():
    paths = [word for words in COMMANDS if words[0] == "pytest" for word in words[1:] if word.startswith("tests/")]
    assert paths and all((REPOSITORY / path).exists() for path in paths)


def planned(words, cutout, site):
    """A documented line as a dry run in the user's folder, on a small archive."""
    words = [re.sub("|".join(map(re.escape, PLACEHOLDERS)), lambda found: PLACEHOLDERS[found[0]], word) for word in words[1:]]
    for folder in re.findall(r"directory: (\w+)", " ".join(words)):
        cutout(1)
        (site / "level1").rename(site / folder)
    if "--config" in words:
        words.insert(words.index("--config") + 1, SMALL)
    else:
        words += ["--config", SMALL]
    if not any(word in words for word in ("--snakefile", "-s")):
        words += ["--snakefile", str(REPOSITORY / "Snakefile")]
    return [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "rules", *(word for word in words if word != "-n")]


@pytest.mark.full
@pytest.mark.parametrize("words", PLANNED)
def test_a_documented_line_plans_jobs(words, site, cutout):
    process = subprocess.run(planned(words, cutout, site), cwd=site, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert re.search(r"^total +\d+", process.stdout + process.stderr, re.M), "there is nothing to do"
