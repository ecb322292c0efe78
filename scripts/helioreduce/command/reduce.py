"""``helioreduce reduce``: level-1 files to DN/s."""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helioreduce.aia import cards
from helioreduce.api import aia, aia_calibration
from helioreduce.command.files import FITS, is_fits, named
from helioreduce.errors import InputError, ReductionError
from helioreduce.image import Image
from helioreduce.io import atomic, fits, provenance
from helioreduce.plan import local

Row = dict[str, Any]
#: Endings of compressed files.
_COMPRESSED = (".gz", ".bz2", ".fz")


def run(options: argparse.Namespace) -> int:
    """Reduce every file; one that fails does not keep the others from being reduced."""
    files = _ordered(named(options.files, _is_level1))
    source = options.tables or local.tables(files[0].parent) or "simulated"
    table = aia_calibration.calibration(source, version=options.table_version, pointing=options.pointing)
    rows = list(_reduced(files, table, options))
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        _print(rows)
    return int(any("error" in row for row in rows))


def _is_level1(file: Path) -> bool:
    """Return whether a file of a folder is an image to be reduced, by its name."""
    return is_fits(file) and "spikes" not in file.name.lower() and ".reduced." not in file.name.lower()


def _ordered(files: list[Path]) -> list[Path]:
    """Return files by channel, so that each PSF is prepared once; those that cannot be read come last, frames only once."""
    channels: dict[Path, int] = {}
    frames: dict[tuple[object, ...], Path] = {}
    for file in files:
        channels[file], frame = _identity(file)
        first = frames.setdefault(frame, file)
        if first != file:
            del channels[file]
            print(f"left out: {file} is the frame of {first}", file=sys.stderr)
    return sorted(channels, key=lambda file: channels[file])


def _identity(file: Path) -> tuple[int, tuple[object, ...]]:
    """Return the channel of a file, and what makes its frame another one; a file that cannot be read is none but itself."""
    try:
        header = fits.read_header(file)
        channel = cards.channel(header)
    except InputError:
        return 10**6, (file,)
    time = cards.value(header, "T_OBS") or cards.value(header, "T_REC")
    return channel, (channel, time, *(header.get(key) for key in ("CRPIX1", "CRPIX2", "NAXIS1", "NAXIS2")))


def _reduced(files: list[Path], table: aia_calibration.Calibration, options: argparse.Namespace) -> Iterator[Row]:
    """Yield what was done to each file."""
    control = {name: getattr(options, name) for name in ("method", "iterations", "core", "precision")}
    made: dict[Path, Path] = {}
    for number, file in enumerate(files, 1):
        start = time.perf_counter()
        target = _target(file, options.output)
        print(f"[{number}/{len(files)}] {file.name}", file=sys.stderr, flush=True)
        try:
            if (first := made.setdefault(target, file)) != file:
                raise InputError(f"its product would replace that of {first}", cure="Reduce them into two folders")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is in doubt is in the header, and said below
                image = aia.reduce(
                    file, table, without=options.without, systematic=options.systematic, allow=options.allow,
                    threads=options.threads, **control,
                )  # fmt: skip
            atomic.made(target.parent)
            fits.write(target, image, compressed=True)
        except ReductionError as error:
            message = error.at(file) if isinstance(error, InputError) else error
            print(f"error: {message}", file=sys.stderr)
            yield {"file": str(file), "error": str(message)}
        else:
            yield _row(file, target, image) | {"seconds": round(time.perf_counter() - start, 2)}


def _target(file: Path, folder: str | None) -> Path:
    """Return the file of a product."""
    name = file.name
    for ending in (*_COMPRESSED, *FITS):
        name = name.removesuffix(ending)
    return (Path(folder) if folder else file.parent) / f"{name}.reduced.fits"


def _row(file: Path, target: Path, image: Image) -> Row:
    """Return what was done, for a machine."""
    header = image.header
    return {
        "file": str(file),
        "product": str(target),
        "channel": header["WAVELNTH"],
        "time": header["T_OBS"],
        "shape": list(image.data.shape),
        "unit": header["BUNIT"],
        "steps": provenance.history(header),
        "caveats": provenance.caveats(header),
    }


def _print(rows: list[Row]) -> None:
    """Print what was done, for a reader."""
    print(f"{'channel':>7}  {'time':<24}{'shape':<12}{'unit':<6}{'s':>6}  {'steps':<50}  product")
    for row in rows:
        if "error" in row:
            print(f"failed: {row['error']}")
            continue
        steps = " ".join(step["step"] if step["status"] == "COMPLETE" else f"({step['step']})" for step in row["steps"])
        shape, product = "×".join(map(str, row["shape"])), row["product"]
        print(f"{row['channel']:>7}  {row['time']:<24}{shape:<12}{row['unit']:<6}{row['seconds']:>6}  {steps:<50}  {product}")
    for caveat in dict.fromkeys(caveat for row in rows for caveat in row.get("caveats", ())):
        print(f"caveat: {caveat}")
