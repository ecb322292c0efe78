"""The target: its coordinates, and which one is taken."""

from datetime import timedelta

import numpy as np
import pytest
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.esis import camera, files, level3, target
from helioreduce.image import Image
from helioreduce.io import fits

FIRST = camera.FLIGHT.time_of(109) - timedelta(seconds=5)


def aia_header(**cards):
    header = fits.cards(CRPIX1=2048.5, CRPIX2=2048.5, CRVAL1=0.0, CRVAL2=0.0, CDELT1=0.6, CDELT2=0.6)
    header.update(cards)
    return header


def test_level_1_5_of_aia_is_cut_out_pixel_by_pixel():
    """Rows 1380 to 2649 and columns 1435 to 2704 of the 0.6″ full disc."""
    there = target.grid_map(aia_header())
    np.testing.assert_allclose(there(np.array([0.0, 1269]), np.array([0.0, 1269])), [[1435, 2704], [1380, 2649]], atol=1e-9)


@pytest.mark.parametrize(
    "roll", [{"CROTA2": 0.5}, {"PC1_1": 0.99996, "PC1_2": -0.0087, "PC2_1": 0.0088, "PC2_2": 0.99995}], ids=["CROTA2", "PC"]
)
def test_roll_and_scale_of_a_target_follow_its_cards(roll):
    """Against astropy's WCS, 0.5995″ and 0.5° of roll: 1e-3 px over the field (the tangential plane is not quite flat)."""
    header = aia_header(
        CTYPE1="HPLN-TAN", CTYPE2="HPLT-TAN", CUNIT1="arcsec", CUNIT2="arcsec", CDELT1=0.5995, CDELT2=0.5996, **roll
    )
    x, y = np.array([0.0, 600, 1269]), np.array([1269.0, 300, 0])
    sky = WCS(level3.wcs_header(FIRST)).celestial.wcs_pix2world(np.stack([x, y], axis=1), 0)
    expected = WCS(header).wcs_world2pix(sky, 0).T
    np.testing.assert_allclose(target.grid_map(header)(x, y), expected, atol=1e-3)


def test_a_target_without_a_time_is_named(tmp_path):
    Image(np.ones((4, 4)), aia_header()).write(tmp_path / "aia.fits")
    with pytest.raises(InputError, match=r"aia\.fits: the keyword DATE-OBS is missing"):
        files.read_target([tmp_path / "aia.fits"], "2019-09-30T18:00:00")


@pytest.mark.parametrize(("cards", "message"), [({"CRVAL1": 100.0}, "centre of the disc"), ({"CDELT1": None}, "CDELT1")])
def test_a_target_without_usable_coordinates_is_refused(cards, message):
    header = aia_header()
    for key, value in cards.items():
        header[key] = value
        if value is None:
            del header[key]
    with pytest.raises(InputError, match=message):
        target.grid_map(header)


def test_the_target_is_the_nearest_in_time_or_none():
    times = [FIRST + timedelta(seconds=s) for s in (-40, 11, 30, 4000)]
    assert target.nearest(times, FIRST) == 1
    with pytest.raises(InputError, match="no AIA image within 300 s"):
        target.nearest(times, FIRST + timedelta(hours=1))
    with pytest.raises(InputError, match="there is none"):
        target.nearest([], FIRST)


def test_an_image_on_the_very_same_grid_is_unchanged(rng):
    """Interpolation at pixel centres: to the rounding of float32."""
    image = rng.uniform(1, 2, camera.GRID_SHAPE).astype(np.float32)
    header = aia_header(CRPIX1=camera.GRID_CRPIX[0], CRPIX2=camera.GRID_CRPIX[1])
    np.testing.assert_allclose(target.on_grid(image, header), image, rtol=1e-6)


def test_a_margin_is_added_on_every_side(rng):
    image = rng.uniform(1, 2, camera.GRID_SHAPE).astype(np.float32)
    header = aia_header(CRPIX1=camera.GRID_CRPIX[0], CRPIX2=camera.GRID_CRPIX[1])
    wide = target.on_grid(image, header, 3)
    np.testing.assert_allclose(wide[3:-3, 3:-3], image, rtol=1e-6)
    assert np.isnan(wide[:3]).all() and np.isnan(wide[:, -3:]).all()
