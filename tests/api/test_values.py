"""What a notebook gives, as what the package computes with."""

from datetime import UTC, date, datetime, timedelta, timezone

import numba
import numpy as np
import pytest
from astropy import units as u
from astropy.io.fits import Header
from astropy.time import Time

from helioreduce.api import values
from helioreduce.errors import InputError
from helioreduce.image import Image

WHEN = datetime(2014, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("channel", [171, "171", 171.0, 171 * u.angstrom, 17.1 * u.nm, np.int64(171)])
def test_a_channel_in_any_form(channel):
    assert values.to_channel(channel) == 171
    assert isinstance(values.to_channel(channel), int)


@pytest.mark.parametrize("channel", ["north", 172, None, 171 * u.nm, np.nan, np.inf, np.arange(5000.0)])
def test_no_channel(channel):
    with pytest.raises(InputError, match="channel"):
        values.to_channel(channel)


def test_several_channels():
    assert values.to_channels([171, 193] * u.angstrom) == [171, 193]
    assert values.to_channels(171) == [171]


TIMES = [
    "2014-01-01T12:00:00", "2014.01.01_12:00:35_TAI", Time("2014-01-01T12:00:00"), Time("2014-01-01T12:00:35", scale="tai"),
    WHEN, WHEN.replace(tzinfo=None), WHEN.astimezone(timezone(timedelta(hours=9))),
]  # fmt: skip


@pytest.mark.parametrize("time", TIMES)
def test_a_time_in_any_form(time):
    assert values.to_time(time) == WHEN


def test_several_times():
    assert values.to_times(Time(["2014-01-01T12:00:00", "2014-01-02"])) == [WHEN, datetime(2014, 1, 2, tzinfo=UTC)]
    assert values.to_times([date(2014, 1, 2), WHEN]) == [datetime(2014, 1, 2, tzinfo=UTC), WHEN]
    assert values.to_times(Time("2012-07-01")) == [datetime(2012, 7, 1, tzinfo=UTC)]  # after a leap second


def test_no_time():
    with pytest.raises(InputError, match="is not a time"):
        values.to_time("yesterday")


def test_an_image_from_whatever_is_one(tmp_path):
    image = Image(np.ones((8, 8), np.float32), Header({"BUNIT": "DN"}), np.ones((8, 8), np.float32))
    image.write(tmp_path / "image.fits")
    forms = [image, image.to_ccddata(), image.to_ndcube(), tmp_path / "image.fits", str(tmp_path / "image.fits")]
    for form in forms:
        found = values.to_image(form)
        assert (found.data == 1).all()
        assert (found.sigma == 1).all()
    with pytest.raises(InputError, match="ndarray is no image"):
        values.to_image(image.data)


def test_threads_are_put_back():
    before = numba.get_num_threads()
    with values.use_threads(1):
        assert numba.get_num_threads() == 1
    with values.use_threads(None), values.use_threads(10**6):
        assert numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS
    assert numba.get_num_threads() == before


def test_a_duration_is_no_channel():
    with pytest.raises(InputError, match="is no channel"):
        values.to_channel(335 * u.s)


def test_one_name_is_as_good_as_a_list():
    assert values.to_names("eve") == values.to_names(["eve"]) == ("eve",)


@pytest.mark.parametrize("number", ["2", 0, -1, 1.5, True])
def test_a_number_of_threads_that_is_none_is_refused(number):
    with pytest.raises(InputError, match=f"threads = {number!r}. Give a whole number"), values.use_threads(number):
        pass


def test_a_message_holds_no_whole_array():
    with pytest.raises(InputError) as raised:
        values.to_channel(np.arange(900.0))
    assert len(str(raised.value)) < 150
