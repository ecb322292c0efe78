"""The claims of tests/products, run on the finished files."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from helioreduce.errors import InputError
from helioreduce.runtime import script


def main(kind: str, inputs: list[str], tests: str, output: str, log: str) -> None:
    """Run pytest on the files of one instrument; its report goes to the log, and the output exists only if all holds."""
    sys.dont_write_bytecode = True
    with open(log, "a") as report, redirect_stdout(report), redirect_stderr(report):
        options = ["-q", "-rs", "-p", "no:cacheprovider", "--rootdir", tests, "--confcutdir", tests, f"--{kind}", *inputs]
        code = pytest.main([tests, *options])
    if code:
        raise InputError("a claim about the products does not hold", cure=f"Read {log}")
    Path(output).write_text("".join(f"{name}\n" for name in inputs))


if __name__ == "__main__":
    script.run(main, snakemake)
