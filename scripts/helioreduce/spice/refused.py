"""What a run refused: a record for each raster, and one table of all, which are there even if the job fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from helioreduce.errors import InputError
from helioreduce.io.atomic import replaced

#: The table; and the records of single rasters.
TABLE, _RECORDS = Path("results/spice/refused.tsv"), Path("results/spice/refused")


class Row(NamedTuple):
    """A window that was refused, or a file (without window), and the reason."""

    file: str
    window: str
    reason: str

    @property
    def text(self) -> str:
        """The row in words."""
        return f"{self.file}: {self.window}: {self.reason}" if self.window else self.reason


def record(raster: str, file: str, refused: Mapping[str, str], *, failed: bool = False) -> list[str]:
    """Record the windows of a raster that were refused, and return what was, in words; a raster without any has no record.

    The record is no output of a job: Snakemake would delete it where the job fails, when it is wanted most.

    Parameters
    ----------
    raster, file
        Name and level-2 file.
    refused
        The reason for each window, by name.
    failed
        Whether nothing is left of the raster.

    Raises
    ------
    InputError
        If nothing is left.
    """
    own = _RECORDS / f"{raster}.tsv"
    if refused:
        _write_rows(own, [Row(file, window, reason) for window, reason in refused.items()])
        collect([path.stem for path in sorted(_RECORDS.glob("*.tsv"))], {})
    else:
        own.unlink(missing_ok=True)
    if failed:
        raise InputError("; ".join(f"{window}: {reason}" for window, reason in refused.items()), where=file)
    return [f"refused: {window}: {reason}" for window, reason in refused.items()]


def collect(rasters: Sequence[str], refused: Mapping[str, str]) -> list[Row]:
    """Write what was refused, files and windows, into one table, and return its rows; without any, remove it."""
    rows = [Row(file, "", reason) for file, reason in refused.items()]
    for raster in rasters:
        own = _RECORDS / f"{raster}.tsv"
        lines = own.read_text().splitlines()[1:] if own.is_file() else []
        rows += [Row(*line.split("\t")) for line in lines]
    if rows:
        _write_rows(TABLE, rows)
    else:
        TABLE.unlink(missing_ok=True)
    return rows


def _write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of refused files and windows as tab-separated text."""
    with replaced(path) as temporary:
        lines = ["\t".join(Row._fields), *("\t".join(" ".join(field.split()) for field in row) for row in rows)]
        temporary.write_text("\n".join(lines) + "\n")
