"""A copy of everything fetched, in the layout of the embedded archive, to be served without a network.

``python -m helioreduce.archive FOLDER`` serves it; the same queries then return the same records and files.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from helioreduce import times
from helioreduce.errors import InputError, unwritable
from helioreduce.io.atomic import replaced
from helioreduce.jsoc.client import JSOC
from helioreduce.jsoc.errors import NoData
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.retry import RetryPolicy
from helioreduce.jsoc.transfer import download
from helioreduce.runtime import locks

#: Folder of calibration tables that came as files.
TABLES = "solarsoft"
#: File names of the segments of a level-1 record in the archive.
NAMES = {"image": "image_lev1.fits", "spikes": "spikes.fits"}


def keep_frame(folder: str | Path, record: Record, files: Mapping[str, Path]) -> Path:
    """Keep a level-1 record with the files of its segments as stored at JSOC, before the header merge.

    Each version of a record has its own folder; the archive serves the latest.

    Returns
    -------
    Path
        The record's folder.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    slot = times.compact(times.parse(record.keywords["T_REC"]))
    place = Path(folder) / "frames" / record.keywords["WAVELNTH"] / f"{slot}.{record.recnum}"
    held = {record.series.stored_as(name): file for name, file in NAMES.items() if name in files or (place / file).is_file()}
    segments = {name: held.get(name) for name in record.series.segments}
    description = {
        "series": record.series.name,
        "recnum": record.recnum,
        "keywords": dict(record.keywords),
        "segments": segments,
    }
    try:
        for name, file in files.items():
            with replaced(place / NAMES[name]) as part:
                shutil.copyfile(file, part)
        _write(place / "record.json", description)
    except OSError as error:
        raise unwritable(error, place) from None
    return place


def keep_table(folder: str | Path, records: Iterable[Record]) -> Path:
    """Keep the records of a series without files, such as aia.master_pointing3h, in addition to those kept before.

    Returns
    -------
    Path
        The series' file.

    Raises
    ------
    InputError
        If there are no records, or the folder cannot be written.
    """
    entries = list(records)
    if not entries:
        raise InputError("there are no records to keep", where=folder)
    path = Path(folder) / f"{entries[0].series.name}.json"
    fresh = [{"recnum": record.recnum, "keywords": dict(record.keywords)} for record in entries]
    numbers = {entry["recnum"] for entry in fresh}
    with locks.hold_slot(folder, 1, name=".table"):
        kept = json.loads(path.read_text())["records"] if path.exists() else []
        content = {"series": entries[0].series.name, "records": [e for e in kept if e["recnum"] not in numbers] + fresh}
        try:
            _write(path, content)
        except OSError as error:
            raise unwritable(error, path) from None
    return path


def keep_file(folder: str | Path, file: Path) -> Path:
    """Keep the file of a calibration table.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    place = Path(folder, TABLES, file.name)
    try:
        with replaced(place) as part:
            shutil.copyfile(file, part)
    except OSError as error:
        raise unwritable(error, place) from None
    return place


def beside(url: str, names: Iterable[str], folder: Path, retry_policy: RetryPolicy | None = None) -> Path | None:
    """Fetch the first of these table files that an archive has beside its series, as copies of JSOC have.

    Raises
    ------
    TransientExhausted, Rejected
        If the archive cannot be reached, or refuses.
    """
    for name in names if url != JSOC else ():
        with contextlib.suppress(NoData):
            download(f"{url}{TABLES}/{name}", folder / name, retry_policy=retry_policy, verify=lambda part: None)
            return folder / name
    return None


def _write(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON."""
    with replaced(path) as part:
        part.write_text(json.dumps(content))
