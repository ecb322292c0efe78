"""The Sun's surface: directions and points are inverse, laws of rotation are the published ones, a grid follows them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.numerics import sphere, tracking
from helioreduce.numerics.sphere import ARCSEC, CARRINGTON, LAWS, View

AU = 214.9  # solar radii
SHAPE = (40, 50)
STEP = 0.6 / ARCSEC
views = st.builds(View, st.floats(150, 250), st.floats(-0.13, 0.13), st.floats(0, 6.28))


@given(views, st.floats(-1.4, 1.4), st.floats(-1.4, 1.4))
def test_a_point_that_is_seen_is_found_again(view, lon, lat):
    found = sphere.seen_at(view, view.longitude + lon, lat)
    if found:
        back = sphere.surface_at(view, *found)
        assert np.cos(back[1]) * np.array([np.cos(back[0]), np.sin(back[0])]) == pytest.approx(
            np.cos(lat) * np.array([np.cos(view.longitude + lon), np.sin(view.longitude + lon)]), abs=2e-7
        )
        assert math.sin(back[1]) == pytest.approx(math.sin(lat), abs=2e-7)


def test_centre_limb_and_far_side():
    """The centre of the disk is the sub-observer point; the limb is where a line of sight touches the sphere."""
    view = View(AU, 0.1, 2.0)
    assert sphere.surface_at(view, 0, 0) == pytest.approx((2.0, 0.1))
    assert sphere.surface_at(view, 0.9999 * view.limb, 0) and sphere.surface_at(view, 1.0001 * view.limb, 0) is None
    assert sphere.seen_at(view, 2.0 + math.pi, -0.1) is None


def test_rates_of_the_laws():
    """Deg/day at the equator and 40° as the papers give them; the equator turns fastest in all but the rigid law."""
    per_day = 86400 * 180 / math.pi
    equator = {law: float(sphere.rotation_rate(law, np.float64(0)) * per_day) for law in LAWS}
    assert equator == pytest.approx(
        {"howard": 14.327, "snodgrass": 14.114, "snodgrass_ulrich": 14.713, "rigid": 14.1844}, abs=1e-3
    )
    at40 = sphere.rotation_rate("snodgrass_ulrich", np.deg2rad(40.0)) * per_day
    assert at40 == pytest.approx(14.713 - 2.396 * math.sin(math.radians(40)) ** 2 - 1.787 * math.sin(math.radians(40)) ** 4)


def _tracked(view, later, rates, seconds, centre=(20.0, 17.0), scale=STEP):
    origin = np.array([-20.0, -17.0]) * STEP
    return tracking.tracked(SHAPE, origin, STEP, view, later, rates, seconds, np.array(centre), np.eye(2) / scale)


@pytest.mark.parametrize("rates", [None, (0.0, 0.0, 0.0), (1e-7, -4e-7, -3e-7)])
def test_nothing_moves_in_no_time(rates):
    view = View(AU, 0.05, 1.0)
    x, y = _tracked(view, view, rates, 0.0)
    np.testing.assert_allclose([x, y], np.indices(SHAPE)[::-1], atol=1e-9)


def test_rigid_rotation_is_a_change_of_longitude():
    """With the rate of Carrington's meridians a point keeps its longitude, and is seen where a later observer sees it."""
    view, later = View(AU, 0.05, 1.0), View(AU * 1.01, 0.06, 0.8)
    x, y = _tracked(view, later, (0.0, 0.0, 0.0), 3e4)
    for j, i in ((0, 0), (39, 49), (20, 25)):
        place = sphere.surface_at(view, (i - 20) * STEP, (j - 17) * STEP)
        expected = np.array(sphere.seen_at(later, *place)) / STEP + [20.0, 17.0]
        assert (x[j, i], y[j, i]) == pytest.approx(tuple(expected), abs=1e-8)


def test_beside_the_disk_nothing_turns_and_behind_the_limb_nothing_is_seen():
    view = View(AU, 0.0, 1.0)
    origin = np.array([0.9997 * view.limb, 0.0])
    x, _ = tracking.tracked((1, 40), origin, STEP, view, view, (1e-6, 0.0, 0.0), 3e4, np.zeros(2), np.eye(2) / STEP)
    beside = (origin[0] + STEP * np.arange(40)) > view.limb
    np.testing.assert_allclose(x[0, beside], (origin[0] / STEP + np.arange(40))[beside], atol=1e-7)
    assert (x[0, ~beside] == sphere.UNSEEN).all()


@pytest.mark.parametrize("law", ["howard", "snodgrass"])
def test_sunpy_moves_a_point_to_the_same_place(law):
    """12 h later, all over the disk within 0.9 R: to 0.002 px of SunPy's rotation of the surface."""
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from sunpy.coordinates import HeliographicStonyhurst, Helioprojective, propagate_with_solar_surface

    start, end = "2014-01-01T00:00:00", "2014-01-01T12:00:00"
    homes = [HeliographicStonyhurst(0 * u.deg, lat * u.deg, AU * 696000 * u.km, obstime=t, rsun=696000 * u.km)
             for lat, t in ((-3.0, start), (-2.9, end))]  # fmt: skip
    before, after = (Helioprojective(observer=h, obstime=h.obstime, rsun=696000 * u.km) for h in homes)
    tx, ty = np.meshgrid(np.linspace(-600, 500, 12), np.linspace(-600, 600, 13))
    with propagate_with_solar_surface(rotation_model=law):
        moved = SkyCoord(tx * u.arcsec, ty * u.arcsec, frame=before).transform_to(after)
    # SunPy moves by the sidereal rate about a Stonyhurst frame, which turns with the Earth
    seconds = 43200.0
    stonyhurst = _longitude_of_earth(end) - _longitude_of_earth(start)
    first = View(AU, math.radians(-3.0), 0.0)
    later = View(AU, math.radians(-2.9), stonyhurst)
    step = 1 / ARCSEC
    a, b, c = LAWS[law]
    for k in range(tx.size):
        origin = np.array([math.tan(tx.flat[k] / ARCSEC), math.tan(ty.flat[k] / ARCSEC) / math.cos(tx.flat[k] / ARCSEC)])
        x, y = tracking.tracked((1, 1), origin, step, first, later, (a, b, c), seconds, np.zeros(2), np.eye(2) * ARCSEC)
        lon, lat = moved.Tx.to_value("arcsec").flat[k], moved.Ty.to_value("arcsec").flat[k]
        expected = math.tan(lon / ARCSEC) * ARCSEC, math.tan(lat / ARCSEC) / math.cos(lon / ARCSEC) * ARCSEC
        assert np.hypot(x[0, 0] - expected[0], y[0, 0] - expected[1]) < 0.0012


def _longitude_of_earth(time):
    """Inertial longitude of the Earth about the Sun's axis, rad: Carrington's longitude turned back."""
    from sunpy.coordinates.sun import L0

    seconds = {"2014-01-01T00:00:00": 0.0, "2014-01-01T12:00:00": 43200.0}[time]
    return L0(time).to_value("rad") + CARRINGTON * seconds
