"""The archive's Sun beside SunPy: where a point of the surface is seen, and how a map takes the stored file."""

from __future__ import annotations

from datetime import UTC, datetime

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

from helioreduce import times
from helioreduce.io import jsoc_files
from helioreduce.sun import ephemeris, features
from helioreduce.sun.frame import render
from helioreduce.sun.scenario import Pointing, Scenario


@pytest.mark.parametrize("date", ["2011-02-15", "2014-07-01", "2020-10-10"])
def test_points_of_the_surface_are_seen_where_sunpy_sees_them(date: str) -> None:
    """Carrington coordinates to helioprojective, for the observer that the keywords describe: within 0.02″ over the disk.

    Longitudes are counted from the observer: SunPy's Carrington longitudes are 0.05° less than those of JSOC's records.
    """
    time = datetime.fromisoformat(date).replace(tzinfo=UTC)
    seen = ephemeris.observer(time)
    here = SkyCoord(
        0 * u.deg, seen.latitude * u.deg, seen.distance_m * u.m, frame=HeliographicStonyhurst(obstime=time.replace(tzinfo=None))
    )
    east, latitude = (grid.ravel() for grid in np.meshgrid(np.linspace(-70, 70, 9), np.linspace(-70, 70, 9)))
    surface = SkyCoord(
        east * u.deg,
        latitude * u.deg,
        np.full(east.size, ephemeris.RSUN_M) * u.m,
        frame=HeliographicStonyhurst(obstime=here.obstime),
    )
    theirs = surface.transform_to(Helioprojective(observer=here, obstime=here.obstime))
    column, row, behind = features.project(
        features.direction(seen.longitude + east, latitude), seen, Pointing(0.0, 0.0, 1.0, 0.0)
    )
    shown = ~behind
    np.testing.assert_allclose(column[shown], theirs.Tx.to_value("arcsec")[shown], atol=0.02)
    np.testing.assert_allclose(row[shown], theirs.Ty.to_value("arcsec")[shown], atol=0.02)


def test_stored_image_is_a_map(tmp_path) -> None:
    """SunPy takes the stored file for an AIA image, with the pointing of the header."""
    import sunpy.map

    frame = render(Scenario(npix=128), 171, times.slot(datetime(2014, 1, 1, tzinfo=UTC), 12))
    jsoc_files.write_compressed(tmp_path / "image_lev1.fits", frame.image, frame.header)
    seen = sunpy.map.Map(tmp_path / "image_lev1.fits")
    assert type(seen).__name__ == "AIAMap"
    centre = seen.world_to_pixel(SkyCoord(0 * u.arcsec, 0 * u.arcsec, frame=seen.coordinate_frame))
    assert (centre.x.value, centre.y.value) == pytest.approx((frame.facts.reported.x0, frame.facts.reported.y0), abs=1e-4)
    assert seen.rsun_obs.to_value("arcsec") == pytest.approx(frame.facts.observer.rsun_arcsec, abs=1e-3)
