"""Exponentials of whole rows against NumPy."""

import numpy as np

from helioreduce.numerics.exponential import exponentials


def test_exponentials_are_right_to_two_units_in_the_last_place():
    x = np.concatenate([np.linspace(-708, 709, 20001), np.linspace(-1, 1, 5001), [0.0]])
    out = np.empty_like(x)
    exponentials(x, out, np.empty_like(x))
    assert np.abs((out - np.exp(x)) / np.spacing(np.exp(x))).max() <= 2
    assert out[-1] == 1


def test_what_is_no_number_stays_none():
    out = np.empty(3)
    exponentials(np.array([-1.0, np.nan, 1.0]), out, np.empty(3))
    assert np.isnan(out).tolist() == [False, True, False]
