"""One job, many frames: each finished image is kept at once, so that what has been computed is never computed again.

Snakemake removes every output of a job that fails, or that it repeats because one of its frames changed. So an image is
written below ``results/aia/batch`` under the digest of all it follows from, and its product is a hard link to it: the same
bytes on the disk, counted once.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helioreduce.errors import InputError, ReductionError
from helioreduce.io import provenance
from helioreduce.io.atomic import replaced
from helioreduce.runtime import pipeline
from helioreduce.runtime.log import logger, report


class Frame(NamedTuple):
    """One image to be made: its files, and the steps that it does not go through, with the reasons."""

    image: str
    spikes: str | None
    pointing: str
    output: str
    left_out: Mapping[str, str]

    @property
    def name(self) -> str:
        """Channel and time."""
        return _name(self.output)


class Download(NamedTuple):
    """One image to be fetched: the list that has its record, its staged export, and the files to be written."""

    records: str
    exports: str | None
    image: str
    history: str
    spikes: str | None

    @property
    def name(self) -> str:
        """Channel and time."""
        return _name(self.image)


def run(
    frames: Sequence[Frame],
    folder: str | Path,
    common: object,
    read: Callable[[Frame], Any],
    compute: Callable[[Frame, Any], Any],
    write: Callable[[Path, Any], None],
) -> None:
    """Make every frame's output, from what is kept or anew.

    Parameters
    ----------
    frames
        What to make.
    folder
        Where finished images are kept, on the file system of the outputs.
    common
        What all frames follow from, besides their own files: code, parameters, digests of tables. Its ``repr`` counts.
    read, compute, write
        See :func:`helioreduce.runtime.pipeline.overlapped`; ``write`` gets the path in ``folder``.

    Raises
    ------
    InputError
        After the last frame, if some failed; it names their files and the reasons.
    """
    kept = {frame.output: _kept(frame, Path(folder), common) for frame in frames}
    missing = [frame for frame in frames if not kept[frame.output].is_file()]
    for frame in frames:
        if frame not in missing:
            _link(kept[frame.output], frame)
            report(f"{frame.name}: kept from before")

    def finish(frame: Frame, result: Any) -> None:
        path = kept[frame.output]
        for outdated in path.parent.glob(f"{Path(frame.output).stem}.*.fits"):
            outdated.unlink()
        write(path, result)
        _link(path, frame)

    each(pipeline.overlapped(missing, read, compute, finish), len(missing), kept=folder)


def each(outcomes: Iterable[tuple[Frame | Download, Exception | None]], total: int, kept: str | Path) -> None:
    """Tell how far the frames of a job are, and at its end which ones failed.

    Parameters
    ----------
    outcomes
        Every frame as it is done, with the exception that ended it, or None.
    total
        How many there are.
    kept
        Where the others can be found when some failed.

    Raises
    ------
    InputError
        After the last frame, if some failed; it names their files and the reasons.
    """
    began, failed = time.monotonic(), []
    for number, (frame, error) in enumerate(outcomes, start=1):
        if error:
            failed.append(_reason(frame, error))
        rate = 60 * number / (time.monotonic() - began)
        report(f"{frame.name}: {'failed' if error else 'done'} ({number} of {total}, {rate:.1f} images/min)")
    if failed:
        problem = "\n  ".join([f"{len(failed)} of {total} images failed", *failed])
        raise InputError(problem, cure=f"The others are kept in {kept}: mend these or leave them out, and run again")


def _name(path: str) -> str:
    """Channel and time in the path of an image."""
    return " ".join(Path(path).with_suffix("").parts[-2:])


def _kept(frame: Frame, folder: Path, common: object) -> Path:
    """Where the finished image is kept: named by all that it follows from."""
    files = [provenance.sha256(file) for file in (frame.image, frame.spikes, frame.pointing) if file]
    digest = hashlib.sha256(repr((common, sorted(frame.left_out.items()), files)).encode()).hexdigest()
    output = Path(frame.output)
    return folder / output.parent.name / f"{output.stem}.{digest[:16]}.fits"


def _link(kept: Path, frame: Frame) -> None:
    """Make the product a hard link to the kept image, made now as far as Snakemake is concerned."""
    output = Path(frame.output)
    with replaced(output) as temporary:
        for old in (temporary, output):
            old.unlink(missing_ok=True)
        temporary.hardlink_to(kept)
    os.utime(output)


def _reason(frame: Frame | Download, error: Exception) -> str:
    """What went wrong with a frame, naming its file; an unexpected error leaves its traceback in the log."""
    if isinstance(error, InputError):
        return str(error.at(frame.image))
    if not isinstance(error, ReductionError):
        logger.error("%s: unexpected error", frame.name, exc_info=error)
    return f"{frame.image}: {type(error).__name__}: {error}"
