"""A recorded run is one's own JSOC: its folder gives the whole run again, tables and all, with no other source."""

from __future__ import annotations

import pytest
from external import Server, settings

pytestmark = pytest.mark.full


def test_a_recorded_folder_replays_the_whole_run(served, project, tmp_path):
    first, second, copy = project("recorded"), project("replayed"), tmp_path / "copy"
    first.configure(**settings(served.url, aia={"channels": [1600], "batch": 2}, jsoc={"record": str(copy)}))
    first.run()
    served.process.kill()
    served.process.wait()
    assert {path.name for path in copy.rglob("*.json")} >= {"aia.master_pointing3h.json", "aia.response.json", "error.json"}
    with Server(copy, tmp_path / "replay.jsonl") as replay:
        second.configure(**settings(replay.url, aia={"channels": [1600], "batch": 2}))
        second.run()
        assert {request["path"] for request in replay.requests()} >= {"/solarsoft/error.json", "/cgi-bin/ajax/jsoc_info"}
    assert second.products() == first.products()
    assert {name.split("/")[2] for name in first.products()} == {"level1", "normalised", "quicklook", "missing.tsv"}
