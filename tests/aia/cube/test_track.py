"""Tracking: a known pattern on the turning sphere comes out where it belongs, with the error and flags that it should have."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia.cube import track
from helioreduce.aia.cube.grid import Grid
from helioreduce.constants import RSUN_M
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Changes, Flag, Image
from helioreduce.numerics import sphere
from helioreduce.numerics.sphere import ARCSEC, CARRINGTON, View

START = datetime(2014, 1, 1, tzinfo=UTC)
DISTANCE = 0.9833 * 149597870691.0
SIDE = 160
#: Turn of the observer, rad/s: the Earth's motion about the Sun.
ORBIT = 2 * np.pi / (365.25 * 86400)


def view_at(hours: float) -> View:
    """The observer, who goes round the Sun once a year."""
    return View(DISTANCE / RSUN_M, np.deg2rad(-3.0 - 0.1 * hours / 12), 1.0 - (CARRINGTON - ORBIT) * hours * 3600)


def grid(law: str = "howard", side: int = SIDE, corner: tuple[int, int] = (2000, 1600)) -> Grid:
    return Grid(START, view_at(0.0), corner, (side, side), law)


def pattern(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Plane waves on the sphere, of 5 to 40 px: mean 300, rms 70."""
    p = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    rng = np.random.default_rng(5)
    total = np.full(p.shape[1:], 300.0)
    for wavelength in np.geomspace(5, 40, 40):
        k = rng.normal(size=3)
        k *= 2 * np.pi / (wavelength * 0.6 / 975.0) / np.linalg.norm(k)
        total += 70 * np.sqrt(2 / 40) * np.cos(np.tensordot(k, p, 1) + rng.uniform(0, 7))
    return total


