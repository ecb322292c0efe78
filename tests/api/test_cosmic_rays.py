"""Cosmic rays by one call each."""

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce import Image, cosmic_rays
from helioreduce.io import provenance


@pytest.fixture
def frames(tmp_path, rng):
    files = [tmp_path / f"dark{number}.fits" for number in range(5)]
    for file in files:
        Image(rng.normal(20, 2, (32, 32)).astype(np.float32), Header({"BUNIT": "DN"})).write(file)
    return files


def test_frames_are_combined_subtracted_and_cleaned(frames, rng):
    dark = cosmic_rays.combine_frames(frames, sigma=4)
    assert dark.header["NFRAMES"] == 5
    np.testing.assert_allclose(dark.data, 20, atol=6)
    raw = Image(rng.normal(120, 5, (32, 32)).astype(np.float32), Header({"BUNIT": "DN"}))
    raw.data[10, 12] = 5000
    light = cosmic_rays.calibrate_image(raw, dark=dark)
    assert light.data.mean() == pytest.approx(raw.data.mean() - dark.data.mean(), rel=1e-4)
    cleaned = cosmic_rays.clean_image(light, gain=4, read_noise=8)
    assert cleaned.flagged("cosmic_ray")[10, 12]
    assert cosmic_rays.list_hits(light, cleaned)[0, 0] == 10 * 32 + 12
    only = cosmic_rays.clean_image(light, gain=4, read_noise=8, replace=False)
    assert only.data[10, 12] == light.data[10, 12]


def test_a_frame_by_its_file_is_named_in_the_header(frames):
    image = cosmic_rays.calibrate_image(frames[0], dark=frames[1])
    assert provenance.history(image.header)[0]["reference"].startswith("dark1.fits; sha256 ")
