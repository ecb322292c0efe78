"""``helioreduce init`` and ``helioreduce run``: the workflow from an installed package, in any folder."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from helioreduce.errors import InputError, unwritable
from helioreduce.plan.paths import REPOSITORY


def run(options: argparse.Namespace) -> int:
    """Make a working folder, or run the workflow in this one."""
    return _init(Path(options.folder)) if options.action == "init" else _run(options.snakemake)


def _init(folder: Path) -> int:
    """Write config.yaml into a folder."""
    target = folder / "config.yaml"
    if target.exists():
        raise InputError("there is one already", cure="Run the workflow there, or name another folder", where=target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text((REPOSITORY / "config.yaml").read_text())
    except OSError as error:
        raise unwritable(error, target) from None
    print(f"{target}: what to reduce; every key is explained there")
    print(f"next: cd {shlex.quote(str(folder))} && helioreduce run --cores 2")
    return 0


def _run(arguments: list[str]) -> int:
    """Become Snakemake, with the package's Snakefile."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), *arguments]
    os.execv(sys.executable, command)
