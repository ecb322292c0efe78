"""``helioreduce quicklook``: pictures of AIA images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from helioreduce.aia import cards
from helioreduce.aia.figures import quicklook
from helioreduce.errors import InputError, ReductionError
from helioreduce.io import fits, plots


def run(options: argparse.Namespace) -> int:
    """Draw every file; one that fails does not keep the others from being drawn."""
    code = 0
    for file in map(Path, options.files):
        target = (Path(options.output) if options.output else file.parent) / f"{file.stem}.png"
        try:
            image = fits.read(file)
            cards.channel(image.header)
            target.parent.mkdir(parents=True, exist_ok=True)
            plots.write([str(target)], quicklook.draw, image, style=quicklook.STYLE)
        except ReductionError as error:
            print(f"error: {error.at(file) if isinstance(error, InputError) else error}", file=sys.stderr)
            code = 1
        else:
            print(target)
    return code
