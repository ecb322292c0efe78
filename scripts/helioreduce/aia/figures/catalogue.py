"""The figures of AIA: what draws each, what it is drawn from, and what one of it covers.

A figure is drawn by the function of its name in its module. Modules are imported when a figure of theirs is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Covers(Enum):
    """What one figure covers."""

    FRAME = auto()
    CHANNEL = auto()
    TIME = auto()
    RUN = auto()


class Kind(Enum):
    """What an input file is read as."""

    IMAGE = auto()  #: image with error plane, flags and header
    HEADER = auto()  #: header of an image
    SPIKES = auto()  #: list of spikes, (3, N)
    PSF = auto()  #: point-spread function
    EXPECTED = auto()  #: noiseless counts of the embedded archive, DN
    TABLE = auto()  #: table with units and meta data
    ROWS = auto()  #: rows of a table
    DEM = auto()  #: differential emission measure with all its maps
    LAYERS = auto()  #: emission measure behind the embedded archive's images
    DEGRADATION = auto()  #: rows of a degradation table in any of its formats


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure.

    Parameters
    ----------
    module
        Module of this package that draws it.
    group
        Heading in the gallery and in the report.
    covers
        What one figure covers.
    inputs
        Inputs by name, and what each file is read as; a list of files becomes a list. A figure may do without an input for
        which its function has a default.
    options
        Further arguments by name, and their types.
    """

    module: str
    group: str
    covers: Covers
    inputs: Mapping[str, Kind]
    options: Mapping[str, Callable[..., object]] = field(default_factory=dict)


_PAIR = {"before": Kind.IMAGE, "after": Kind.IMAGE}
_REGISTERED = {"level1": Kind.IMAGE, "registered": Kind.IMAGE}
_RAW = {"image": Kind.IMAGE, "table": Kind.ROWS}
_SPIKES = {"level1": Kind.IMAGE, "spikes": Kind.SPIKES}

#: Place of a cut-out: pixels a side, or a box in arcsec.
_CUT: Mapping[str, Callable[..., object]] = {"side": int, "box": list}

FIGURES = {
    "deconvolution": Entry("deconvolution", "Deconvolution", Covers.FRAME, _PAIR, _CUT),
    "slit": Entry("deconvolution", "Deconvolution", Covers.FRAME, _PAIR, _CUT),
    "psf": Entry("deconvolution", "Deconvolution", Covers.CHANNEL, {"psf": Kind.PSF}, {"channel": int, "core": str}),
    "psf_energy": Entry("deconvolution", "Deconvolution", Covers.RUN, {"psfs": Kind.PSF}, {"channels": list}),
    "convergence": Entry(
        "deconvolution", "Deconvolution", Covers.FRAME, {"before": Kind.IMAGE}, {"side": int, "deconvolution": dict}
    ),
    "spike_cutouts": Entry("spikes", "Spikes", Covers.FRAME, _SPIKES | {"respiked": Kind.IMAGE}, _CUT),
    "spike_positions": Entry("spikes", "Spikes", Covers.FRAME, _SPIKES),
    "spike_histogram": Entry("spikes", "Spikes", Covers.RUN, {"spikes": Kind.SPIKES}, {"channels": list}),
    "registration": Entry("registration", "Registration", Covers.FRAME, _REGISTERED),
    "limb": Entry("registration", "Registration", Covers.FRAME, _REGISTERED),
    "pointing": Entry(
        "registration", "Registration", Covers.CHANNEL, {"table": Kind.ROWS, "images": Kind.HEADER}, {"channel": int}
    ),
    "degradation": Entry(
        "degradation", "Degradation", Covers.CHANNEL, {"history": Kind.TABLE, "table": Kind.ROWS},
        {"channel": int, "frames": list, "version": int},
    ),
    "trend": Entry(
        "degradation", "Degradation", Covers.CHANNEL, {"means": Kind.TABLE, "tables": Kind.DEGRADATION}, {"channel": int}
    ),
    "correction": Entry("degradation", "Degradation", Covers.FRAME, _PAIR),
    "error_map": Entry("errors", "Errors", Covers.FRAME, {"image": Kind.IMAGE}),
    "error_components": Entry("errors", "Errors", Covers.FRAME, _RAW),
    "error_histograms": Entry("errors", "Errors", Covers.FRAME, _RAW),
    "pulls": Entry("errors", "Errors", Covers.FRAME, {"images": Kind.IMAGE, "truth": Kind.EXPECTED}),
    "autocorrelation": Entry(
        "errors", "Errors", Covers.FRAME, {"level1": Kind.HEADER}, {"side": int, "deconvolution": dict}
    ),
    "response_components": Entry("response", "Response", Covers.FRAME, {"response": Kind.TABLE}),
    "response_variants": Entry("response", "Response", Covers.FRAME, {"response": Kind.TABLE}),
    "temperature_response": Entry("response", "Response", Covers.TIME, {"response": Kind.TABLE}),
    "dem_inputs": Entry("dem", "Temperature", Covers.TIME, {"dem": Kind.DEM}),
    "dem_fit": Entry("dem", "Temperature", Covers.TIME, {"dem": Kind.DEM}),
    "dem_curves": Entry("dem", "Temperature", Covers.TIME, {"dem": Kind.DEM}),
    "dem_recovery": Entry("dem", "Temperature", Covers.TIME, {"dem": Kind.DEM}),
    "dem_dated": Entry("dem", "Temperature", Covers.TIME, {"dem": Kind.DEM, "response": Kind.TABLE}),
    "dem_truth": Entry("dem_truth", "Temperature", Covers.TIME, {"dem": Kind.DEM, "truth": Kind.LAYERS}),
    "light_curves": Entry("series", "Series", Covers.RUN, {"curves": Kind.ROWS}),
    "channels": Entry("series", "Series", Covers.RUN, {"images": Kind.IMAGE, "curves": Kind.ROWS}),
    "alignment": Entry("series", "Series", Covers.RUN, {"offsets": Kind.ROWS}),
    "timeline": Entry("series", "Series", Covers.RUN, {"series": Kind.ROWS}),
}  # fmt: skip


def module(name: str) -> str:
    """Return the full name of the module that draws a figure."""
    return f"{__package__}.{FIGURES[name].module}"


def function(name: str) -> Callable[..., Figure]:
    """Return the function that draws a figure; it takes the inputs and options by name."""
    draw: Callable[..., Figure] = getattr(import_module(module(name)), name)
    return draw
