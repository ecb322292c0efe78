"""What a run does to the archive, read from the archive's own log: connections, pending exports, one fetch of each file."""

from __future__ import annotations

import pytest
from external import settings

pytestmark = pytest.mark.full

SLOW = {
    "faults": [{"kind": "late", "match": "jsoc_info|/SUM", "times": 999, "seconds": 0.5}],
    "limits": {"staging_s": 2.0},
}


def most(requests, what):
    """Largest number of a kind in the log."""
    return max(request.get(what, 0) for request in requests)


@pytest.mark.parametrize(("method", "connections"), [("url_quick", 1), ("url_quick", 2), ("url", 1), ("url", 2)])
@pytest.mark.parametrize("batch", [0, 2], ids=["single steps", "chunks"])
def test_eight_cores_keep_the_limits(serve, project, method, connections, batch):
    """Two channels, two frames, all tables: never more than the configured connections, never two exports pending."""
    served = serve(**SLOW)
    one = project("one")
    one.configure(**settings(served.url, jsoc={"method": method, "connections": connections}, aia={"batch": batch}))
    one.run("offline", cores=8)
    requests = served.requests()
    assert most(requests, "open") == connections
    exports = [request for request in requests if request["query"].get("op") == "exp_request"]
    assert len(exports) == (2 if method == "url" else 0) and most(requests, "pending") == min(1, len(exports))
    files = [request["path"] for request in requests if request["path"].startswith("/SUM")]
    assert len(files) == len(set(files)) == 4
    assert {"master_pointing3h", "response"} <= {request["query"].get("ds", "").partition("[")[0][4:] for request in requests}


def test_the_limit_holds_where_snakemake_does_not_count(serve, project):
    """As in another workflow, or with resources of the command line in place of the profile's: locks keep it."""
    served = serve(**SLOW)
    one = project("one")
    one.configure(**settings(served.url))
    one.run("offline", "--resources", "gpu=4", cores=8)
    assert most(served.requests(), "open") == 1
