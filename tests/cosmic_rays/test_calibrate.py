"""Bias, dark and flat: the sky comes back, with its error."""

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.cosmic_rays import calibrate
from helioreduce.errors import AlreadyDone, InputError, InputWarning
from helioreduce.image import Image


def test_dark_and_flat() -> None:
    """(science − dark) / flat gives the sky back; errors add in squares; a second dark and another unit are refused."""
    header = fits.Header({"BUNIT": "adu"})
    shape = (20, 30)
    response = np.linspace(0.8, 1.2, 30, dtype=np.float32) * np.ones(shape, np.float32)
    dark = Image(np.full(shape, 40, np.float32), header, np.full(shape, 3, np.float32))
    flat = Image(1000 * response, header, np.full(shape, 10, np.float32))
    science = Image(40 + 200 * response, header, np.full(shape, 4, np.float32))
    subtracted = calibrate.apply(science, dark, "dark")
    assert np.allclose(subtracted.data, 200 * response) and np.allclose(subtracted.sigma, 5)
    flattened = calibrate.apply(subtracted, flat, "flat")
    assert np.allclose(flattened.data, 200 * np.median(response), rtol=1e-5)
    relative = np.hypot(5 / subtracted.data, 10 / flat.data)
    assert np.allclose(flattened.sigma / flattened.data, relative, rtol=1e-5)
    with pytest.raises(AlreadyDone):
        calibrate.apply(subtracted, dark, "dark")
    with pytest.raises(InputError, match="unit"):
        calibrate.subtract(science, dark.with_(header=fits.Header({"BUNIT": "electron"})), "dark")
    with pytest.raises(InputError, match="shape"):
        calibrate.divide(science, Image(flat.data[:5], header))


@pytest.mark.parametrize("step", ["dark", "flat"])
def test_a_frame_without_its_error_is_told(step) -> None:
    """No error plane, or one with holes: a caveat in the header and a warning; a whole one says nothing."""
    header = fits.Header({"BUNIT": "adu"})
    plane, sigma = np.full((20, 30), 40, np.float32), np.full((20, 30), 3, np.float32)
    image = Image(plane + 100, header, sigma)
    for error, says in ((None, "is not known and"), (np.where(plane > 0, np.nan, plane), "is not known in 600 pixels")):
        with pytest.warns(InputWarning, match=f"the error of the {step} {says}"):
            made = calibrate.apply(image, Image(plane, header, error), step)
        assert f"error of the {step}" in made.header["CAVEAT1"]
    assert "CAVEAT1" not in calibrate.apply(image, Image(plane, header, sigma), step).header
