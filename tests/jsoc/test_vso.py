"""Images by way of VSO: which of its files lies in which slot, and what their header must say."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io import jsoc_files
from helioreduce.jsoc import fetch, http, policy, verification, vso
from helioreduce.jsoc.errors import Rejected
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
    assert not policy.has_spikes(found[0]) and vso.frames(171, [], search) == []


def stored(folder, **cards):
    """A file as VSO gives it: with its keywords."""
    image = np.random.default_rng(1).poisson(200, (64, 64)).astype(np.int16)
    jsoc_files.write_compressed(folder / "file.fits", image, Header(cards))
    return folder / "file.fits"


@pytest.mark.parametrize(
    "cards",
    [
        {"WAVELNTH": 193, "T_REC": "2014-01-01T00:00:12"},
        {"T_REC": "2014-01-01T00:00:12"},
        {"WAVELNTH": 171},
        {"WAVELNTH": 171, "T_REC": "2014-01-01T00:01:12"},
        {"WAVELNTH": 171, "T_REC": "soon"},
    ],
)
def test_the_file_must_say_that_it_is_the_image(tmp_path, cards):
    """A record without keywords cannot tell: channel and time must be in the file."""
    with pytest.raises(InputError):
        verification.verify(stored(tmp_path, **cards), vso.frames(171, SLOTS, search)[0], "image")


def test_a_file_that_says_so_is_verified(tmp_path):
    file = stored(tmp_path, WAVELNTH=171, T_REC="2014-01-01T00:00:12")
    assert verification.verify(file, vso.frames(171, SLOTS, search)[0], "image") == ["structure", "checksum", "identity"]


@pytest.mark.parametrize("cards", [{}, {"QUALITY": 1 << 30}, {"QUALITY": -(2**31)}])
def test_bad_quality_in_the_header_is_rejected(cards):
    with pytest.raises(Rejected):
        fetch._own(Header(cards), vso.frames(171, SLOTS, search)[0], DEFAULT)


def test_a_good_header_stands_as_it_is():
    good = Header({"WAVELNTH": 171, "QUALITY": 0, "EXPTIME": 2.0})
    assert fetch._own(good, vso.frames(171, SLOTS, search)[0], DEFAULT) is good
