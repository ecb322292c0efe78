"""One frame of the archive: level-1 image and spikes, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.io import fits
from helioreduce.sun import camera, events, keywords, plasma, sky
from helioreduce.sun.despiker import despike
from helioreduce.sun.scenario import Facts, Scenario, facts

if TYPE_CHECKING:
    from astropy.io.fits import Header


@dataclass(frozen=True, eq=False)
class Truth:
    """Intermediate results of the simulation, each (ny, nx).

    ``level05`` int16: counts before the despiker. ``expected`` float32: mean of those counts, blurred and degraded, without
    cosmic rays. ``scene`` float32: DN/s of the instrument at launch on the same pixels, not blurred. ``cosmic_rays``
    float32: charge of particles, DN.
    """

    level05: np.ndarray
    expected: np.ndarray
    scene: np.ndarray
    cosmic_rays: np.ndarray
    degradation: float

    def planes(self) -> dict[str, np.ndarray]:
        """Return the arrays by the names of their extensions."""
        return {"LEVEL05": self.level05, "EXPECTED": self.expected, "SCENE": self.scene, "COSMIC": self.cosmic_rays}


#: Planes that are stored compressed, in steps of so many DN, far below the noise; the counts are integers.
STORED_IN_STEPS = {"LEVEL05": 1.0, "EXPECTED": 2.0**-10, "COSMIC": 2.0**-10}


@dataclass(frozen=True, eq=False)
class Frame:
    """A simulated frame.

    ``image`` int16 (ny, nx): level 1. ``spikes`` int32 (3, n), or None. ``keywords``: DRMS names and texts. ``header``: that
    of the stored file. ``record``: what the archive's catalogue reads.
    """

    facts: Facts
    image: np.ndarray
    spikes: np.ndarray | None
    keywords: dict[str, str]
    header: Header
    record: dict[str, object]
    truth: Truth

    def truth_header(self) -> Header:
        """Return the true pointing as the cards of a FITS header."""
        true = self.facts.truth
        return fits.cards(
            CTYPE1="HPLN-TAN",
            CTYPE2="HPLT-TAN",
            CUNIT1="arcsec",
            CUNIT2="arcsec",
            CRVAL1=0.0,
            CRVAL2=0.0,
            CRPIX1=true.x0 + 1,
            CRPIX2=true.y0 + 1,
            CDELT1=true.scale,
            CDELT2=true.scale,
            CROTA2=true.roll,
            R_SUN=self.facts.observer.rsun_arcsec / true.scale,
            WAVELNTH=self.facts.channel.name,
            EXPTIME=self.facts.exposure_s,
            DEGRAD=self.truth.degradation,
        )


def render(
    scenario: Scenario,
    channel: int,
    t_rec: datetime,
    psf: np.ndarray | None = None,
    degradation: float = 1.0,
    *,
    dark_sky: bool = False,
) -> Frame:
    """Simulate the frame of ``channel`` (Å) in the slot ``t_rec``; the same arguments give the same bits.

    Parameters
    ----------
    psf
        Point-spread function, see :func:`camera.blur`; None for no blur.
    degradation
        Sensitivity relative to launch.
    dark_sky
        Whether light leaves over the edges for good (:func:`camera.scatter`); otherwise the field is periodic.

    Raises
    ------
    InputError
        If ``t_rec`` is no slot of the channel, or AIA has no such channel.
    """
    frame = facts(scenario, channel, t_rec)
    here = (channel, frame.t_rec)
    scene = plasma.scene if scenario.dem and channel in plasma.RESPONSE else sky.scene
    sun = scene(scenario, channel, frame.observer, frame.truth, scenario.npix, scenario.has("flare", *here))
    sun = events.obscure(sun, scenario, frame)
    expected = sun * np.float32(frame.exposure_s * degradation)
    if psf is not None:
        expected = (camera.scatter if dark_sky else camera.blur)(expected, psf)
    charge = camera.cosmic_rays(sun.shape, frame.exposure_s, scenario.rng("cosmic rays", *here))
    counts = camera.expose(expected, frame.channel, scenario.seeds("noise", *here)) + charge
    camera.bloom(counts)
    level05 = camera.read_out(counts)
    image, spikes = despike(level05) if frame.channel.despiked else (level05, None)
    if scenario.has("missing", *here):
        image, level05, spikes = events.drop_rows(image, level05, spikes)
    texts = keywords.record(frame, image, 0 if spikes is None else spikes.shape[1], events.changed_keywords(scenario, frame))
    header = keywords.stored_header(texts, frame, scenario.header)
    record = events.record(scenario, frame, texts)
    return Frame(frame, image, spikes, texts, header, record, Truth(level05, expected, sun, charge, degradation))
