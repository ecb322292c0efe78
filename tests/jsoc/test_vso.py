"""Images by way of VSO: which of its files lies in which slot, and what their header must say."""

from __future__ import annotations

import pytest
from astropy.io.fits import Header

from helioreduce import times
from helioreduce.jsoc import fetch, http, vso
from helioreduce.jsoc.errors import Corrupt, Rejected
from helioreduce.quality import DEFAULT

SLOTS = [times.parse(f"2014-01-01T00:00:{second}Z") for second in ("01", "13", "25")]


def search(channel, start, end):
    """Two frames of 171 Å, 11 s into their slots, one of another channel, and names that are none."""
    tai = int(times.tai_seconds(SLOTS[0]))
    return [f"aia__lev1:171:{tai + 11}", f"aia__lev1:171:{tai + 35}", f"aia__lev1:193:{tai + 18}", "hmi__Ic_45s:1", ""]


def test_slots_hold_their_exposure():
    found = vso.frames(171, SLOTS, search)
    assert [record.keywords["T_REC"] for record in found] == ["2014-01-01T00:00:01Z", "2014-01-01T00:00:25Z"]
    tai = int(times.tai_seconds(SLOTS[0])) + 11
    assert http.joined(vso.ADDRESS, found[0].segments["image"]).endswith(
        f"series=aia__lev1;compress=rice;record=171_{tai}-{tai}"
    )
    assert not fetch.has_spikes(found[0]) and vso.frames(171, [], search) == []


@pytest.mark.parametrize(
    ("cards", "error"),
    [
        ({"WAVELNTH": 193, "QUALITY": 0}, Corrupt),
        ({"QUALITY": 0}, Corrupt),
        ({"WAVELNTH": 171}, Rejected),
        ({"WAVELNTH": 171, "QUALITY": 1 << 30}, Rejected),
    ],
)
def test_the_header_must_be_that_of_the_image(cards, error):
    with pytest.raises(error):
        fetch._own(Header(cards), vso.frames(171, SLOTS, search)[0], DEFAULT)


def test_a_good_header_stands_as_it_is():
    stored = Header({"WAVELNTH": 171, "QUALITY": 0, "EXPTIME": 2.0})
    assert fetch._own(stored, vso.frames(171, SLOTS, search)[0], DEFAULT) is stored
