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
def test_a_frame_without_its_error_is_reported(step) -> None:
    """No error plane, or one with holes: a caveat in the header and a warning; a whole one says nothing."""
    header = fits.Header({"BUNIT": "adu"})
    plane, sigma = np.full((20, 30), 40, np.float32), np.full((20, 30), 3, np.float32)
    image = Image(plane + 100, header, sigma)
    for error, says in ((None, "is not known and"), (np.where(plane > 0, np.nan, plane), "is not known in 600 pixels")):
        with pytest.warns(InputWarning, match=f"the error of the {step} {says}"):
            made = calibrate.apply(image, Image(plane, header, error), step)
        assert f"error of the {step}" in made.header["CAVEAT1"]
    assert "CAVEAT1" not in calibrate.apply(image, Image(plane, header, sigma), step).header


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
def test_a_pixel_without_response_is_missing_and_flagged(value) -> None:
    """Where the flat is not above 0 the image is NaN and BAD_PIXEL, in the mask; the other pixels have no flag."""
    header = fits.Header({"BUNIT": "adu"})
    flat = np.full((20, 30), 1000, np.float32)
    flat[3, 4] = flat[10:12, 7] = value
    made = calibrate.divide(Image(np.full((20, 30), 200, np.float32), header), Image(flat, header, np.ones_like(flat)))
    assert np.array_equal(np.isnan(made.data), made.mask) and made.mask.sum() == 3
    assert made.flagged("bad_pixel")[3, 4] and "dead_pixels=3" in made.header["PRPARA1"]


@pytest.mark.parametrize("level", [0, -5, np.nan])
def test_a_flat_without_light_is_refused(level) -> None:
    with pytest.raises(InputError, match="the flat has the median"):
        calibrate.divide(Image(np.ones((4, 5)), fits.Header()), Image(np.full((4, 5), level), fits.Header()))


@pytest.mark.parametrize(("image_s", "dark_s", "good"), [(600, 10, False), (600, 594.1, True), (0, 0, True), (600, None, True)])
def test_a_dark_of_another_exposure_time_is_refused(image_s, dark_s, good) -> None:
    """One within a hundredth, or of a time that is not known, is subtracted; biases are of no time."""
    plane = np.ones((4, 5), np.float32)
    image = Image(plane, fits.Header({"EXPTIME": image_s}), plane)
    dark = Image(plane, fits.Header() if dark_s is None else fits.Header({"XPOSURE": dark_s}), plane)
    assert calibrate.apply(image, dark, "bias").data.max() == 0
    if good:
        assert calibrate.apply(image, dark, "dark").data.max() == 0
    else:
        with pytest.raises(InputError, match=r"exposed for 600 s, the dark for 10 s\. Give darks of that exposure time"):
            calibrate.apply(image, dark, "dark")
