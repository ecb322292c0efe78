"""``helioreduce quicklook``: a picture of any product."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from helioreduce.aia import cards
from helioreduce.aia.figures import quicklook
from helioreduce.api import products
from helioreduce.command import pictures
from helioreduce.command.files import named
from helioreduce.errors import InputError, ReductionError
from helioreduce.io import atomic, fits, inputs, origin, plots

_TABLES = {".ecsv", ".npz", ".csv", ".txt"}


def run(options: argparse.Namespace) -> int:
    """Draw every file; one that fails does not keep the others from being drawn."""
    code = 0
    drawn: dict[Path, Path] = {}
    for file in named(options.files):
        target = (Path(options.output) if options.output else file.parent) / f"{file.stem}.jpg"
        try:
            if (first := drawn.setdefault(target, file)) != file:
                raise InputError(f"its picture would replace that of {first}", cure="Draw them into two folders")
            _draw(file, target)
        except ReductionError as error:
            print(f"error: {error.at(file) if isinstance(error, InputError) else error}", file=sys.stderr)
            code = 1
        else:
            print(target)
    return code


def _draw(file: Path, target: Path) -> None:
    """Draw a file: an AIA image as the workflow does, everything else by its axes."""
    if file.suffix in _TABLES:
        raise InputError("is a table: there is no picture of it", cure="`helioreduce info` describes it")
    header = fits.read_header(file)
    atomic.made(target.parent)
    if products.is_image(found := products.read_arrays(file)) and str(header.get("TELESCOP", "")).startswith("SDO"):
        cards.channel(header)
        with origin.saying(inputs.origins([file])):
            plots.write([str(target)], quicklook.draw, fits.read(file), style=quicklook.STYLE)
    else:
        plots.write([str(target)], pictures.draw, products.arrays(found), file.stem, style=quicklook.STYLE)
