"""The value that flows: planes of one shape, masks of missing pixels, and nothing shared by accident."""

import dataclasses

import numpy as np
import pytest
from astropy.io.fits import Header
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.image import Image, Mask

DATA = np.array([[1.0, np.nan, 3.0], [np.inf, 5.0, 6.0]], np.float32)


@pytest.fixture
def image():
    return Image(DATA.copy(), Header({"BUNIT": "DN"}), np.ones_like(DATA))


def test_pixels_that_are_not_finite_are_flagged(image):
    assert image.mask.tolist() == [[0, Mask.NO_DATA, 0], [Mask.NO_DATA, 0, 0]]
    assert image.mask.dtype == np.uint8


def test_bits_are_distinct_and_fit_a_byte():
    assert sorted(bit.value for bit in Mask) == [1, 2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), ()])
def test_only_two_dimensions_are_an_image(shape):
    with pytest.raises(InputError, match="two-dimensional"):
        Image(np.zeros(shape, np.float32), Header())


@pytest.mark.parametrize("plane", ["sigma", "mask"])
def test_planes_of_another_shape_are_refused(plane):
    with pytest.raises(InputError, match=f"{plane} has shape"):
        Image(DATA, Header(), **{plane: np.zeros((3, 2), np.uint8)})


def test_a_new_image_has_a_header_of_its_own(image):
    new = image.with_(data=image.data + 1)
    new.header["BUNIT"] = "DN/s"
    assert image.header["BUNIT"] == "DN"
    assert new.mask is image.mask and new.sigma is image.sigma
    with pytest.raises(dataclasses.FrozenInstanceError):
        image.data = DATA
    with pytest.raises(TypeError):
        image.with_(variance=DATA)


@given(st.floats(0.0625, 64, width=32))
def test_scaling_keeps_the_relative_error(factor):
    image = Image(DATA, Header(), DATA / 10)
    scaled = image / factor
    good = image.mask == 0
    np.testing.assert_allclose(scaled.data[good], DATA[good] / factor, rtol=3e-7)
    np.testing.assert_allclose(scaled.sigma[good] / scaled.data[good], image.sigma[good] / DATA[good], rtol=3e-7)
    assert scaled.data.dtype == scaled.sigma.dtype == np.float32
    assert (Image(DATA, Header()) / factor).sigma is None


def test_flagged_asks_for_any_of_the_bits(image):
    image.mask[0, 0] = Mask.SPIKE | Mask.SATURATED
    image.mask[0, 2] = Mask.COSMIC_RAY
    assert image.flagged(Mask.SPIKE | Mask.COSMIC_RAY).tolist() == [[True, False, True], [False] * 3]
    assert image.flagged(Mask.BAD_PIXEL).sum() == 0
