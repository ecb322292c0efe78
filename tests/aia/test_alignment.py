"""Offsets between channels: measured to their errors, applied with the right sign."""

import numpy as np
import pytest
from astropy.wcs import WCS
from scipy.ndimage import gaussian_filter, shift

from helioreduce.aia import alignment
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Flag, Image


@pytest.fixture
def scene(rng):
    """Loops and grains of two pixels and more, 120 × 120."""
    return np.exp(6 + 12 * gaussian_filter(rng.standard_normal((120, 120)), 2))


def seen(header, scene, rng=None, crpix=(60.5, 60.5), **cards):
    """An image at level 1.5 of a scene, with noise if there is a generator."""
    header = header.copy()
    header.update(CDELT1=0.6, CDELT2=0.6, CROTA2=0.0, CRPIX1=crpix[0], CRPIX2=crpix[1], **cards)
    noise = 0 if rng is None else rng.standard_normal(scene.shape) * np.sqrt(scene)
    return Image((scene + noise).astype(np.float32), header)


@pytest.mark.parametrize("moved", [(0.0, 0.0), (1.1, -0.6), (-2.3, 3.4)])
def test_an_offset_is_found_to_its_error(level1_header, scene, rng, moved):
    """The second image is the first one, moved by (x, y), squared in contrast, and noisy."""
    other = shift(scene, moved[::-1], order=3, mode="mirror") ** 1.5 / 20
    found = alignment.measure(seen(level1_header, scene, rng), seen(level1_header, other, rng))
    assert (found.dx_px, found.dy_px) == pytest.approx(moved, abs=0.06)
    errors = np.array([found.sigma_x_px, found.sigma_y_px])
    assert (abs(np.array(found[:2]) - moved) < 5 * errors + 0.02).all()
    assert 0 < found.sigma_x_px < 0.1 and found.correlation > 0.8


def test_images_are_compared_on_the_grid_of_level_15(level1_header, scene):
    """Cut-outs that start elsewhere."""
    first, second = seen(level1_header, scene[:100, :90]), seen(level1_header, scene[7:, 4:], crpix=(56.5, 53.5))
    found = alignment.measure(first, second)
    assert (found.dx_px, found.dy_px) == pytest.approx((0, 0), abs=0.005)
    assert found.correlation == pytest.approx(1, abs=1e-6)


def test_masked_pixels_do_not_align(level1_header, scene):
    """A plateau that stays while the rest moves."""
    data = [scene.copy(), shift(scene, (2, 1), order=1, mode="mirror")]
    images = [seen(level1_header, plane) for plane in data]
    for image in images:
        image.data[40:70, 40:70], image.flags[40:70, 40:70] = 1e6, Flag.SATURATED
    found = alignment.measure(*images)
    assert (found.dx_px, found.dy_px) == pytest.approx((1, 2), abs=0.1)
    assert found.pixels < 120 * 120 - 900 + 1


def test_the_rest_of_a_saturated_image_has_no_offset(level1_header, scene):
    images = [seen(level1_header, scene), seen(level1_header, scene)]
    images[1].flags[:100] = Flag.SATURATED
    found = alignment.measure(*images)
    assert np.isnan(found[:4]).all() and (found.correlation, found.pixels) == (0, 20 * 120)


def test_what_has_nothing_in_common_has_no_offset_and_says_so(level1_header, scene):
    with pytest.raises(InputError, match="hardly a pixel in common"):
        alignment.measure(seen(level1_header, scene), seen(level1_header, scene, crpix=(-60.0, 60.5)))
    binned = seen(level1_header, scene)
    binned.header["CDELT1"] = 2.4
    with pytest.raises(InputError, match="different scales"):
        alignment.measure(seen(level1_header, scene), binned)


def test_the_mean_knows_errors_and_scatter():
    value, error = alignment.mean(np.array([1.0, 2.0, np.nan]), np.array([0.1, 0.2, 0.1]))
    assert value == pytest.approx((1 / 0.01 + 2 / 0.04) / (1 / 0.01 + 1 / 0.04))
    assert error == pytest.approx(0.4), "the scatter is larger than 0.09"
    assert alignment.mean(np.array([1.0, 1.0]), np.array([0.1, 0.1]))[1] == pytest.approx(0.1 / np.sqrt(2))
    assert np.isnan(alignment.mean(np.array([np.nan]), np.array([0.1]))).all()


@pytest.mark.parametrize("swapped", [False, True])
def test_an_aligned_image_sees_the_same_sky(level1_header, scene, swapped):
    """What is at pixel (50, 40) in the reference is at (51.1, 39.4) in the other channel."""
    reference, other = seen(level1_header, scene, WAVELNTH=193), seen(level1_header, scene, WAVELNTH=211)
    sign, pair = (-1, (211, 193)) if swapped else (1, (193, 211))
    row = {"first": pair[0], "second": pair[1], "dx_px": 1.1 * sign, "dy_px": -0.6 * sign, "sigma_x_px": 0.1, "sigma_y_px": 0.1}
    row["spread_s"] = 7.0
    aligned = alignment.align(other, [row], 193)
    expected = WCS(reference.header).wcs_pix2world(50, 40, 0)
    np.testing.assert_allclose(WCS(aligned.header).wcs_pix2world(51.1, 39.4, 0), expected, atol=1e-9)
    assert aligned.header["ALIGN"] == "COMPLETE" and "spread_s=7.0; dx_px=1.100 +- 0.100" in aligned.header["PRPARA1"]
    assert aligned.data is other.data
    with pytest.raises(AlreadyDone):
        alignment.align(aligned, [row], 193)
    assert alignment.align(reference, [row], 193).header["CRPIX1"] == reference.header["CRPIX1"]
    with pytest.raises(InputError, match="no offset of 211 Å from 171 Å"):
        alignment.align(other, [row], 171)


def test_rows_have_the_columns_of_the_table(level1_header, scene):
    images = {channel: seen(level1_header, scene) for channel in (211, 94, 193)}
    found = alignment.rows(images, {94: 0.0, 193: 5.0, 211: -2.0}, 0.3)
    assert [(row["first"], row["second"], row["seconds"]) for row in found] == [(94, 193, 5), (94, 211, -2), (193, 211, -7)]
    assert all(tuple(row) == alignment.COLUMNS and row["spread_s"] == 7 for row in found)
