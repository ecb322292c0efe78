"""Processing history of a product: one status card and one SOLARNET record per step.

Each step leaves a card named by the first eight letters of the step (``DECONVOL``) with COMPLETE or SKIPPED, and a numbered
group PRSTEPn, PRPROCn, PRPVERn, PRPARAn, PRREFn (SOLARNET metadata recommendations 1.4, section 8).
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from helioreduce import __version__
from helioreduce.errors import AlreadyDone, InputWarning

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.image import Image


COMPLETE, SKIPPED = "COMPLETE", "SKIPPED"
#: In ORIGIN of every frame that the embedded archive makes.
SIMULATED = "SIMULATED"
#: Card of everything that is made from simulated frames.
SIMULATE = "SIMULATE"


#: The cards of a FITS file that say when it was written, and the sums that follow from them or from the data; and the line of
#: a table that says when it was asked for.
_DATED = re.compile(rb"(?:DATE    |CHECKSUM|DATASUM )= .{70}|# - \{queried: [^}\n]*\}", re.DOTALL)
#: Status cards of steps that share their first eight letters, or whose letters are a keyword: EXPOSURE is a time elsewhere.
_CARDS = {"esis_level1": "ESIS_L1", "esis_level3": "ESIS_L3", "exposure": "NORMALIS"}


def card(step: str) -> str:
    """Return the name of a step's status card: its first eight letters, upper case, or an explicit name."""
    return _CARDS.get(step, step.upper()[:8])


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def undated(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes without what says when it was written: fetched again, it is the same."""
    return hashlib.sha256(_DATED.sub(b"", Path(path).read_bytes())).hexdigest()


def refuse_twice(image: Image, step: str) -> None:
    """Refuse an image to which ``step`` has already been applied.

    Raises
    ------
    AlreadyDone
        If the step's card says COMPLETE.
    """
    if image.header.get(card(step)) == COMPLETE:
        raise AlreadyDone(
            f"{card(step)} = {COMPLETE}: the step {step!r} has been applied already",
            cure="Start from the product before that step",
        )


def record(
    header: Header, step: str, parameters: Mapping[str, object] | None = None, reference: str = "", *, status: str = COMPLETE
) -> None:
    """Write a step into ``header``, in place.

    Parameters
    ----------
    header
        The new image's own header.
    step
        The step's name, as in its rule.
    parameters
        Settings and results of the step, ``name=value`` in PRPARAn.
    reference
        Calibration file with version and SHA-256, in PRREFn.
    status
        COMPLETE or SKIPPED.
    """
    header[card(step)] = (status, f"step {step!r}")
    n = 1 + sum(1 for key in header if key.startswith("PRSTEP"))
    header[f"PRSTEP{n}"] = (step, "processing step")
    header[f"PRPROC{n}"] = ("helioreduce", "software")
    header[f"PRPVER{n}"] = (__version__, "its version")
    text = "; ".join(f"{name}={value}" for name, value in {"status": status, **(parameters or {})}.items())
    header[f"PRPARA{n}"] = ascii_only(text)
    if reference:
        header[f"PRREF{n}"] = ascii_only(reference)


def caveat(header: Header, text: str) -> None:
    """Record in ``header``, in place, that something may be wrong with the image, and warn; once for each text.

    Warns
    -----
    InputWarning
        With the text, and the channel and time of the image, or the name of its file.
    """
    if ascii_only(text) in caveats(header):
        return
    header[f"CAVEAT{len(caveats(header)) + 1}"] = (ascii_only(text), "what may be wrong")
    frame = " ".join(str(header[key]) for key in ("WAVELNTH", "T_OBS") if header.get(key)) or header.get("FILENAME")
    warnings.warn(f"{frame}: {text}" if frame else text, InputWarning, stacklevel=3)


def caveats(header: Mapping[str, object]) -> list[str]:
    """Return what :func:`caveat` has recorded."""
    return [str(header[key]) for key in header if re.fullmatch(r"CAVEAT\d", key)]


def is_simulated(header: Mapping[str, object]) -> bool:
    """Return whether an image is one of the embedded archive, by ORIGIN."""
    return SIMULATE in header or SIMULATED in str(header.get("ORIGIN", ""))


def ascii_only(text: str) -> str:
    """Return text in the characters that FITS allows."""
    return text.encode("ascii", "replace").decode()


def skip(image: Image, steps: Mapping[str, str]) -> Image:
    """Return the image with a record of the steps that were skipped, each with its reason."""
    if not steps:
        return image
    image = image.with_()
    for step, reason in steps.items():
        record(image.header, step, {"reason": reason}, status=SKIPPED)
    return image


def history(header: Mapping[str, object]) -> list[dict[str, str]]:
    """Return the steps that :func:`record` has written, in order: step, status, parameters, reference, version."""
    numbers = sorted(int(key[6:]) for key in header if re.fullmatch(r"PRSTEP\d+", key))
    found = []
    for n in numbers:
        status, *parameters = str(header.get(f"PRPARA{n}", "")).split("; ")
        entry = {"step": header[f"PRSTEP{n}"], "status": status.removeprefix("status="), "parameters": "; ".join(parameters)}
        entry |= {"reference": header.get(f"PRREF{n}", ""), "version": header.get(f"PRPVER{n}", "")}
        found.append({key: str(value) for key, value in entry.items()})
    return found
