"""Files of a staged export: as stored, with the header of the database, or processed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from helioreduce import times
from helioreduce.archive.cards import exported
from helioreduce.archive.catalogue import Record
from helioreduce.archive.processing import processed, processes
from helioreduce.archive.series import Series, time_text
from helioreduce.io import jsoc_files


@dataclass(frozen=True, slots=True)
class Item:
    """One file to export: record, segment and file in the archive."""

    series: Series
    record: Record
    segment: str
    file: Path


def stage(
    items: Iterable[Item], folder: Path, request: Mapping[str, str], process: str = ""
) -> tuple[list[dict[str, str]], str]:
    """Prepare the files of a request in ``folder``.

    Returns
    -------
    data, keywords
        The entries ``record`` and ``filename`` of the index, and the place of the keywords.
    """
    folder.mkdir(parents=True, exist_ok=True)
    steps = [step for step in process.split("|")[1:] if step]
    as_is = request["protocol"].startswith("as-is")
    data = []
    if steps:  # of the first segment only
        items = [item for item in items if item.segment == next(iter(item.record.segments))]
        made = processes(steps, [exported(item.series, item.record, item.segment) for item in items])
    for item in items:
        name = filename(item, request.get("format", ""), "_mod" if steps else "")
        record = item.series.record_name(item.record.keywords)
        if as_is:
            _link(item.file, folder / name)
            record += f"{{{item.segment}}}"
        elif steps:
            header, parent = exported(item.series, item.record, item.segment), record
            record = f"{parent.replace('[', '_mod[', 1)}[{folder.parent.name}]"
            if not processed(item.file, folder / name, header, made, folder.parent.name, parent):
                continue
        elif item.file.suffix == ".fits":
            jsoc_files.rewrite(item.file, folder / name, exported(item.series, item.record, item.segment))
        else:
            _link(item.file, folder / name)
        data.append({"record": record, "filename": name})
    return data, "**IN FITS FILES**"


def filename(item: Item, pattern: str, suffix: str = "") -> str:
    """Return the name of an exported file: ``series.T_REC.WAVELNTH.segment``, with the time of the linked record."""
    keys = [f"{{{key}}}" for key in item.series.primekeys]
    pattern = pattern or ".".join([item.series.name, *keys, "{segment}"])
    values = {key.lower(): _in_name(item, key) for key in item.series.primekeys}
    values |= {"segment": item.segment if suffix else item.file.name.removesuffix(".fits"), "recnum": str(item.record.recnum)}
    name = re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda match: values.get(match[1].lower(), match[1]), pattern)
    if suffix and name.lower().startswith(item.series.name.lower()):
        name = item.series.name + suffix + name[len(item.series.name) :]
    return re.sub(r"[^\w.+-]", "", name) + (item.file.suffix if not name.endswith(item.file.suffix) else "")


def _in_name(item: Item, key: str) -> str:
    """Return a prime key for a file name; a linked slot time is that of aia.lev1, which rounds T_OBS to the second."""
    observed = item.record.keywords.get("T_OBS")
    if key == "T_REC" and item.series.links and observed:
        return time_text(times.slot(times.parse(observed), 1.0), "ISO", 0).replace(":", "")
    shown = item.series.by_name[key.lower()].shown(item.record.keywords.get(key)).replace(":", "")
    return re.sub(r"^(\d{4})\.(\d\d)\.(\d\d)_", r"\1\2\3_", shown)


def _link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy where the file system has no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
