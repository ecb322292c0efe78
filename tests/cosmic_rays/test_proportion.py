"""A sense of proportion: the noise that was put in is measured, and a model that is wrong is called so."""

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.cosmic_rays import clean, lacosmic, noise, proportion
from helioreduce.errors import InputError, InputWarning
from helioreduce.image import Image
from helioreduce.io import provenance

SHAPE = (200, 220)


@pytest.mark.parametrize("factor", [0.2, 1.0, 3.0])
def test_the_ratio_is_the_one_put_in_whatever_the_scene(rng, factor):
    """A gradient and ten hits do not move it: 3 %."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    data = 100 + 0.5 * y + 30 * np.sin(x / 40) + rng.normal(0, 7 * factor, SHAPE)
    data.flat[rng.integers(0, data.size, 10)] += 5000
    assert proportion.noise_ratio(data, np.full(SHAPE, 49.0)) == pytest.approx(factor, rel=0.03)


def test_missing_pixels_do_not_count_and_nothing_is_nan(rng):
    data = rng.normal(0, 3, SHAPE)
    data[:100] = np.nan
    assert proportion.noise_ratio(data, np.full(SHAPE, 9.0)) == pytest.approx(1, rel=0.05)
    assert np.isnan(proportion.noise_ratio(np.full(SHAPE, np.nan), np.ones(SHAPE)))


def image(rng, sky):
    """A frame of the noise of 100 electrons about ``sky`` electrons, and twenty hits."""
    data = (rng.poisson(100, SHAPE) - 100 + sky).astype(np.float32)
    data.flat[rng.integers(0, data.size, 20)] += 2000
    return Image(data, fits.Header({"BUNIT": "electron"}))


def test_a_frame_without_its_sky_is_called_wrong(rng):
    """Sky subtracted, read noise 0: a share of hits that no camera has; screen and header say so, with the cure."""
    with pytest.warns(InputWarning) as reported:
        cleaned = clean.clean(image(rng, 0), detector=noise.Detector(1, 0))
    assert cleaned.header["CRSHARE"] > 0.05
    said = provenance.caveats(cleaned.header)
    assert "% of the pixels are called cosmic rays" in said[0] and "leave the sky in the frame" in said[0]
    assert any("pixels are called cosmic rays" in str(one.message) for one in reported)


def test_a_frame_with_its_sky_is_in_proportion(rng, recwarn):
    cleaned = clean.clean(image(rng, 100), detector=noise.Detector(1, 0))
    assert cleaned.header["CRSHARE"] < 0.001 and cleaned.header["CRNOISE"] == pytest.approx(1, abs=0.05)
    assert not provenance.caveats(cleaned.header) and not recwarn.list


def test_too_large_a_noise_is_reported_as_missed_hits(rng):
    with pytest.warns(InputWarning, match="hits are missed"):
        clean.clean(image(rng, 100), detector=noise.Detector(1, 60))


def test_limits_are_the_users(rng, recwarn):
    limits = proportion.Limits(share=1, noise=(0, 1e9))
    clean.clean(image(rng, 0), lacosmic.settings(iterations=1), detector=noise.Detector(1, 0), limits=limits)
    assert not recwarn.list
    with pytest.raises(InputError, match="impossible"):
        proportion.Limits(noise=(2, 1))
