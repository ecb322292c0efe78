"""Solar rotation during a raster: closed forms, SunPy's differential rotation, and the linear coordinates that are left."""

import math

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import CartesianRepresentation, SkyCoord
from astropy.time import Time, TimeDelta
from astropy.wcs import WCS
from sunpy.coordinates import (
    HeliocentricInertial,
    HeliographicStonyhurst,
    Helioprojective,
    RotatedSunFrame,
    transform_with_sun_center,
)

from helioreduce.errors import InputError
from helioreduce.numerics.sphere import ARCSEC, CARRINGTON, LAWS
from helioreduce.spice import files, group, level2, rotation, simulate
from helioreduce.spice.level2 import spatial_header

AU = 1.495978707e11
RADIUS = 6.957e8


def window(**settings):
    """The first window of a simulated raster of exposures of 60 s."""
    return level2.windows(simulate.raster(simulate.Settings(spikes=0, rim=0, **settings))[0][:1])[0]


def seen_from(own, position, velocity=(0, 0, 0), **cards):
    """The same with an observer at a place (m) with a velocity (m/s)."""
    for axis, x, v in zip("XYZ", position, velocity, strict=True):
        own.header[f"HCI{axis}_OBS"], own.header[f"HCI{axis}_VOB"] = float(x), float(v)
    own.header.update(RSUN_REF=RADIUS, **cards)
    return own


@pytest.mark.parametrize("law", LAWS)
def test_the_equator_moves_by_the_closed_form(law):
    """Observer at rest above the equator: tan x = sin φ / (D − cos φ), φ to φ − Ω t."""
    own = seen_from(window(rows=1, columns=31), (0.4 * AU, 0, 0), CRVAL1=200.0, CRVAL2=0.0)
    shift, on_disk = rotation.displacement(own.header, own.time, own.shape, law)
    assert on_disk.all()
    distance, place = 0.4 * AU / RADIUS, np.tan((200.0 + 4 * (np.arange(31) - 15)) / ARCSEC)
    # x D − x cos φ = sin φ, so φ = asin(x D cos α) − α with tan α = x
    angle = np.arcsin(place * distance * np.cos(np.arctan(place))) - np.arctan(place)
    moved = angle - LAWS[law][0] * own.time[0]
    expected = np.arctan(np.sin(moved) / (distance - np.cos(moved))) - np.arctan(place)
    np.testing.assert_allclose(shift[0, 0, 0], expected * ARCSEC, atol=1e-6)
    assert np.abs(shift[1]).max() < 1e-9
    assert np.ptp(shift[0]) > 10


def test_an_observer_who_turns_with_the_sun_sees_nothing_move():
    """Velocity Ω × r: what remains is of second order, (Ω t)² times the radius at most."""
    own = seen_from(window(rows=3, columns=31), (0.4 * AU, 0, 0), (0, CARRINGTON * 0.4 * AU, 0), CRVAL1=100.0)
    shift, _ = rotation.displacement(own.header, own.time, own.shape, "rigid")
    assert np.abs(shift).max() < (CARRINGTON * 900) ** 2 * RADIUS / (0.4 * AU) * ARCSEC
    still, _ = rotation.displacement(seen_from(own, (0.4 * AU, 0, 0)).header, own.time, own.shape, "rigid")
    assert np.abs(still).max() > 100 * np.abs(shift).max()


def test_places_beside_the_disk_stay_and_do_not_count():
    own = seen_from(window(rows=5, columns=31), (AU, 0, 0), CRVAL1=960.0, CRVAL2=0.0)
    shift, on_disk = rotation.displacement(own.header, own.time, own.shape, "howard")
    assert 0 < on_disk.sum() < on_disk.size
    assert np.abs(shift[:, ~on_disk]).max() < 1e-9
    assert 0 < rotation.corrected(own, "howard").header["ROTSHIFT"] < 8


def hpc(header, seconds):
    """SunPy's frame of the observer of a header, so many seconds after DATE-AVG."""
    time = Time(header["DATE-AVG"]) + TimeDelta(seconds * u.s)
    place = np.array([header[f"HCI{axis}_OBS"] + header[f"HCI{axis}_VOB"] * seconds for axis in "XYZ"]) * u.m
    inertial = SkyCoord(CartesianRepresentation(*place), frame=HeliocentricInertial, obstime=time)
    observer = inertial.transform_to(HeliographicStonyhurst(obstime=time))
    return Helioprojective(observer=observer, obstime=time, rsun=header["RSUN_REF"] * u.m)


