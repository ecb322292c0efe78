"""Cards read by their type: what has no value, what is a number, a channel, a time."""

import numpy as np
import pytest
from astropy.io.fits import Card, Header
from astropy.io.fits.card import Undefined

from helioreduce import times
from helioreduce.aia import cards
from helioreduce.errors import InputError

NOTHING = ["", "  ", "nan", "NaN", "MISSING", " missing ", -(2**31), float("nan")]


def header(value):
    return {"KEY": value}


@pytest.mark.parametrize("value", NOTHING)
def test_no_value(value):
    assert cards.value(header(value), "KEY") is None
    assert cards.number(header(value), "KEY") is None
    for read in (cards.required, cards.time):
        with pytest.raises(InputError, match="KEY has no value"):
            read(header(value), "KEY")


def test_a_blank_card_and_no_card():
    blank = Header([Card.fromstring("KEY     =")])
    assert cards.value(blank, "KEY") is None
    assert cards.value({}, "KEY") is None
    for read in (cards.required, cards.time):
        with pytest.raises(InputError, match="the keyword KEY is missing"):
            read({}, "KEY")


@pytest.mark.parametrize("value", [0, -1, 2.5, -(2**31) + 1, np.float64(3.0)])
def test_numbers(value):
    found = cards.required(header(value), "KEY")
    assert found == value and type(found) is float


@pytest.mark.parametrize("value", [True, "2.0", float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="KEY = .* is not a number"):
        cards.number(header(value), "KEY")


def test_text_is_stripped():
    assert cards.value(header(" SDO/AIA "), "KEY") == "SDO/AIA"


@pytest.mark.parametrize("unit", [None, "", "Angstrom", "angstroms", "A", "Å"])
def test_channel_in_angstrom(unit):
    assert cards.channel({"WAVELNTH": 171.0, "WAVEUNIT": unit}) == 171


@pytest.mark.parametrize(("wavelength", "unit", "says"), [(17.1, "nm", "17.1 nm"), (172, None, "172"), (171.5, None, "171.5")])
def test_other_channels_are_refused(wavelength, unit, says):
    with pytest.raises(InputError, match=says):
        cards.channel({"WAVELNTH": wavelength, "WAVEUNIT": unit})


def test_times():
    assert cards.time({"T_OBS": "2014-01-01T00:00:01.34Z"}) == times.parse("2014-01-01T00:00:01.34")
    assert cards.time({"T_REC": "2014-01-01T00:00:01Z"}, "T_REC") == times.parse("2014-01-01T00:00:01")
    with pytest.raises(InputError, match="T_OBS = 'yesterday' is not a time"):
        cards.time({"T_OBS": "yesterday"})


def test_statistics_are_removed_and_nothing_else():
    reported = Header({**dict.fromkeys(cards.STATISTICS, 1.0), "EXPTIME": 2.0})
    cards.remove_statistics(reported)
    assert list(reported) == ["EXPTIME"]


def test_cards_without_a_value_go_and_the_dates_are_those_of_the_exposure():
    header = Header(
        {"A": "nan", "B": -(2**31), "C": 0, "D": "", "E": "MISSING", "T_OBS": "2014-01-01T00:00:08.57Z", "EXPTIME": 2.0}
    )
    header["HISTORY"] = "nan"
    header["F"], header["G"] = Undefined(), None
    header.extend([("H", "nan"), ("H", "MISSING")])
    cards.remove_missing(header)
    assert list(header) == ["C", "D", "T_OBS", "EXPTIME", "HISTORY"]
    found = {key: text for key, (text, _) in cards.dates(header).items()}
    assert found == {
        "TIMESYS": "UTC", "DATE-AVG": "2014-01-01T00:00:08.570",
        "DATE-BEG": "2014-01-01T00:00:07.570", "DATE-END": "2014-01-01T00:00:09.570",
    }  # fmt: skip
    assert set(cards.dates({"T_OBS": "2014-01-01T00:00:08.57Z", "EXPTIME": 0.0})) == {"TIMESYS", "DATE-AVG"}
