"""Level-1 files that a user already has: which frame each of them is, and where its spikes and the tables are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io import fits


class Frame(NamedTuple):
    """One level-1 file, named by its channel and time."""

    channel: str
    time: str
    image: Path
    spikes: Path | None


def frames(directory: Path) -> tuple[list[Frame], dict[str, str]]:
    """Every level-1 image in a folder, and the files that cannot be named, with the reason.

    A frame is named by WAVELNTH and T_REC, or T_OBS where T_REC is missing, to the second. A spikes file lies beside its
    image and has ``spikes`` in its name where the image has ``image`` or ``image_lev1`` (JSOC's export names).

    Raises
    ------
    InputError
        If the folder holds no FITS file, or two files of one channel and time.
    """
    files = sorted(f for f in directory.iterdir() if f.name.lower().endswith((".fits", ".fits.gz", ".fts")))
    images = [file for file in files if "spikes" not in file.name]
    if not images:
        raise InputError("holds no FITS file", cure="Set local.directory to the folder of your level-1 files", where=directory)
    found: dict[tuple[str, str], Frame] = {}
    refused: dict[str, str] = {}
    for file in images:
        try:
            frame = _frame(file)
        except InputError as error:
            refused[file.name] = str(error)
            continue
        other = found.setdefault((frame.channel, frame.time), frame)
        if other is not frame:
            problem = f"{other.image.name} and {file.name} are both {frame.channel} Å at {frame.time}"
            raise InputError(problem, cure="Keep one of them in the folder", where=directory)
    return list(found.values()), refused


def tables(directory: Path) -> Path | None:
    """The folder ``tables`` in or beside ``directory``, if there is one."""
    return next((folder for folder in (directory / "tables", directory.parent / "tables") if folder.is_dir()), None)


def _frame(file: Path) -> Frame:
    header = fits.read_header(file)
    channel, time = header.get("WAVELNTH"), header.get("T_REC") or header.get("T_OBS")
    if not isinstance(channel, int) or not time:
        missing = "WAVELNTH" if not isinstance(channel, int) else "T_REC and T_OBS"
        raise InputError(f"the keyword {missing} is missing", cure="Fetch the image again with its JSOC header", where=file)
    names = (file.name.replace(word, "spikes") for word in ("image_lev1", "image"))
    spikes = next((file.with_name(name) for name in names if "spikes" in name and file.with_name(name).is_file()), None)
    return Frame(str(channel), times.compact(times.parse(str(time))), file, spikes)
