"""Preparation: spikes are missing and flagged, smoothing says so, and nothing else changes."""

import numpy as np
import pytest

from helioreduce.image import Flag
from helioreduce.spice import catalogue, group, level2, prepare, simulate
from helioreduce.spice.initial import Settings

KNOWN = catalogue.built_in()


@pytest.fixture(scope="module")
def own():
    return group.join("own", level2.windows(simulate.raster(simulate.Settings(rows=32, columns=16, rim=1))[0])[2:])


def test_spikes_are_missing_and_flagged(own):
    found, facts = prepare.prepare(own, KNOWN, Settings(), threshold=4.5, denoise=False)
    (before,), (after,) = own.windows, found.windows
    spikes = (after.mask & Flag.SPIKE) != 0
    assert facts == {"spikes": int(spikes.sum()), "denoised": False, "threshold": 4.5}
    assert spikes.mean() == pytest.approx(0.002, rel=0.3)
    assert np.isnan(after.data[spikes]).all()
    np.testing.assert_array_equal(after.data[~spikes], before.data[~spikes])
    np.testing.assert_array_equal(after.mask[~spikes], before.mask[~spikes])


def test_a_higher_threshold_finds_fewer(own):
    numbers = [prepare.without_spikes(own, KNOWN, threshold=threshold)[1] for threshold in (4.5, 20.0, 1e6)]
    assert numbers[0] > numbers[1] > numbers[2] == 0


def test_without_despiking_the_group_stays(own):
    found, facts = prepare.prepare(own, KNOWN, Settings(), threshold=None, denoise=False)
    assert found is own
    assert facts == {"spikes": "not looked for", "denoised": False}


def test_smoothing_is_in_the_header_and_keeps_the_mask(own):
    found, facts = prepare.prepare(own, KNOWN, Settings(), threshold=None, denoise=True)
    (before,), (after,) = own.windows, found.windows
    assert facts["denoised"]
    assert after.header["DENOISED"] is True
    assert "DENOISED" not in before.header
    np.testing.assert_array_equal(after.mask, before.mask)
    np.testing.assert_array_equal(np.isnan(after.data), np.isnan(before.data))
    assert found.noise == own.noise
    between = np.abs(before.wavelength - 767.3) < 1  # the lines at 764.85 and 770.12 Å
    scatter = [np.nanmedian(np.abs(window.data[:, between] - 0.02)) for window in (before, after)]  # spikes stay
    assert scatter[1] < 0.3 * scatter[0]
