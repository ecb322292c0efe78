"""The command ``helioreduce``: what is not a workflow, and the workflow from anywhere.

Each subcommand is a module of this package, which is imported when it is called: help takes no library.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from helioreduce import __version__
from helioreduce.errors import ReductionError

#: Exit codes: done; bad input, with the reason on the screen; a command line that is none (argparse's own); interrupted; nobody
#: reads on, as after `| head`.
DONE, FAILED, USAGE, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit code: 0 done, 1 bad input, 2 no such command."""
    try:
        try:
            return _run_line(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes at its end
        return UNREAD


def _run_line(arguments: Sequence[str] | None) -> int:
    """Run a command line; say what was wrong with the input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    passed_on = given[:1] == ["run"] and given[1:] not in (["-h"], ["--help"])
    options = parser().parse_args(given[:1] if passed_on else given)
    if passed_on:
        options.snakemake = given[1:]
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _once()
            code: int = import_module(f"helioreduce.command.{options.module}").run(options)
    except ReductionError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return code


def _once() -> Callable[..., None]:
    """Return a ``warnings.showwarning`` that says each warning once, as an error is said, without the line of the code."""
    said: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        """Write a warning that has not been written before."""
        if (text := f"warning: {message}") not in said:
            print(text, file=sys.stderr)
        said.add(text)

    return show


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="helioreduce", description="Reduce solar EUV data.", epilog=_EPILOG, formatter_class=_Page
    )
    top.add_argument("--version", action="version", version=f"helioreduce {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (_reduce, _info, _quicklook, _tables, _archive, _status, _spice, _init, _run):
        add(commands)
    return top


class _Page(argparse.RawDescriptionHelpFormatter):
    """Help as it is written, within 100 columns."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100, max_help_position=30)


_EPILOG = """\
examples:
  helioreduce reduce my_level1/*.fits --tables my_tables -o reduced
  helioreduce info reduced/aia.171.fits
  helioreduce init my && cd my && helioreduce run --cores 2

`helioreduce COMMAND --help` has more. Exit code 0: done; 1: bad input, the reason is on the screen; 2: usage.
"""

_Commands = argparse._SubParsersAction


def _command(commands: _Commands, name: str, module: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Add a command with its page of help."""
    page = commands.add_parser(name, help=summary, description=summary, epilog=f"example:\n  {example}", formatter_class=_Page)
    page.set_defaults(module=module)
    return page


def _json(page: argparse.ArgumentParser) -> None:
    page.add_argument("--json", action="store_true", help="print JSON, for programs")


def _reduce(commands: _Commands) -> None:
    page = _command(
        commands, "reduce", "reduce", "Reduce AIA level-1 files to DN/s with σ and flags.",
        "helioreduce reduce my_level1/*.fits --tables my_tables -o reduced",
    )  # fmt: skip
    page.add_argument(
        "files", nargs="+", metavar="FILE", help="level-1 FITS file, or a folder of them; spikes beside an image are used"
    )
    page.add_argument(
        "-o", "--output", metavar="FOLDER", help="folder of the products; default: beside each file, as NAME.reduced.fits"
    )
    page.add_argument(
        "--tables", metavar="FOLDER",
        help="SolarSoft's tables, `jsoc`, `simulated`; default: a folder `tables` in or beside the first file's, or stand-ins",
    )  # fmt: skip
    page.add_argument("--table-version", type=int, default=10, choices=(8, 9, 10), help="of the degradation table (10)")
    page.add_argument("--pointing", metavar="FILE", help="master pointing table; default: the headers' pointing")
    page.add_argument(
        "--without", action="append", default=[], metavar="STEP", help="leave out: respike deconvolve degradation exposure"
    )
    page.add_argument("--systematic", action="append", default=[], metavar="TERM", help="add an error: preflight eve chianti")
    page.add_argument(
        "--allow", action="append", default=[], metavar="FLAW", help="take a frame in spite of this flaw in QUALITY"
    )
    page.add_argument(
        "--method", default="rl", choices=("rl", "inverse", "cg", "bid", "wiener"), help="of the deconvolution (rl)"
    )
    page.add_argument("--iterations", type=int, default=25, metavar="N", help="of the deconvolution (25)")
    page.add_argument("--core", default="default", choices=("default", "preflight"), help="of the PSF")
    page.add_argument("--precision", default="float32", choices=("float32", "float64"), help="of the deconvolution")
    page.add_argument("--threads", type=int, metavar="N", help="default: all cores; results do not depend on it")
    _json(page)


def _info(commands: _Commands) -> None:
    page = _command(
        commands, "info", "info", "Say what was done to a file: steps, tables and versions, simulated or not.",
        "helioreduce info results/aia/normalised/171/20140101T000001_simulated.fits",
    )  # fmt: skip
    page.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="product of any instrument, level-1 file, table (.ecsv, .npz), or folder of them",
    )
    _json(page)


def _quicklook(commands: _Commands) -> None:
    page = _command(
        commands, "quicklook", "quicklook", "Draw products of any instrument, with their errors.",
        "helioreduce quicklook reduced/*.fits",
    )  # fmt: skip
    page.add_argument("files", nargs="+", metavar="FILE", help="AIA image with roll 0, or another FITS product")
    page.add_argument("-o", "--output", metavar="FOLDER", help="folder of the pictures; default: beside each file, as NAME.jpg")


def _tables(commands: _Commands) -> None:
    page = _command(
        commands, "tables", "tables", "Get AIA's calibration tables, checked by their SHA-256.",
        "helioreduce tables --source jsoc -o my_tables --pointing 2011-02-15",
    )  # fmt: skip
    page.add_argument("--source", default="simulated", help="jsoc (and SolarSoft), simulated (the stand-ins), or a folder")
    page.add_argument("--table-version", type=int, default=10, choices=(8, 9, 10), help="of the degradation table (10)")
    page.add_argument(
        "--pointing", action="append", default=[], metavar="TIME", help="also the pointing table around this time"
    )
    page.add_argument("-o", "--output", metavar="FOLDER", help="write error.ecsv, degradation.ecsv, pointing.ecsv")
    _json(page)


def _archive(commands: _Commands) -> None:
    page = _command(
        commands, "archive", "archive", "Serve a folder of level-1 frames and tables in JSOC's protocol.",
        "helioreduce archive serve results/archive --port 8000",
    )  # fmt: skip
    page.add_argument("action", choices=("serve",), help="serve, until interrupted")
    page.add_argument("root", metavar="FOLDER", help="folder of frames and tables: results/archive, or what `jsoc.record` kept")
    page.add_argument("--port", type=int, default=0, help="on 127.0.0.1; default: any free one")
    page.add_argument("--log", metavar="FILE", help="file that gets one JSON line per request")


def _status(commands: _Commands) -> None:
    page = _command(
        commands, "status", "status", "Say how far series are: images, what is missing and why, rate, time left.",
        "helioreduce status --page coverage.html",
    )  # fmt: skip
    page.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="in which the workflow runs; default: this one")
    page.add_argument("--page", metavar="FILE", help="write an HTML page with a calendar of what is there")
    _json(page)


def _spice(commands: _Commands) -> None:
    page = _command(
        commands, "spice", "spice", "Line catalogue and contribution functions of SPICE; locks of SAFFRON.",
        'helioreduce spice catalogue --add "Si XII 520.67" -o lines.json',
    )  # fmt: skip
    actions = page.add_subparsers(dest="action", metavar="ACTION", required=True)
    lines = actions.add_parser("catalogue", help="the lines, as JSON that SAFFRON reads, too", formatter_class=_Page)
    lines.add_argument("--catalogue", metavar="FILE", help="start from this one; default: the built-in catalogue")
    lines.add_argument("--add", action="append", default=[], metavar="LINE", help='ion and wavelength in Å: "O VI 1031.93"')
    lines.add_argument("--remove", action="append", default=[], metavar="LINE", help="name, wavelength or identity (ID)")
    lines.add_argument("-o", "--output", metavar="FILE", help="write it there; default: to the screen")
    functions = actions.add_parser(
        "contributions", help="contribution functions of lines, from CHIANTI by the package fiasco", formatter_class=_Page
    )
    functions.add_argument("lines", nargs="+", metavar="LINE", help='ion and wavelength in Å: "S IV 750.22" or "s_4 750.22"')
    functions.add_argument("-o", "--output", required=True, metavar="FILE", help="table to write: .npz")
    functions.add_argument(
        "--database", metavar="FILE", help="CHIANTI as fiasco's HDF5 file; default: the one fiasco is set to"
    )
    locks = actions.add_parser("locks", help="groups and ties of a script that runs SAFFRON, as YAML", formatter_class=_Page)
    locks.add_argument("script", metavar="SCRIPT", help="Python script with fuse_windows, lock or set_lock_protocol")
    locks.add_argument("level2", metavar="FILE", help="level-2 file that it is for: its windows are counted in this order")
    locks.add_argument("--catalogue", metavar="FILE", help="line catalogue; default: the built-in one")


def _init(commands: _Commands) -> None:
    page = _command(
        commands, "init", "workspace", "Make a folder in which the workflow runs, with its config.yaml.",
        "helioreduce init my && cd my && helioreduce run --cores 2",
    )  # fmt: skip
    page.add_argument("folder", metavar="FOLDER", help="new, or without a config.yaml")
    page.set_defaults(action="init")


def _run(commands: _Commands) -> None:
    page = _command(
        commands, "run", "workspace", "Run the workflow in this folder: `snakemake -s …` with all of its options and targets.",
        "helioreduce run --cores 4 --config source=local local='{directory: my_level1}'",
    )  # fmt: skip
    page.usage = "helioreduce run [OPTION OF SNAKEMAKE ...] [TARGET ...]      (snakemake --help has them)"
    page.set_defaults(action="run", snakemake=[])
