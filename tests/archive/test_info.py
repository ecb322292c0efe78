"""Replies to queries, against recorded ones."""

from __future__ import annotations

import json

import pytest

from helioreduce.archive import info
from helioreduce.archive.catalogue import Catalogue

EUV = "aia.lev1_euv_12s"


@pytest.mark.parametrize("name", ["2014-01-01_304", "2020-01-01_all_channels"])
def test_a_recorded_reply_is_answered_again_to_the_letter(real, tmp_path, name):
    recorded = json.loads((real / f"jsoc/rs_list_lev1_euv_{name}.json").read_text())
    columns = {column["name"]: column["values"] for column in recorded["keywords"]}
    rows = [
        {"recnum": i, "online": False, "keywords": {key: values[i] for key, values in columns.items()}}
        for i in range(recorded["count"])
    ]
    (tmp_path / "recorded.json").write_text(json.dumps({"series": EUV, "records": rows}))
    held = Catalogue(tmp_path)
    held.refresh()
    keys = "**ALL**" if len(columns) == 178 else ",".join(columns)  # in 2014 the series had no alias DATE-OBS
    query = {"op": "rs_list", "ds": EUV, "key": keys, "R": "1" if "recinfo" in recorded else "0"}
    reply = info.jsoc_info(held, {**query, "seg": "", "link": ""})
    assert list(reply) == list(recorded)
    assert {**reply, "runtime": 0} == {**recorded, "runtime": 0}


def test_an_empty_reply_has_the_keys_of_the_recorded_one(real, catalogue):
    recorded = json.loads((real / "jsoc/rs_list_lev1_euv_2020-01-01_empty.json").read_text())
    reply = info.jsoc_info(catalogue, {"op": "rs_list", "ds": f"{EUV}[2020-01-01]", "key": "T_REC"})
    assert list(reply) == list(recorded) and reply["count"] == 0 and reply["status"] == 0


def test_the_series_is_described_as_recorded(real, catalogue):
    recorded = json.loads((real / "jsoc/series_struct_lev1_euv_12s.json").read_text())
    reply = info.jsoc_info(catalogue, {"op": "series_struct", "ds": EUV})
    assert set(reply) == set(recorded)

    def plain(struct):
        return [{key: value for key, value in entry.items() if key != "note"} for entry in struct["keywords"]]

    assert plain(reply) == plain(recorded)
    assert [set(entry) for entry in reply["segments"]] == [set(entry) for entry in recorded["segments"]]
    for key in ("primekeys", "primekeysinfo", "dbindex", "retention", "unitsize", "status"):
        assert reply[key] == recorded[key]
    assert set(reply["Interval"]) == set(recorded["Interval"])
