"""The corona of known temperatures: what the channels see of it, and what a DEM finds."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import dem_cases
import numpy as np
import pytest
from sun_frames import DAY, slot

from helioreduce.aia.dem.inversion import CHANNELS, with_relative
from helioreduce.aia.dem.layers import Layers
from helioreduce.aia.response import model
from helioreduce.aia.response.temperature import temperature_response
from helioreduce.sun import ephemeris, plasma
from helioreduce.sun.frame import render
from helioreduce.sun.scenario import Pointing, Scenario

GRID = Pointing(63.5, 63.5, 19.2, 0.0)
SUN = Scenario(npix=128, dem=True)
FINE = np.arange(4.0, 9.0, 0.005)


@cache
def measures(flare: bool = False) -> tuple[np.ndarray, ...]:
    return tuple(plasma.measures(SUN, ephemeris.observer(DAY), GRID, 128, flare))


def seen(channel: int, flare: bool = False) -> np.ndarray:
    return plasma.counts(channel, measures(flare))


@cache
def layers() -> Layers:
    em, header = plasma.truth(SUN, slot(94))
    logt, sigma = np.array([(layer.logt, layer.sigma) for layer in plasma.LAYERS]).T
    return Layers(em.astype(float) * plasma.UNIT, logt, sigma, header)


@pytest.mark.parametrize("channel", CHANNELS)
def test_response_is_that_of_the_archive(channel: int) -> None:
    """∫ K(T) φ dlog T of every layer with the response that the archive serves, to four figures."""
    response = temperature_response(model.instrument(), channel, model.emissivity(FINE))
    folded = [np.trapezoid(response * layer.per_dex(FINE), FINE) for layer in plasma.LAYERS]
    np.testing.assert_allclose(np.array(plasma.RESPONSE[channel]) * 1e-28, folded, rtol=5e-4)


def test_layers_are_normalised() -> None:
    for layer in plasma.LAYERS:
        assert np.trapezoid(layer.per_dex(FINE), FINE) == pytest.approx(1, abs=1e-6)


def test_bands_add_up_to_the_whole() -> None:
    known = layers()
    edges = np.linspace(4, 9, 11)
    total = sum(known.band(low, high) for low, high in pairwise(edges))
    np.testing.assert_allclose(total, known.em.sum(0), rtol=1e-5)


def test_plasma_on_another_grid() -> None:
    """The grid itself gives the same; half the pixels, from the middles of four, their means; the centre stays where it is."""
    known = layers()
    np.testing.assert_allclose(known.at(known.header, (128, 128)).em, known.em, rtol=1e-6)
    coarse = known.header.copy()
    coarse.update(CDELT1=38.4, CDELT2=38.4, CRPIX1=32.5, CRPIX2=32.5)
    means = known.em.reshape(6, 64, 2, 64, 2).mean((2, 4))
    np.testing.assert_allclose(known.at(coarse, (64, 64)).em, means, rtol=1e-6)
    np.testing.assert_allclose(known.at(coarse, (32, 32), 2).em, means[:, ::2, ::2], rtol=1e-6)


def test_counts_of_the_quiet_sun_are_about_those_of_aia() -> None:
    """Median of the inner disk within a factor of three of the scene without temperatures, which follows JSOC's statistics."""
    y, x = np.indices((128, 128)) - 63.5
    inner = np.hypot(x, y) < 40
    for channel, usual in {94: 0.54, 131: 3.5, 171: 129, 193: 141, 211: 49, 335: 1.8}.items():
        assert usual / 3 < np.median(seen(channel)[inner]) < 3 * usual


def test_flare_is_hot() -> None:
    rise = {channel: (seen(channel, flare=True) - seen(channel)).max() for channel in (94, 131, 171)}
    assert rise[131] > rise[94] > 10 * rise[171] > 0


def test_other_channels_do_not_change() -> None:
    plain = Scenario(npix=128)
    np.testing.assert_array_equal(render(SUN, 304, slot(304)).image, render(plain, 304, slot(304)).image)
    assert (render(SUN, 171, slot(171)).image != render(plain, 171, slot(171)).image).mean() > 0.5


def test_dem_of_the_sun_is_found() -> None:
    """From emission measure to counts and back with another code: without noise, σ of 5 %, above 1e26 cm⁻⁵ and 300 DN/s."""
    known, data = layers(), np.stack([seen(channel) for channel in CHANNELS], -1).reshape(-1, 6).astype(float)
    bright = (np.sort(data)[:, -2] > 300) & (known.em.sum(0).ravel() > 1e26)
    found = dem_cases.inversion().invert(data[bright], with_relative(np.full((bright.sum(), 6), 0.3), data[bright], 0.05))
    ratio = found.em.sum(1) / known.band(5.7, 7.1).ravel()[bright]
    logt = (known.em * known.logt[:, None, None]).sum(0) / known.em.sum(0)
    off = found.logt[:, 0] - logt.ravel()[bright]
    print(f"{bright.sum()} pixels: EM {np.percentile(ratio, (5, 50, 95))}, log T {np.percentile(off, (5, 50, 95))}")
    assert bright.sum() > 300
    low, middle, high = np.percentile(ratio, (5, 50, 95))
    assert 0.8 < low < high < 1.25 and middle == pytest.approx(1, abs=0.1)
    assert (np.abs(np.percentile(off, (5, 50, 95))) < 0.15).all()
