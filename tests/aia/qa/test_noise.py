"""Correlation and pulls of noise whose statistics are known."""

import numpy as np
import pytest

from helioreduce.aia.deconvolution import Options
from helioreduce.aia.qa import noise
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image


def test_white_noise_is_uncorrelated_and_averaging_correlates_it(rng):
    white = rng.standard_normal((400, 400))
    single = noise.autocorrelation(white, 3)
    assert single[3, 3] == 1 and np.abs(np.delete(single.ravel(), 24)).max() < 5 / 400
    pairs = 0.5 * (white + np.roll(white, 1, axis=1))
    found = noise.autocorrelation(pairs, 3)
    assert found[3, 4] == pytest.approx(0.5, abs=5 / 400) and found[4, 3] == pytest.approx(0, abs=5 / 400)
    pairs[::7, ::5] = np.nan
    assert noise.autocorrelation(pairs, 3)[3, 4] == pytest.approx(0.5, abs=5 / 300)


def test_pulls_are_standard_normal_where_sigma_is_right(rng, level1_header):
    truth = rng.uniform(50, 500, (300, 300))
    frames = [
        Image((truth + rng.normal(0, np.sqrt(truth))).astype(np.float32), level1_header, np.sqrt(truth).astype(np.float32))
        for _ in range(2)
    ]
    frames[0].flags[:10] |= np.uint8(Flag.SATURATED)
    values = noise.pulls(*frames)
    assert values.size == 290 * 300
    assert values.mean() == pytest.approx(0, abs=4 / 300) and noise.robust_spread(values) == pytest.approx(1, abs=0.015)
    left_out = np.zeros((300, 300), np.uint8)
    left_out[:, :100] = 1
    assert noise.pulls(*frames, leave_out=left_out).size == 290 * 200
    with pytest.raises(InputError, match="error planes"):
        noise.pulls(frames[0], Image(frames[1].data, level1_header))


def test_pulls_need_two_images_of_one_shape_with_errors(level1_header):
    plane = np.ones((20, 20), np.float32)
    for other in (Image(plane, level1_header), Image(plane[:10], level1_header, plane[:10])):
        with pytest.raises(InputError, match="error planes"):
            noise.pulls(Image(plane, level1_header, plane), other)


def test_deconvolution_amplifies_noise_and_registration_smooths_it(level1_header):
    """White noise stays white until deconvolved, which makes neighbours anticorrelated; interpolation averages."""
    fields = noise.through_steps(level1_header, 192, Options(iterations=10))
    assert list(fields) == ["as read out", "deconvolved", "level 1.5"]
    white, sharp, _ = (noise.autocorrelation(field, 1) for field in fields.values())
    assert abs(white[1, 0]) < 4 / 192 and sharp[1, 0] < -0.03 and sharp[0, 1] < -0.03
    scatter = [field.std() for field in fields.values()]
    assert scatter[0] == pytest.approx(1, abs=0.02) and scatter[1] > 1.2 and scatter[2] < scatter[1]
    assert all(field.mean() == pytest.approx(1000, abs=0.5) for field in fields.values())


@pytest.mark.parametrize(
    "changed", [{"iterations": 4}, {"core": "preflight"}, {"tolerance": 0.9}, {"accelerate": True}, {"precision": "float64"}]
)
def test_every_setting_of_the_deconvolution_counts(level1_header, changed):
    settings = {"iterations": 8}
    usual, other = (noise.through_steps(level1_header, 96, Options(**choice)) for choice in (settings, settings | changed))
    assert np.array_equal(usual["as read out"], other["as read out"])
    assert not np.array_equal(usual["deconvolved"], other["deconvolved"])


def test_a_channel_without_a_psf_is_registered_only(level1_header):
    level1_header["WAVELNTH"] = 1600
    assert list(noise.through_steps(level1_header, 96, None)) == ["as read out", "level 1.5"]


def test_the_sun_turns_between_frames(level1_header):
    """0.27° in half an hour at the disk's centre: 975″ · 0.0050 = 4.5″; nothing beyond the limb, less near it."""
    level1_header.update(RSUN_OBS=975.0, CRPIX1=33.0, CRPIX2=33.0)
    later = level1_header.copy()
    later["T_OBS"] = "2014-01-01T00:30:01.34Z"
    plane = np.ones((64, 64), np.float32)
    rate = np.deg2rad(14.713 - 0.986) / 48 * 975 / 0.599489
    moved = noise.rotation_px(Image(plane, level1_header), Image(plane, later))
    assert moved == pytest.approx(rate, rel=1e-3)
    level1_header["CRPIX1"] = 33.0 - 1400
    assert 0 < noise.rotation_px(Image(plane, level1_header), Image(plane, later)) < 0.6 * moved
    level1_header["CRPIX1"] = 33.0 - 1700
    assert noise.rotation_px(Image(plane, level1_header), Image(plane, later)) == 0
