"""The value that flows: planes of one shape, flags of missing pixels, and nothing shared by accident."""

import dataclasses

import numpy as np
import pytest
from astropy import units as u
from astropy.io.fits import Header
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia.dem.value import DEM
from helioreduce.errors import InputError
from helioreduce.esis.values import Aligned, Cube, Frame, Registered
from helioreduce.image import Flag, Image
from helioreduce.spice.level2 import Window
from helioreduce.spice.maps import FipBias, LineMap, Radiances

DATA = np.array([[1.0, np.nan, 3.0], [np.inf, 5.0, 6.0]], np.float32)


@pytest.fixture
def image():
    return Image(DATA.copy(), Header({"BUNIT": "DN"}), np.ones_like(DATA))


def test_pixels_that_are_not_finite_are_flagged(image):
    assert image.flags.tolist() == [[0, Flag.NO_DATA, 0], [Flag.NO_DATA, 0, 0]]
    assert image.flags.dtype == np.uint8


def test_bits_are_distinct_and_fit_a_byte():
    assert sorted(bit.value for bit in Flag) == [1, 2, 4, 8, 16, 32, 64, 128]


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), ()])
def test_only_two_dimensions_are_an_image(shape):
    with pytest.raises(InputError, match="two-dimensional"):
        Image(np.zeros(shape, np.float32), Header())


@pytest.mark.parametrize("plane", ["sigma", "flags"])
def test_planes_of_another_shape_are_refused(plane):
    with pytest.raises(InputError, match=f"{plane} has shape"):
        Image(DATA, Header(), **{plane: np.zeros((3, 2), np.uint8)})


def test_a_new_image_has_a_header_of_its_own(image):
    new = image.with_(data=image.data + 1)
    new.header["BUNIT"] = "DN/s"
    assert image.header["BUNIT"] == "DN"
    assert new.flags is image.flags and new.sigma is image.sigma
    with pytest.raises(dataclasses.FrozenInstanceError):
        image.data = DATA
    with pytest.raises(TypeError):
        image.with_(variance=DATA)


@given(st.floats(0.0625, 64, width=32))
def test_scaling_keeps_the_relative_error(factor):
    image = Image(DATA, Header(), DATA / 10)
    scaled = image / factor
    good = image.flags == 0
    np.testing.assert_allclose(scaled.data[good], DATA[good] / factor, rtol=3e-7)
    np.testing.assert_allclose(scaled.sigma[good] / scaled.data[good], image.sigma[good] / DATA[good], rtol=3e-7)
    assert scaled.data.dtype == scaled.sigma.dtype == np.float32
    assert (Image(DATA, Header()) / factor).sigma is None


def test_flagged_asks_for_any_of_the_bits(image):
    image.flags[0, 0] = Flag.SPIKE | Flag.SATURATED
    image.flags[0, 2] = Flag.COSMIC_RAY
    assert image.flagged(Flag.SPIKE | Flag.COSMIC_RAY).tolist() == [[True, False, True], [False] * 3]
    assert image.flagged(Flag.BAD_PIXEL).sum() == 0
    np.testing.assert_array_equal(image.flagged("spike", "cosmic_ray"), image.flagged(Flag.SPIKE, Flag.COSMIC_RAY))


def test_a_flag_of_another_name_is_refused(image):
    with pytest.raises(InputError, match="no flag is called 'edges'.*near_saturated"):
        image.flagged("edges")


@pytest.mark.parametrize("flag", Flag)
def test_advice_does_not_mask(flag):
    """A mean leaves out what is bad, saturated, outside, hit or missing, and nothing else."""
    image = Image(np.ones((1, 1), np.float32), Header(), flags=np.full((1, 1), flag, np.uint8))
    assert image.mask.item() == (flag not in (Flag.SPIKE, Flag.EDGE, Flag.NEAR_SATURATED))


def test_a_mask_becomes_a_flag():
    mask = np.array([[True, True, False], [False] * 3])
    sigma = np.ma.array(np.ones_like(DATA), mask=[[False] * 3, [False, True, False]])
    image = Image(np.ma.array(DATA, mask=mask), Header(), sigma)
    assert image.flags.tolist() == [[Flag.BAD_PIXEL, Flag.NO_DATA, 0], [Flag.NO_DATA, Flag.BAD_PIXEL, 0]]
    assert type(image.data) is type(image.sigma) is np.ndarray
    np.testing.assert_array_equal(image.data, DATA)
    given = Image(np.ma.array(DATA, mask=mask), Header(), flags=np.full(DATA.shape, Flag.SPIKE, np.uint8))
    np.testing.assert_array_equal(given.mask, mask)
    assert given.flagged(Flag.SPIKE).all()


@pytest.mark.parametrize("kind", [bool, np.int64, ">i2", np.float32])
def test_flags_of_another_type_are_bits_of_a_byte(kind):
    image = Image(DATA, Header(), flags=np.ones(DATA.shape, kind))
    assert image.flags.dtype == np.uint8 and image.flagged(Flag.BAD_PIXEL).all()


@pytest.mark.parametrize("value", [256, -1, 0.5])
def test_flags_that_are_no_bits_are_refused(value):
    with pytest.raises(InputError, match="other values than the bits of Flag"):
        Image(DATA, Header(), flags=np.full(DATA.shape, value))


def test_one_line_says_what_an_image_is(image):
    assert repr(image) == "<Image 2 × 3, DN, with sigma>"
    assert repr(Image(DATA, Header())) == "<Image 2 × 3>"


def test_quantities_are_numbers_or_refused(image):
    np.testing.assert_array_equal((image / (50 * u.percent)).data, (image / 0.5).data)
    for factor in (500 * u.ms, 1 * u.min, 2 * u.DN):
        with pytest.raises(InputError, match=f"by numbers, not by what is in {factor.unit}. For DN/s, call normalise_exposure"):
            image / factor
    with pytest.raises(InputError, match="sigma has the unit DN. Give its value"):
        Image(DATA, Header(), DATA * u.DN)


def test_values_of_many_arrays_print_their_shapes():
    maps = LineMap("ne_8 770.42", "window", np.ones((3, 4, 5)), np.ones((3, 4, 5)), Header({"BUNIT": "km/s"}))
    assert repr(maps) == "<LineMap line: 'ne_8 770.42', window: 'window', data: (3, 4, 5), sigma: (3, 4, 5), fit: ''>"
    assert repr(Frame(np.ones((1040, 2152)), Header(), 2)) == "<Frame counts: (1040, 2152), camera: 2>"


@pytest.mark.parametrize("kind", [Frame, Registered, Aligned, Cube, Window, LineMap, Radiances, FipBias, DEM])
def test_a_value_with_a_header_prints_in_one_line(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    header = Header([(f"KEY{n}", n) for n in range(200)])
    value = kind(**{name: header if name == "header" else np.ones((99, 99)) for name in names})
    assert "\n" not in repr(value)
    assert len(repr(value)) < 400
