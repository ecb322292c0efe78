"""Noise models: the variance of counts, and electrons per photon."""

import numpy as np
import pytest

from helioreduce.cosmic_rays.noise import Detector, by_amplifier, classic_variance, electrons_per_photon
from helioreduce.errors import InputError

GAIN, READ = 1.5, 10.0


@pytest.mark.parametrize("photon", [1.0, 5.4])
def test_variance_is_that_of_the_counts(photon: float) -> None:
    """The model's variance is the sample variance of counts drawn that way: DN², within 2 % (5σ for 10⁵ draws)."""
    rng = np.random.default_rng(1)
    expected = 2000.0
    drawn = (rng.poisson(expected / photon, 100_000) * photon + rng.normal(0, READ, 100_000)) / GAIN
    model = Detector(GAIN, READ, photon).variance(np.full((1, 1), expected / GAIN))
    assert np.var(drawn) == pytest.approx(float(model[0, 0]), rel=0.02)


def test_variance_in_electrons_and_in_dn() -> None:
    """Variance in e⁻² is g² times the variance in DN²; negative counts have the read noise."""
    dn = np.linspace(-50, 5000, 30, dtype=np.float32)[None]
    in_dn, in_electrons = Detector(GAIN, READ).variance(dn), Detector(1.0, READ).variance(dn * np.float32(GAIN))
    assert np.allclose(in_electrons, GAIN**2 * in_dn, rtol=1e-6)
    assert in_electrons[0, 0] == READ**2
    assert classic_variance(np.array([-50.0]), READ)[0] == READ**2 - 50


@pytest.mark.parametrize(("colour", "electrons"), [(171, 19.86), (304, 11.17), (630, 5.39), (5000, 1.0)])
def test_electrons_per_photon(colour: float, electrons: float) -> None:
    """hν / 3.65 eV, and one electron in visible light."""
    assert electrons_per_photon(colour) == pytest.approx(electrons, abs=0.01)


AMPLIFIERS = [
    {"section": "[1:20, 1:30]", "gain": 2.0, "read_noise": 8.0},
    {"section": "21:50,1:30", "gain": 1.5, "read_noise": 5.0},
]


def test_each_amplifier_has_its_own_noise():
    """Variance (D/g + r²/g²) with the gain and read noise of the amplifier's pixels, to the bit."""
    gain, read_noise = by_amplifier((30, 50), AMPLIFIERS)
    assert (gain[:, :20] == 2).all() and (gain[:, 20:] == 1.5).all() and (read_noise[:, 20:] == 5).all()
    data = np.full((30, 50), 100, np.float32)
    variance = Detector(gain, read_noise).variance(data)
    for part, one in ((np.s_[:, :20], AMPLIFIERS[0]), (np.s_[:, 20:], AMPLIFIERS[1])):
        np.testing.assert_array_equal(variance[part], Detector(one["gain"], one["read_noise"]).variance(data)[part])
    assert "gain=1.5 to 2" in str(Detector(gain, read_noise))


@pytest.mark.parametrize(
    ("amplifiers", "message"),
    [
        ([{"section": "[1:60, 1:30]"}], "no section of a frame of 50 x 30"),
        ([{"section": "left"}], "'left' is no section"),
        ([{"section": "[1:20, 1:30]"}], "900 pixels have no amplifier"),
        ([{"section": "[1:30, 1:30]"}, {"section": "[21:50, 1:30]"}], "overlaps"),
    ],
)
def test_sections_that_do_not_fit_are_refused(amplifiers, message):
    with pytest.raises(InputError, match=message):
        by_amplifier((30, 50), amplifiers)
