"""A whole raster in one process: its windows joined, prepared and fitted, fit by fit; one that fails costs no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from helioreduce.errors import InputError
from helioreduce.spice import binning, exposures, fit, initial, level3, rotation
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.group import Group, join
from helioreduce.spice.level2 import Window
from helioreduce.spice.model import Start
from helioreduce.spice.prepare import prepare, recorded

if TYPE_CHECKING:
    from helioreduce.io.fits import Plane
    from helioreduce.spice.catalogue import Catalogue

logger = logging.getLogger("helioreduce")
#: Makes of a name what is called with a part, and the numbers of spectra done and to do.
Progress = Callable[[str], Callable[[str, int, int], None]]


class Request(NamedTuple):
    """Settings of the preparation and of the fit, as in the configuration.

    ``joining`` are arguments of :func:`helioreduce.spice.group.join`, ``trim`` the wavelengths kept of a window (Å), by name.
    """

    joining: Mapping[str, Any]
    trim: Mapping[str, Sequence[float]]
    threshold: float | None
    denoise: bool
    model: Mapping[str, Any]
    bins: Mapping[str, Any]


class Fit(NamedTuple):
    """Names of the windows of a fit, and what they are called in the products."""

    windows: Sequence[str]
    labels: Sequence[str]


def prepared(
    name: str, own: Fit, windows: Mapping[str, Window], catalogue: Catalogue, request: Request
) -> tuple[Group, dict[str, Any]]:
    """Return the windows of a fit joined and prepared, and what was done, for the header.

    Raises
    ------
    InputError
        If a window is not there, or the windows do not go together.
    """
    chosen = [replace(windows[window], name=label) for window, label in zip(own.windows, own.labels, strict=True)]
    trim = {
        label: request.trim[window] for window, label in zip(own.windows, own.labels, strict=True) if window in request.trim
    }
    joined = join(name, chosen, trim=trim, **request.joining)
    settings = initial.Settings.of(request.model) if request.model else initial.Settings()
    return prepare(joined, catalogue, settings, threshold=request.threshold, denoise=request.denoise)


def started(group: Group, catalogue: Catalogue, model: Mapping[str, Any]) -> Start:
    """Return what the fit of a prepared group starts from, with notes on the exposure."""
    start, header = initial.estimate(group, catalogue, initial.Settings.of(model)), group.windows[0].header
    turned = [rotation.note(header)] if "ROTATION" in header else []
    return replace(start, notes=(*turned, *exposures.notes(header), *start.notes))


def fitted(
    group: Group, catalogue: Catalogue, model: Mapping[str, Any], bins: Mapping[str, Any], progress: Progress | None = None
) -> tuple[Fitted, Start, dict[str, Any]]:
    """Return the fits of a prepared group, their start, and how they ended, for the header."""
    start = started(group, catalogue, model)
    found = binning.fit_adaptive(group, start, binning.Settings.of(bins, group), progress and progress(group.name))
    facts = {text: int((found.fit.status == code).sum()) for code, text in fit.STATUS.items()}
    if not (found.fit.status != fit.TOO_FEW).any():
        problem = f"no spectrum has more usable samples than the {start.model.free} parameters of its fit"
        raise InputError(problem, cure="Widen spice.windows.trim, leave the window out, or fix parameters: spice.model.fixed")
    logger.info("%s: %s; ties: %s", group.name, facts, [tuple(tie) for tie in start.model.ties])
    return found, start, facts


def reduced(
    fits: Mapping[str, Fit],
    windows: Mapping[str, Window],
    catalogue: Catalogue,
    request: Request,
    source: str,
    progress: Progress | None = None,
) -> tuple[list[Plane], dict[str, str]]:
    """Return the planes of level 3 of every fit that succeeds, and the reason for each, by name, that does not.

    Parameters
    ----------
    fits
        The fits of a raster.
    windows
        Its windows that can be reduced.
    catalogue, request
        What is fitted, and how.
    source
        The level-2 file, for the header.
    """
    planes: list[Plane] = []
    refused: dict[str, str] = {}
    for name, own in fits.items():
        with _refusing(own, refused):
            if left := _left(own, windows):
                group, facts = prepared(name, left, windows, catalogue, request)
                group = recorded(group, facts, source)
                planes += level3.planes(*fitted(group, catalogue, request.model, request.bins, progress))
    return planes, refused


def begun(
    fits: Mapping[str, Fit], windows: Mapping[str, Window], catalogue: Catalogue, request: Request
) -> tuple[list[tuple[Group, Start]], dict[str, str]]:
    """Return what every fit would start from, and the reason for each, by name, that cannot be made; as :func:`reduced`."""
    found: list[tuple[Group, Start]] = []
    refused: dict[str, str] = {}
    for name, own in fits.items():
        with _refusing(own, refused):
            if left := _left(own, windows):
                group, _ = prepared(name, left, windows, catalogue, request)
                found.append((group, started(group, catalogue, request.model)))
    return found, refused


def _left(own: Fit, windows: Mapping[str, Window]) -> Fit | None:
    """Return a fit with those of its windows that can be reduced; None without any: they are refused already."""
    left = [(window, label) for window, label in zip(own.windows, own.labels, strict=True) if window in windows]
    return Fit([window for window, _ in left], [label for _, label in left]) if left else None


@contextmanager
def _refusing(own: Fit, refused: dict[str, str]) -> Iterator[None]:
    """Note the reason why a fit cannot be made."""
    try:
        yield
    except InputError as error:
        refused[" + ".join(own.windows)] = str(error)
