"""A project's folder with a configuration of its own, reduced from an archive that runs as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

from helioreduce.io import provenance
from helioreduce.plan import code

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts"), "JSOC_EMAIL": "reader@localhost"}
#: The line of a finished job.
FINISHED = re.compile(r"^\[ *\d+/\d+\] ", re.M)
PRODUCTS = (
    "[!b]*/**/*.fits",
    "*/**/*.png",
    "*/**/*.jpg",
    "missing.tsv",
)  # results/aia/batch holds links to them, by other names


@dataclass
class Server:
    """``python -m helioreduce.archive``: its address, its process and the requests in its own log."""

    root: Path
    log: Path

    def __enter__(self) -> Server:
        command = [sys.executable, "-m", "helioreduce.archive", str(self.root), "--log", str(self.log)]
        self.process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[0]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def requests(self) -> list[dict]:
        """Every request so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@dataclass
class Project:
    """A folder in which somebody types ``snakemake --cores 2``."""

    folder: Path
    command = (sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"))

    def configure(self, **config: object) -> None:
        """Write config.yaml (JSON is YAML)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.yaml").write_text(json.dumps(config))

    def start(self, *arguments: str, cores: int = 2) -> subprocess.Popen:
        """Start a run in a process group of its own."""
        return subprocess.Popen(
            [*self.command, "--cores", str(cores), *arguments],
            **{"cwd": self.folder, "env": {**ENVIRONMENT, "PWD": str(self.folder)}, "start_new_session": True, "text": True},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT},
        )

    def run(self, *arguments: str, cores: int = 2, fails: bool = False) -> str:
        """A whole run, or one that fails in an orderly way; what it said."""
        process = self.start(*arguments, cores=cores)
        said = process.communicate(timeout=900)[0]
        assert (process.returncode != 0) == fails, said[-4000:]
        return said

    def planned(self, *arguments: str, fails: bool = False) -> str:
        """What a dry run says, in a fork of this process: Snakemake and the package are loaded once for all."""
        loaded()
        with tempfile.TemporaryFile("w+") as said:
            if not (process := os.fork()):
                _dry_run(self.folder, arguments, said)
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            said.seek(0)
            text = said.read()
        assert (code != 0) == fails, text[-4000:]
        return text

    def killed(self, jobs: int, after_s: float, *, whole: bool) -> int | None:
        """Start a run and kill -9 it ``after_s`` seconds after so many jobs are done; None, or the exit code if it was over.

        Killed is the ``whole`` process group, or Snakemake alone with its jobs left behind.
        """
        process = self.start()
        while jobs and (line := process.stdout.readline()):
            jobs -= FINISHED.match(line) is not None
        time.sleep(after_s)
        over = process.poll()
        if over is None:
            (os.killpg if whole else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        return over

    def products(self) -> dict[str, str]:
        """SHA-256 of every product by its name."""
        files = (path for pattern in PRODUCTS for path in (self.folder / "results" / "aia").glob(pattern))
        return {str(path.relative_to(self.folder)): provenance.sha256(path) for path in files if path.name[0] != "."}


@cache
def loaded() -> None:
    """Load what every plan needs, and read the code of every script."""
    for module in ("snakemake.cli", "snakemake.workflow"):
        import_module(module)
    for script in code.SCRIPTS.glob("*.py"):
        code.code(script.stem)


def _dry_run(folder: Path, arguments: Sequence[str], said: TextIO) -> NoReturn:
    """Become ``snakemake --dry-run`` in a folder, with everything that is said in one file."""
    status = 1
    try:
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
        sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1)
        os.environ |= {**ENVIRONMENT, "PWD": str(folder)}
        os.chdir(folder)
        import_module("snakemake.cli").main(
            ["--snakefile", str(REPOSITORY / "Snakefile"), "--cores", "2", "--dry-run", *arguments]
        )
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def settings(url: str, **changed: object) -> dict:
    """Two channels and two frames from an archive, in chunks; top-level keys replace, those of ``aia`` and ``jsoc`` add."""
    aia = {"channels": [1600, 1700], "start": "2014-01-01T00:00:13", "end": "2014-01-01T00:00:37", "cadence_s": 24}
    return {
        **{"source": "jsoc", **changed},
        "jsoc": {"url": url, **changed.get("jsoc", {})},
        "aia": {**aia, "batch": 2, **changed.get("aia", {})},
    }
