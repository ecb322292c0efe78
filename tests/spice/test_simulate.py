"""The simulated raster: its data are its truth with the noise, spikes and rims that were asked for."""

import numpy as np
import pytest

from helioreduce.constants import SPEED_OF_LIGHT_KM_S
from helioreduce.spice import composition, level2, noise, radiance, simulate
from helioreduce.spice.synthetic import WINDOWS


def clean(**settings):
    return simulate.raster(simulate.Settings(**{"rows": 32, "columns": 12, "spikes": 0, "rim": 0, **settings}))


def profile(window, truth, wavelength):
    """Expected spectrum (t, λ, y, x) of a window from the truth."""
    total = np.full((1, wavelength.size, 32, 12), window.background)
    for line in window.lines:
        peak, centre, width = (truth[f"{line.name} {key}"].astype(float)[:, None] for key in "Ixs")
        total += peak * np.exp(-0.5 * ((wavelength[None, :, None, None] - centre) / width) ** 2)
    return total


def test_data_are_the_truth_with_the_noise_of_the_header():
    """(data − expected) / σ of every window: mean 0 within 0.01, standard deviation 1 within 1 %."""
    planes, truth = clean()
    for window, plane, own in zip(WINDOWS, planes, level2.windows(planes), strict=True):
        expected = profile(window, truth, own.wavelength)
        pulls = (plane.data - expected) / noise.of(plane.header).sigma(expected)
        assert abs(pulls.mean()) < 0.01
        assert pulls.std() == pytest.approx(1, abs=0.01)


def test_truth_agrees_with_itself():
    """Radiance = √(2π) I s / 10; x = (rest + offset) (1 + v / c); low-FIP lines follow the bias, the others do not."""
    _, truth = clean()
    for window in WINDOWS:
        for line in window.lines:
            peak, centre, width = (truth[f"{line.name} {key}"] for key in "Ixs")
            np.testing.assert_allclose(truth[f"{line.name} radiance"], radiance.of_gaussian(peak, width), rtol=1e-6)
            rest = float(line.name.split()[1]) + window.offset
            np.testing.assert_allclose(centre, rest * (1 + truth["velocity"] / SPEED_OF_LIGHT_KM_S), rtol=1e-6)
    ratio = truth["s_4 750.22 radiance"] / truth["n_4 765.15 radiance"]
    np.testing.assert_allclose(ratio / truth["fip"], np.full(ratio.shape, 0.07 / 0.16), rtol=1e-5)
    assert composition.is_low("s_4 750.22")
    assert not composition.is_low("n_4 765.15")


def test_spikes_rim_and_lost_planes_are_as_many_as_asked():
    plain, _ = clean()
    spiky, _ = clean(spikes=0.01)
    hit = spiky[0].data != plain[0].data
    sigma = noise.of(plain[0].header).sigma(plain[0].data)
    strength = ((spiky[0].data - plain[0].data) / sigma)[hit]
    assert hit.mean() == pytest.approx(0.01, rel=0.1)
    assert strength.min() > 7.9
    assert strength.max() < 60.1
    rimmed = clean(rim=2)[0][0].data
    assert np.isnan(rimmed[:, :, :2]).all()
    assert np.isnan(rimmed[:, :, -2:]).all()
    assert np.isnan(rimmed[:, :2, :16]).all()
    assert np.isnan(rimmed[:, -2:, 16:]).all()
    assert np.isfinite(rimmed[:, 2:-2, 2:-2]).all()
    lost = clean(lost_planes=1)[0][0].data
    assert np.isnan(lost).all(axis=(0, 1, 2)).sum() == 1


def test_same_seed_same_bytes():
    first, second, other = clean()[0], clean()[0], clean(seed=1)[0]
    assert first[1].data.tobytes() == second[1].data.tobytes()
    assert first[1].data.tobytes() != other[1].data.tobytes()