def surface(x: np.ndarray, y: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Carrington longitude and latitude of directions in rad."""
    return np.moveaxis(np.array([sphere.surface_at(view, *at) for at in zip(x.ravel(), y.ravel(), strict=True)]), 1, 0).reshape(
        2, *x.shape
    )


def frame(header, hours: float, law: str = "howard", roll: float = 0.138, shift=(0.3, -0.2), side: int = SIDE) -> Image:
    """A cut-out of the pattern at a time, as a rolled and displaced camera samples it."""
    header, view, when = header.copy(), view_at(hours), START + timedelta(hours=hours)
    x, y = grid(law, side).source(_observed(header, view, when, (2052.0 + shift[0], 2046.0 + shift[1]), roll))
    first = np.floor([x.min() - 15, y.min() - 15]).astype(int)
    columns, rows = np.meshgrid(np.arange(first[0], x.max() + 16), np.arange(first[1], y.max() + 16))
    header["CRPIX1"], header["CRPIX2"] = header["CRPIX1"] - first[0], header["CRPIX2"] - first[1]
    turn, scale = np.deg2rad(roll), 0.5995 / ARCSEC
    u, v = (columns + 1 - header["CRPIX1"] - first[0]) * scale, (rows + 1 - header["CRPIX2"] - first[1]) * scale
    lon, lat = surface(np.cos(turn) * u - np.sin(turn) * v, np.sin(turn) * u + np.cos(turn) * v, view)
    moved = (sphere.rotation_rate(law, lat) - CARRINGTON) * hours * 3600 if law != "none" else 0.0
    return Image(pattern(lon - moved, lat).astype(np.float32), header, np.ones(lon.shape, np.float32))


def _observed(header, view, when, centre, roll):
    header.update(CRPIX1=centre[0] + 1, CRPIX2=centre[1] + 1, CDELT1=0.5995, CDELT2=0.5995, CROTA2=roll)
    header.update(
        DSUN_OBS=view.distance * RSUN_M, CRLT_OBS=np.rad2deg(view.latitude), CRLN_OBS=np.rad2deg(view.longitude) % 360
    )
    header.update(T_OBS=times.iso(when), X0_MP=centre[0], Y0_MP=centre[1])
    return header


def truth(of: Grid) -> np.ndarray:
    """The pattern on the grid at its own time."""
    tx, ty = of.coordinates()
    return pattern(*surface(*np.meshgrid(tx / ARCSEC, ty / ARCSEC), of.view))


@pytest.mark.parametrize(("hours", "law", "roll"), [(0, "rigid", 0.0), (12, "howard", 0.138), (12, "snodgrass_ulrich", 0.019)])
def test_features_stay_where_they_are(level1_header, hours, law, roll):
    """Least squares of the residual against the pattern's gradient: drift below 0.01 px in 12 h, rms below 2 %."""
    expected = truth(grid(law))
    found = track.track(frame(level1_header, hours, law, roll), grid(law), None)
    residual, inner = (found.data - expected), np.s_[4:-4, 4:-4]
    gradient = np.stack([g[inner].ravel() for g in np.gradient(expected)], axis=1)
    drift = np.linalg.lstsq(gradient, -residual[inner].ravel(), rcond=None)[0]
    assert np.hypot(*drift) < 0.01
    assert residual[inner].std() < 0.02 * expected.std()


def test_another_law_moves_the_features(level1_header):
    """The test above can fail: rigid tracking of a pattern that turns by Howard's law is off by pixels after 12 h."""
    expected, found = truth(grid("rigid")), track.track(frame(level1_header, 12, "howard"), grid("rigid"), None)
    assert np.nanstd(found.data - expected) > 0.1 * expected.std()


def test_without_a_law_the_window_is_fixed_on_the_sky(level1_header):
    """Only pointing, roll and scale are undone: the same directions are seen hours later, as the pattern lies there by then."""
    found = track.track(frame(level1_header, 6, "none"), grid("none"), None)
    tx, ty = grid().coordinates()
    expected = pattern(*surface(*np.meshgrid(tx / ARCSEC, ty / ARCSEC), view_at(6)))
    assert np.abs(found.data - expected)[4:-4, 4:-4].max() < 0.05 * expected.std() * 3


def test_on_its_own_grid_an_image_stays_as_it_is(level1_header):
    """Scale 0.6″, roll 0, the Sun's centre at 2047.5, the time of the grid: the same pixels, errors and fluxes."""
    header = _observed(level1_header, view_at(0.0), START, (2047.5 - 1990, 2047.5 - 1590), 0.0)
    header.update(CDELT1=0.6, CDELT2=0.6, X0_MP=2047.5, Y0_MP=2047.5)
    data = np.random.default_rng(1).uniform(1, 9, (180, 180)).astype(np.float32)
    found = track.track(Image(data, header, np.full(data.shape, 2, np.float32)), grid("howard"), None)
    np.testing.assert_allclose(found.data, data[10:170, 10:170], atol=2e-5)
    np.testing.assert_allclose(found.sigma, 2, rtol=1e-5)
    assert found.header["SPLVAR"] == pytest.approx(1, abs=1e-5)
    assert (found.header["CRPIX1"], found.header["CDELT1"], found.header["CROTA2"]) == (2048.5 - 2000, 0.6, 0.0)
    with pytest.raises(AlreadyDone, match="track"):
        track.track(found, grid(), None)


def test_pulls_have_unit_variance(level1_header):
    """Monte Carlo: 60 draws of noise of σ = 1, 12 h later; the interpolated σ is the scatter to 1 %."""
    image, rng = frame(level1_header, 12), np.random.default_rng(3)
    noise = rng.normal(size=(60, *image.data.shape)).astype(np.float32)
    draws = [track.track(Image(plane, image.header, image.sigma), grid(), None) for plane in noise]
    pulls = np.array([draw.data / draw.sigma for draw in draws])[:, 4:-4, 4:-4]
    assert pulls.std() == pytest.approx(1, abs=0.01)
    assert np.sqrt(draws[0].header["SPLVAR"]) == pytest.approx(np.sqrt(np.mean(draws[0].sigma[4:-4, 4:-4] ** 2)), rel=0.01)


def test_flags_follow_their_pixels(level1_header):
    """A missing pixel is NaN where it counts; a respiked one flags what it changes; the window's edge is OUTSIDE."""
    image = frame(level1_header, 3)
    x, y = grid().source(image.header)
    row, column = round(float(y[80, 80])), round(float(x[80, 80]))
    image.data[row, column] = np.nan
    spiked = Changes(np.array([round(float(y[40, 40]))]), np.array([round(float(x[40, 40]))]), np.array([50.0], np.float32))
    flags = image.flags.copy()
    flags[row, column] = Flag.NO_DATA
    found = track.track(image.with_(flags=flags, changes=spiked), grid(), None)
    assert np.isnan(found.data[80, 80]) and found.flagged(Flag.NO_DATA)[80, 80] and np.isnan(found.data).sum() < 25
    assert found.flagged(Flag.SPIKE)[40, 40] and 0 < found.flagged(Flag.SPIKE).sum() < 120
    wide = track.track(image, grid(side=SIDE + 120), None)
    assert wide.flagged(Flag.OUTSIDE)[-1, -1] and np.isnan(wide.data[-1, -1])


def test_a_full_frame_gives_what_its_cut_out_gives(level1_header):
    """Only what is near the region is read: a frame with much around it has the same pixels in the cube to float32."""
    image = frame(level1_header, 2)
    pad = ((300, 200), (250, 100))
    header = image.header.copy()
    header["CRPIX1"], header["CRPIX2"] = header["CRPIX1"] + pad[1][0], header["CRPIX2"] + pad[0][0]
    wide = Image(np.pad(image.data, pad, mode="reflect"), header, np.pad(image.sigma, pad, mode="reflect"))
    a, b = track.track(image, grid(), None), track.track(wide, grid(), None)
    np.testing.assert_allclose(a.data, b.data, rtol=2e-5)


def test_refusals(level1_header):
    image = frame(level1_header, 1)
    with pytest.raises(InputError, match="shows nothing"):
        track.track(image, grid(corner=(100, 100)), None)
    hole = image.with_(data=image.data.copy())
    hole.data[62:128, 62:128] = np.nan  # light beside the grid, none in it
    with pytest.raises(InputError, match="no data in the cube's region"):
        track.track(hole, grid(side=40, corner=(2060, 1660)), None)
    del image.header["DSUN_OBS"]
    with pytest.raises(InputError, match="DSUN_OBS"):
        track.track(image, grid(), None)
    with pytest.raises(InputError, match="howard"):
        Grid.of({"law": "haward", "time": "2014-01-01", "view": view_at(0), "corner": (0, 0), "shape": (9, 9)})
