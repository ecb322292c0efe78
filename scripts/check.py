"""The claims of tests/products, run on the finished files."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from helioreduce.errors import InputError
from helioreduce.log import log_to


def main(aia: list[str], tests: str, output: str, log: str) -> None:
    """Run pytest on the files; its report goes to the log, and the output exists only if every claim holds."""
    sys.dont_write_bytecode = True
    with open(log, "a") as report, redirect_stdout(report), redirect_stderr(report):
        code = pytest.main([tests, "-q", "-p", "no:cacheprovider", "--rootdir", tests, "--aia", *aia])
    if code:
        raise InputError("a claim about the products does not hold", cure=f"Read {log}")
    Path(output).write_text("".join(f"{name}\n" for name in aia))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.aia, snakemake.params.tests, snakemake.output[0], snakemake.log[0])
