"""A corona of known temperatures: one emission measure of every pixel makes the six optically thin channels.

The plasma of a pixel is a sum of layers, each a Gaussian in log T. A channel sees

    counts = Σ EM_layer ∫ K(T) φ_layer(log T) dlog T,    φ normalised,

so that the emission measure of every pixel is known in closed form. Nothing absorbs: filaments would hide what lies behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.io import fits
from helioreduce.sun import events
from helioreduce.sun.appearance import APPEARANCES, Appearance
from helioreduce.sun.ephemeris import Observer
from helioreduce.sun.scenario import Pointing, Scenario, facts
from helioreduce.sun.sky import paint

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Unit of the appearance of a layer, cm⁻⁵.
UNIT = 1e26
#: Peak of a flare in the hottest layer, cm⁻⁵.
_FLARE = 1e31


@dataclass(frozen=True)
class Layer:
    """Plasma about one temperature: mean and standard deviation of log T, and where it is, in units of 1e26 cm⁻⁵."""

    logt: float
    sigma: float
    look: Appearance

    def per_dex(self, logt: np.ndarray) -> np.ndarray:
        """Return the share of the layer's emission measure per dex at temperatures ``logt``."""
        return np.asarray(np.exp(-0.5 * ((logt - self.logt) / self.sigma) ** 2) / (self.sigma * np.sqrt(2 * np.pi)))


def _layer(logt: float, sigma: float, channel: int, quiet: float, loops: float, points: float) -> Layer:
    """Return a layer that is distributed as one channel sees the Sun; peaks in units of 1e26 cm⁻⁵."""
    look = replace(APPEARANCES[channel], quiet=quiet, loops=loops, points=points)
    return Layer(logt, sigma, replace(look, cool=0.0, filament=0.0, bands=((logt, sigma, 1.0),)))


#: Emission measures that give the quiet Sun, loops and bright points about the counts of AIA.
LAYERS = (
    _layer(5.75, 0.12, 131, 0.6, 10, 8),
    _layer(5.95, 0.12, 171, 0.4, 10, 5),
    _layer(6.15, 0.10, 193, 2.0, 40, 10),
    _layer(6.30, 0.10, 211, 3.0, 80, 10),
    _layer(6.50, 0.12, 335, 0.5, 70, 5),
    _layer(6.90, 0.15, 94, 0.01, 40, 0),
)
#: Channel (Å) to its counts for an emission measure of one in each layer, 1e-28 DN cm⁵ s⁻¹ pixel⁻¹: the archive's temperature
#: response at launch, folded with the layers.
RESPONSE = {
    94: (1.299, 6.321, 5.270, 1.082, 3.638, 22.09),
    131: (214.2, 102.2, 8.193, 1.962, 1.629, 49.68),
    171: (6130.0, 8908.0, 3425.0, 574.8, 36.39, 1.636),
    193: (38.92, 578.3, 2351.0, 1418.0, 143.7, 35.22),
    211: (1.838, 13.94, 193.6, 461.4, 124.8, 1.334),
    335: (8.853, 8.057, 7.427, 20.41, 29.47, 3.188),
}
_RESPONSE_UNIT = 1e-28


def measures(
    scenario: Scenario, seen_from: Observer, pointing: Pointing, npix: int, flare: bool = False
) -> Iterator[np.ndarray]:
    """Yield the emission measure of each layer (npix, npix) float32, in units of 1e26 cm⁻⁵; for the rest see ``sky.scene``."""
    for layer in LAYERS:
        peak = _FLARE / UNIT if flare and layer is LAYERS[-1] else 0.0
        yield paint(layer.look, scenario, seen_from, pointing, npix, peak)


def scene(
    scenario: Scenario, channel: int, seen_from: Observer, pointing: Pointing, npix: int, flare: bool = False
) -> np.ndarray:
    """Return the brightness (npix, npix) float32 of one of the six channels, DN/s at launch, as ``sky.scene`` does."""
    return counts(channel, measures(scenario, seen_from, pointing, npix, flare))


def counts(channel: int, layers: Iterable[np.ndarray]) -> np.ndarray:
    """Return what a channel sees of layers (ny, nx), in units of 1e26 cm⁻⁵: DN/s at launch."""
    pairs = zip(RESPONSE[channel], layers, strict=True)
    return np.asarray(sum(np.float32(response * _RESPONSE_UNIT * UNIT) * layer for response, layer in pairs))


def truth(scenario: Scenario, t_rec: datetime) -> tuple[np.ndarray, Header]:
    """Return the emission measure behind the six channels, on the archive's pixels with solar north up.

    Events count where they happen to the frame of 94 Å.

    Parameters
    ----------
    scenario
        Contents of the archive.
    t_rec
        Slot of the frame of 94 Å whose time it is.

    Returns
    -------
    ndarray
        Emission measure (layers, npix, npix) float32, in units of 1e26 cm⁻⁵.
    Header
        World coordinates; LOGTn and LOGSn, mean and standard deviation of log T of layer n.
    """
    frame = facts(scenario, 94, t_rec)
    scale, middle = 0.6 * 4096 / scenario.npix, (scenario.npix - 1) / 2
    grid = Pointing(middle, middle, scale, 0.0)
    painted = measures(scenario, frame.observer, grid, scenario.npix, scenario.has("flare", 94, frame.t_rec))
    layers = [events.obscure(layer, scenario, replace(frame, truth=grid)) for layer in painted]
    header = fits.cards(
        CTYPE1="HPLN-TAN", CTYPE2="HPLT-TAN", CUNIT1="arcsec", CUNIT2="arcsec", CRVAL1=0.0, CRVAL2=0.0,
        CRPIX1=middle + 1, CRPIX2=middle + 1, CDELT1=scale, CDELT2=scale, LAYERS=len(LAYERS),
    )  # fmt: skip
    for number, layer in enumerate(LAYERS, 1):
        header[f"LOGT{number}"], header[f"LOGS{number}"] = layer.logt, layer.sigma
    return np.stack(layers), header
