"""The noise model: published values, closed form, statistics."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.spice import noise
from helioreduce.spice.level2 import value

CASE = {"NBIN2": 2, "NBIN3": 1, "XPOSURE": 10.0, "RADCAL": 1000.0, "DETECTOR": "SW", "WAVEMIN": 76.9, "BUNIT": "W/m2/sr/nm"}


@pytest.mark.parametrize(
    ("frames", "dark", "read", "total"),
    [(2, 5.9665735560705195, 13.8, 24.166919), (1, 4.2190046219, 9.7580735804, 21.703)],
)
def test_values_of_sospice(frames, dark, read, total):
    """sospice 0.0.9 (two frames) and 0.0.5 (one), mW/m²/sr/nm, as in its own tests."""
    terms = noise.components(np.array(0.1), CASE, frames=frames)
    assert 1e3 * terms["dark"] == pytest.approx(dark, rel=1e-6)
    assert 1e3 * terms["read"] == pytest.approx(read, rel=1e-6)
    assert 1e3 * terms["signal"] == pytest.approx(18.92089, rel=1e-6)
    assert 1e3 * noise.of(CASE, frames=frames).sigma(np.array(0.1)) == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("wrong", [{"RADCAL": 0.0}, {"RADCAL": -5.0}, {"XPOSURE": -1.0}])
def test_a_header_that_gives_no_noise_is_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))}.*they give no noise"):
        noise.of({**CASE, **wrong})


def test_variance_is_linear_in_radiance_and_scales_with_the_factor():
    radiance = np.linspace(-1, 5, 13)
    own = noise.of(CASE)
    terms = noise.components(radiance, CASE)
    np.testing.assert_allclose(own.sigma(radiance) ** 2, sum(term**2 for term in terms.values()), rtol=1e-12)
    np.testing.assert_allclose(noise.of(CASE, factor=1.3).sigma(radiance), 1.3 * own.sigma(radiance), rtol=1e-12)


def test_intensifier_of_the_long_wavelengths_stretches_the_noise():
    """Of photons with gain g: √(g S) at short wavelengths, 1.6 √(g S) at long ones (Huang et al. 2023)."""
    for detector, gain, factor in (("SW", 3.58, 1.0), ("LW", 0.57, 1.6)):
        own = noise.components(np.array(0.4), {**CASE, "DETECTOR": detector})
        assert own["signal"] * CASE["RADCAL"] == pytest.approx(factor * np.sqrt(gain * 0.4 * CASE["RADCAL"]), rel=1e-12)


def test_detector_follows_the_card_and_else_the_wavelength():
    assert noise.detector({"DETECTOR": "LW", "WAVEMIN": 77.0}) == "LW"
    assert noise.detector({"WAVEMIN": 97.0}) == "LW"
    assert noise.detector({"DETECTOR": "MISSING (not available)", "WAVEMIN": 77.0}) == "SW"


def test_missing_calibration_is_named():
    with pytest.raises(InputError, match="RADCAL"):
        noise.of({**CASE, "RADCAL": "MISSING (commissioning)"})
    assert value({"STUDY": "MISSING (x)"}, "STUDY", "none") == "none"
