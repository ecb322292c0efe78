"""Exports: limits, states, and what a request holds."""

from __future__ import annotations

import json
import re
import time

import pytest
from small_archive import unmodified, write_frame

from helioreduce import times
from helioreduce.archive.catalogue import Catalogue
from helioreduce.archive.exports import Exports
from helioreduce.archive.server import Archive

EUV = "aia.lev1_euv_12s"


ONE = "aia.lev1_euv_12s[2014-01-01T00:00:01Z][171]"


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 1.4e9

    def __call__(self):
        return self.now


@pytest.fixture
def exports(root):
    """Exports whose staging takes a while."""
    (root / "archive.json").write_text(json.dumps({"limits": {"staging_s": 0.3}}))
    catalogue = Catalogue(root)
    catalogue.refresh()
    return Exports(catalogue, root / "exports", Clock())


def request(exports, ds=ONE, who="a@localhost", host="127.0.0.1", **more):
    """``exp_request`` of a staged export."""
    query = {"op": "exp_request", "ds": ds, "notify": who, "method": "url", "protocol": "fits", "process=n": "0", **more}
    return exports.answer(query, host)


def finished(exports, name):
    """Wait for a request."""
    end = time.monotonic() + 30
    while (status := exports.answer({"op": "exp_status", "requestid": name}))["status"] in (1, 2) and time.monotonic() < end:
        time.sleep(0.02)
    return status


def test_an_export_is_listed_as_recorded(real, tmp_path):
    recorded = json.loads((real / "jsoc/exp_status_images_and_spikes.json").read_text())
    request = json.loads((real / "jsoc/exp_request_reply.json").read_text())
    slot = times.parse("2010-07-30T13:30:02Z")
    write_frame(tmp_path, 193, slot, 1, T_OBS="2010-07-30T13:30:08.84Z")
    held = Catalogue(tmp_path)
    held.refresh()
    exports = Exports(held, tmp_path / "exports")
    query = {"op": "exp_request", "ds": f"{EUV}[2010-07-30T13:30:02Z][193]", "notify": "a@localhost"}
    reply = exports.answer({**query, "method": "url", "protocol": "fits", "process=n": "0"})
    assert set(reply) == set(request)
    status = exports.answer({"op": "exp_status", "requestid": reply["requestid"]})
    while status["status"] in (1, 2):
        status = exports.answer({"op": "exp_status", "requestid": reply["requestid"]})
    assert list(status) == list(recorded)
    assert status["data"] == recorded["data"][:2]
    assert {key: type(value) for key, value in status.items()} == {key: type(value) for key, value in recorded.items()}
    assert re.fullmatch(r"\d{4}\.\d\d\.\d\d_\d\d:\d\d:\d\d_UT", status["exptime"])


def test_one_pending_request_per_address(exports):
    first = request(exports)
    assert first["status"] == 2
    assert request(exports, f"{ONE}{{image}}")["status"] == 7
    assert request(exports, f"{ONE}{{image}}", "b@localhost")["status"] == 2
    assert request(exports)["requestid"] == first["requestid"], "the same request is the same request"
    assert finished(exports, first["requestid"])["status"] == "0"
    assert request(exports, f"{ONE}{{image}}", "a@localhost")["status"] == 2


def test_ten_pending_requests_per_host(exports):
    sets = [f"aia.lev1_euv_12s[2014-01-01T00:00:{second:02d}Z][{channel}]" for second in (1, 13, 25) for channel in (171, 193)]
    sets = [f"{one}{{{name}}}" for one in sets for name in ("image", "spikes")]
    exports.catalogue.settings["limits"]["staging_s"] = 3.0  # the first is still pending when the last one comes
    made = [request(exports, one, f"{n}@localhost") for n, one in enumerate(sets[:10])]
    assert [reply["status"] for reply in made] == [2] * 10
    refused = request(exports, sets[10], "10@localhost")
    assert refused == {"status": 7, "error": "IP address 127.0.0.1 has 10 pending export requests"}
    assert request(exports, sets[10], "10@localhost", "127.0.0.2")["status"] == 2, "another host has requests of its own"
    assert exports.pending() == 1, "of every address"
    for reply in made:
        assert finished(exports, reply["requestid"])["status"] == "0"
    assert request(exports, sets[11], "11@localhost")["status"] == 2


def test_requests_expire_and_are_forgotten(exports):
    name = request(exports)["requestid"]
    finished(exports, name)
    exports.clock.now += 86401
    assert request(exports)["requestid"] != name, "after a day the same request is a new one"
    exports.clock.now += 7 * 86400
    assert exports.answer({"op": "exp_status", "requestid": name})["status"] == 5
    assert exports.answer({"op": "exp_status", "requestid": "JSOC_20000101_001"})["status"] == 6
    assert exports.answer({"op": "exp_status", "requestid": "../../etc"})["status"] == 6


def test_requests_outlive_the_server(exports, root):
    name = request(exports)["requestid"]
    finished(exports, name)
    again = Exports(exports.catalogue, root / "exports", exports.clock)
    assert again.answer({"op": "exp_status", "requestid": name})["status"] == "0"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"who": "notregistered@example.com"}, 4),
        ({"who": "nobody"}, 4),
        ({"ds": "aia.lev1_euv_12s[2013-01-01]"}, 4),
        ({"ds": "aia.nothing[1]"}, 4),
        ({"protocol": "mpg"}, 4),
        ({"method": "ftp"}, 4),
    ],
)
def test_refused_requests(exports, changed, status):
    assert request(exports, **changed)["status"] == status


def test_large_and_off_line_requests(root):
    entry = root / "frames" / "171" / "20140101T000001" / "record.json"
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "online": False}))
    (root / "archive.json").write_text(json.dumps({"limits": {"gigabytes": -1}}))
    with Archive(root) as archive:
        assert request(archive.exports)["status"] == 25
        assert request(archive.exports, "aia.lev1_euv_12s[2014-01-01T00:00:13Z][171]")["status"] == 3
        assert archive.exports.answer({"op": "exp_repeat"})["error"] == "Re-Export requests temporarily disabled."
        keys = unmodified(archive).query(ONE, key="*online*", seg="image")
        assert keys[1].image[0] == "NoDataDirectory"
