"""Profiles: closed forms of their widths and sums, and refusals."""

import numpy as np
import pytest

from helioreduce.cosmic_rays.profile import MODELS, profile
from helioreduce.errors import InputError


@pytest.mark.parametrize("model", MODELS)
def test_a_profile_has_sum_1_and_its_width(model):
    """Half of the peak at half the width: 8 pixels from the centre for a width of 16."""
    made = profile(model, fwhm=16, size=33)
    assert made.dtype == np.float32 and made.sum() == pytest.approx(1, rel=1e-5)
    along = made[:, 16] if model == "gaussy" else made[16]
    assert along[8] == pytest.approx(along[16] / 2, rel=1e-3) and along[24] == pytest.approx(along[8])


def test_profiles_of_one_axis_are_the_same_in_all_rows_or_columns():
    made = profile("gaussx")
    np.testing.assert_array_equal(made, np.tile(made[0], (7, 1)))
    np.testing.assert_array_equal(profile("gaussy"), made.T)


@pytest.mark.parametrize("choice", [{"model": "sinc"}, {"size": 6}, {"size": 1}, {"fwhm": 0}, {"beta": -1}])
def test_what_cannot_be_a_profile_is_refused(choice):
    with pytest.raises(InputError, match="PSF"):
        profile(**choice)
