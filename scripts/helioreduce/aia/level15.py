"""Prep: pointing, then registration; this is what makes level 1.5."""

from __future__ import annotations

from collections.abc import Mapping

from helioreduce.aia import cards, register
from helioreduce.aia.pointing import select, update
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import ecsv
from helioreduce.io.provenance import record, refuse_twice
from helioreduce.numerics import backend


def prep(image: Image, row: Mapping[str, object] | None, *, reference: str = "") -> Image:
    """Return the image at level 1.5: pointing updated from a row of the master pointing table, and registered.

    ``row=None`` keeps the header's pointing; either is said in the product.

    Raises
    ------
    AlreadyDone
        If the image is level 1.5, or on the grid of a cube.
    InputError
        If its unusable pixels were never flagged.
    """
    refuse_twice(image, "prep")
    refuse_twice(image, "track")
    if (first := image.header.get("PRSTEP1")) in ("degradation", "exposure"):
        problem = (
            f"the step {first!r} came first, which takes an image as it is: pixels without data or saturated are not flagged"
        )
        raise InputError(problem, cure="Take 'prep' before it, or begin with 'error'")
    pointed, parameters = update(image, row)
    new = register.register(pointed)
    record(new.header, "prep", parameters | register.PARAMETERS | {"device": backend.name(new.data)}, reference)
    return new


def from_table(image: Image, pointing: ecsv.Calibration) -> Image:
    """Prep by the row of a day's pointing table that covers T_OBS; an empty table keeps the header's pointing."""
    rows, meta = pointing
    row = select(rows, cards.time(image.header)) if rows else None
    return prep(image, row, reference=ecsv.reference(meta))
