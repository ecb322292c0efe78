"""Level-1 files that a user already has: which frame each of them is, and where its spikes and the tables are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helioreduce import condition, times
from helioreduce.aia import cards, level1, wcs
from helioreduce.aia.channels import NPIX
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.plan.paths import check_name
from helioreduce.quality import DEFAULT, Policy

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Endings of FITS files in archives that are not opened here.
_PACKED = re.compile(r"\.(fits|fit|fts)\.(zip|z|xz|zst|7z)$|\.(tar|tar\.gz|tgz|zip)$")


#: What follows the time in the names of simulated frames.
SIMULATED = "_simulated"


class Frame(NamedTuple):
    """One level-1 file, named by its channel and time."""

    channel: str
    time: str
    image: Path
    spikes: Path | None
    is_cutout: bool = False


class Folder(NamedTuple):
    """What a folder holds: frames, refused files with the reason of each, and what else a user should know."""

    frames: list[Frame]
    refused: dict[str, str]
    notes: list[str]


class _Found(NamedTuple):
    """A frame, and the part of the detector that it is of: first pixel (x, y), and shape (ny, nx)."""

    frame: Frame
    corner: tuple[int, int]
    shape: tuple[int, ...]

    @property
    def place(self) -> str:
        """The corner in the names of files; empty for a full frame."""
        x, y = (max(first, 0) for first in self.corner)
        return "" if self.shape == (NPIX, NPIX) else f"_x{x:04d}y{y:04d}"


def frames(directory: Path, policy: Policy = DEFAULT, where: str | None = None) -> Folder:
    """Judge every level-1 image in a folder by its header.

    A frame is named by WAVELNTH and T_REC, or T_OBS where T_REC is missing, to the second; where there are several regions
    of one channel at one time, also by the first pixel of each cut-out on the detector. A spikes file lies beside its
    image and has ``spikes`` in its name where the image has ``image`` or ``image_lev1`` (JSOC's export names), or behind it:
    ``a.spikes.fits`` beside ``a.fits``.

    Parameters
    ----------
    directory
        Folder of FITS files, compressed or not.
    policy
        Which flaws of a frame are allowed.
    where
        A condition in SQL on the keywords of the images that are wanted.

    Raises
    ------
    InputError
        If the folder holds no FITS file, or the condition holds for none.
    """
    files = list(_fits(directory))
    if not files:
        raise InputError("holds no FITS file", cure="Set local.directory to the folder of your level-1 files", where=directory)
    by_name = {_plain(file): file for file in files}
    spikes = {file: other for file in files if (other := _beside(file, by_name))}
    found: list[_Found] = []
    refused: dict[str, str] = {}
    notes, unmet = list(_passed_over(directory)), 0
    for file in files:
        if file in spikes.values():
            continue
        try:
            check_name(file)
            header = fits.read_header(file)
            if "spikes" in _plain(file) and header.get("NAXIS2") == 3:
                notes.append(f"{file.name}: spikes, whose image is not beside them; spikes of a.fits are a.spikes.fits")
            elif where and not condition.holds(where, header):
                unmet += 1
            else:
                found.append(_judged(file, header, spikes.get(file), policy))
        except InputError as error:
            refused[file.name] = str(error.at(file))
    if unmet and not found:
        raise InputError(f"aia.where does not hold for any of {unmet} images", cure="Change it", where=directory)
    notes += [f"{unmet} of {unmet + len(found)} images are left out: aia.where does not hold for them."] * bool(unmet)
    unique, repeated = _named(found)
    return Folder(unique, refused, [*notes, *repeated])


def tables(directory: Path) -> Path | None:
    """Return the folder ``tables`` in or beside ``directory``, if there is one."""
    return next((folder for folder in (directory / "tables", directory.parent / "tables") if folder.is_dir()), None)


def _fits(folder: Path) -> Iterator[Path]:
    """Yield the FITS files of a folder by name; hidden ones are other programs' own."""
    for file in sorted(folder.iterdir()):
        if jsoc_files.ENDING.search(file.name) and not file.name.startswith(".") and not file.is_dir():
            yield file


def _passed_over(folder: Path) -> Iterator[str]:
    """Yield what to say of level-1 images that are not looked at: those in archives and in folders."""
    for file in sorted(folder.iterdir()):
        if _PACKED.search(file.name.lower()):
            yield f"{file.name}: not read, unpack it"
        elif file.is_dir() and file.name != "tables" and next(_fits(file), None):
            yield f"{file.name}: the FITS files in this folder are not read, give it as local.directory"


def _plain(file: Path) -> str:
    """Return a file's name in lower case without its ending."""
    return jsoc_files.ENDING.sub("", file.name).lower()


def _beside(file: Path, by_name: Mapping[str, Path]) -> Path | None:
    """Return the spikes of an image, if they are among the files."""
    return next((by_name[name] for name in jsoc_files.spikes_names(_plain(file)) if name in by_name), None)


def _judged(file: Path, header: Header, spikes: Path | None, policy: Policy) -> _Found:
    """Return the frame that a file is.

    Raises
    ------
    InputError
        If it is no level-1 image. Its pixels are only read where reals and the header make it likely that they are resampled.
    """
    shape = tuple(int(header.get(f"NAXIS{axis}", 1)) for axis in range(header["NAXIS"], 0, -1))
    level1.check_header(header, policy)
    level1.check_shape(shape)
    if header["BITPIX"] < 0 and level1.resampled(header, shape):
        level1.ingest(fits.read(file), policy)
    time = cards.time(header, "T_REC" if cards.value(header, "T_REC") else "T_OBS")
    name = times.compact(time) + SIMULATED * provenance.is_simulated(header)
    frame = Frame(str(cards.channel(header)), name, file, spikes, is_cutout=shape != (NPIX, NPIX))
    return _Found(frame, wcs.Pointing.of(header).corner(header), shape)


def _named(found: list[_Found]) -> tuple[list[Frame], list[str]]:
    """Return every frame once, under a name of its own, and what to say of those that are there again.

    Of files of one channel, time and first pixel the one with spikes counts, then the larger one.
    """
    unique, notes = [], []
    by_name: dict[tuple[str, str], list[_Found]] = {}
    for entry in sorted(found, key=lambda entry: (entry.frame.spikes is None, -prod(entry.shape))):
        by_name.setdefault((entry.frame.channel, entry.frame.time), []).append(entry)
    for (channel, time), entries in sorted(by_name.items()):
        places: dict[str, _Found] = {}
        for entry in entries:
            first = places.setdefault(entry.place, entry)
            if first is not entry:
                what = f"{channel} Å at {time}, as in {first.frame.image.name}"
                notes.append(f"{entry.frame.image.name}: left out, the same frame is there twice ({what})")
        several = len(places) > 1
        unique += [entry.frame._replace(time=time + place * several) for place, entry in places.items()]
    return unique, notes