@pytest.mark.parametrize("law", ["howard", "snodgrass", "rigid"])
def test_places_move_as_sunpys_differential_rotation_moves_them(law):
    """The ephemeris of 2022-03-17 (0.38 AU, 58 km/s), exposures up to 1.6 hours from the middle: to 0.001″ of shifts of 27″."""
    own = window(rows=4, columns=192)
    own.header["CDELT2"] = 250.0
    shift, on_disk = rotation.displacement(own.header, own.time, own.shape, law)
    assert on_disk.all()
    for column in (0, 70, 191):
        seconds = own.time[0, column]
        places = WCS(spatial_header(own.header)).wcs_pix2world([(column, row, 0) for row in range(4)], 0)
        for row, (x, y, _) in enumerate(places):
            here = SkyCoord(x * u.deg, y * u.deg, frame=hpc(own.header, seconds))
            turned = RotatedSunFrame(base=here, rotated_time=Time(own.header["DATE-AVG"]), rotation_model=law)
            with transform_with_sun_center():  # without it the Sun's own motion, 13 m/s, adds up to 0.3″
                there = SkyCoord(turned).transform_to(hpc(own.header, 0.0))
            expected = [(there.Tx - here.Tx).to_value(u.arcsec), (there.Ty - here.Ty).to_value(u.arcsec)]
            np.testing.assert_allclose(shift[:, 0, row, column], expected, atol=0.001)
    assert np.hypot(*shift).max() > 25


def test_astropy_reads_the_moved_places_from_the_header():
    """A raster of 192 steps of 60 s: every pixel within ROTRES, 1.5″, of its place, of shifts of 28″."""
    own = window(rows=200, columns=192)
    own.header["CDELT2"] = 4.0
    moved = rotation.corrected(own, "howard")
    shift, _ = rotation.displacement(own.header, own.time, own.shape, "howard")
    pixels = np.stack([a.ravel() for a in np.indices(own.shape)[::-1]], axis=1)
    before, after = (WCS(spatial_header(header)).wcs_pix2world(pixels, 0)[:, :2] for header in (own.header, moved.header))
    found = ((after - before + 180) % 360 - 180) * 3600
    rest = np.hypot(*(found - shift.reshape(2, -1).T).T)
    assert rest.max() < moved.header["ROTRES"] + 0.02
    assert moved.header["ROTRES"] == pytest.approx(1.5, abs=0.1) and moved.header["ROTSHIFT"] == pytest.approx(28.3, abs=0.1)
    assert (moved.header["ROTATION"], moved.header["ROTREF"]) == ("howard", own.header["DATE-AVG"])
    assert moved.data is own.data
    assert "linear to" in rotation.note(moved.header)


def test_slit_that_stands_still_drifts_over_the_sun():
    """The coordinates of a sit-and-stare depend on time: PC1_4 CDELT1 arcsec per exposure, earlier ones to the west."""
    own = seen_from(window(rows=9, columns=1, times=40), (0.4 * AU, 0, 0), CRVAL1=0.0, CRVAL2=0.0)
    own.header["DATE-AVG"] = str(np.datetime64("2022-04-02T11:15:37.000") + np.timedelta64(1170, "s"))
    moved = rotation.corrected(own, "rigid")
    speed = CARRINGTON * RADIUS / (0.4 * AU - RADIUS) * ARCSEC  # arcsec/s at the centre of the disk
    assert moved.header["PC1_4"] * moved.header["CDELT1"] == pytest.approx(-60 * speed, rel=1e-3)
    later = WCS(spatial_header(moved.header)).wcs_pix2world([(0, 4, 0), (0, 4, 39)], 0)[:, 0]
    assert ((later[1] - later[0] + 180) % 360 - 180) * 3600 == pytest.approx(-39 * 60 * speed, rel=1e-2)


def test_real_window(real):
    """15 s of 2022-03-17: shifts of hundredths of an arcsecond, by a header of SPICE as it is."""
    own = files.read_level2(real / "spice/solo_L2_spice_NeVIII_20220317_window.fits")[0]
    joined = group.join("neon", [own], frames=1, rotation="howard")
    header = joined.windows[0].header
    assert 0.001 < header["ROTSHIFT"] < 0.05
    assert header["ROTRES"] < 0.1 * header["ROTSHIFT"]
    assert "ROTATION" not in own.header and "ROTATION" not in group.join("neon", [own]).windows[0].header


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("HCIX_VOB", None, "the keyword HCIX_VOB is missing"),
        ("HCIZ_OBS", "MISSING (no ephemeris)", "the keyword HCIZ_OBS is missing"),
        ("DATE-AVG", None, "no times"),
        ("HCIX_OBS", 0.0, "put the observer at"),
        ("RSUN_REF", 1e15, "put the observer at"),
        ("CDELT1", 0.0, "CDELT1 or CDELT2 is 0"),
        ("law", "newton", "there is no law of rotation 'newton'"),
    ],
)
def test_what_cannot_be_turned_is_refused_with_its_cure(key, value, text):
    own, law = window(rows=3, columns=4), "howard"
    if key == "law":
        law = value
    elif value is None:
        del own.header[key]
    else:
        own.header[key] = value
        own.header.update({f"HCI{axis}_OBS": 0.0 for axis in "XYZ" if key == "HCIX_OBS"})
    with pytest.raises(InputError, match=text) as error:
        rotation.corrected(own, law)
    assert "Laws:" in str(error.value) or "spice.rotation: none" in str(error.value)


def test_raster_without_times_is_refused():
    own = window(rows=3, columns=4)
    own.time[0, 2] = math.nan
    with pytest.raises(InputError, match="exposures have no times"):
        rotation.corrected(own, "howard")
