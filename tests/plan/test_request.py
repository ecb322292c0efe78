"""Requests: single times, as a list or in a file; too large ones and unreadable files are refused."""

import re

import pytest
from configuration import configuration

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.plan import request


def asked(**settings):
    return [(channel, times.compact(time)) for channel, time in request.frames(configuration(aia=settings)["aia"])]


def test_single_times_become_the_nearest_slots_once():
    """12 s slots of TAI in the EUV, 24 s in the UV; two times in one slot are one frame."""
    wanted = ["2014-01-01T00:00:02", "2014-01-01T00:00:03", "2014-02-02T12:00:00"]
    assert asked(channels=[171, 1600], times=wanted) == [
        (171, "20140101T000001"),
        (171, "20140202T120001"),
        (1600, "20140101T000013"),
        (1600, "20140202T115949"),
    ]


def test_a_file_of_times_is_the_list_in_it(tmp_path):
    file = tmp_path / "times.txt"
    file.write_text("# flares\n2014-01-01T00:00:02\n\n2014-02-02T12:00:00  # the second\n")
    assert asked(channels=[171], times=str(file)) == asked(channels=[171], times=["2014-01-01T00:00:02", "2014-02-02T12:00:00"])


@pytest.mark.parametrize("empty", [[], ""])
def test_no_times_are_refused_with_the_cure(empty):
    with pytest.raises(InputError, match=r"aia.times is empty. List times, or set it to null"):
        asked(times=empty)


@pytest.mark.parametrize(("text", "message"), [("# nothing\n", "holds no time"), ("yesterday\n", "not a time")])
def test_a_file_without_times_is_named(tmp_path, text, message):
    file = tmp_path / "times.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as refused:
        asked(times=str(file))
    assert "times.txt" in str(refused.value)


def test_a_request_that_cannot_be_planned_says_its_price(monkeypatch):
    monkeypatch.setattr(request, "MOST", 3)
    with pytest.raises(InputError, match="4 images, .* TB to be fetched"):
        asked(channels=[171, 193], times=["2014-01-01T00:00:00"] * 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe2\x000\x00", "is no text that can be read"), (None, "^aia.times: .* is a folder. Give a file")],
)
def test_what_is_no_file_of_times_is_named(tmp_path, content, message):
    path = tmp_path / "times.txt"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        asked(times=str(path))
    assert "times.txt" in str(refused.value)


def test_a_file_of_times_may_begin_with_a_mark_of_its_encoding(tmp_path):
    path = tmp_path / "times.txt"
    path.write_text("2014-01-01T00:00:02\n", "utf-8-sig")
    assert asked(channels=[171], times=str(path)) == asked(channels=[171], times=["2014-01-01T00:00:02"])


def test_a_single_time_is_asked_for_as_a_list():
    with pytest.raises(InputError, match=r"Write a list: \['2014-01-01T00:00:00'\]"):
        asked(times="2014-01-01T00:00:00")


@pytest.mark.parametrize(("end", "channels"), [("2014-01-15T08:00:00", [171]), ("2014-02-01T00:00:00", [171, 193, 304])])
def test_the_cadence_that_a_refused_request_is_offered_works(end, channels):
    settings = {"times": None, "start": "2014-01-01T00:00:00", "end": end, "channels": channels, "cadence_s": 12.0}
    with pytest.raises(InputError) as refused:
        request.check_size(settings)
    offered = re.search(r"cadence_s of (\d+) or more", str(refused.value))
    request.check_size(settings | {"cadence_s": float(offered[1])})
    with pytest.raises(InputError):
        request.check_size(settings | {"cadence_s": float(offered[1]) - 1})
