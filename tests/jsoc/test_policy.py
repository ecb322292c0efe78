"""Records that may be used."""

from __future__ import annotations

from jsoc_requests import ONE, edit

from helioreduce import quality
from helioreduce.jsoc import policy


def test_near_real_time_is_never_mixed(client, root):
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x40000000"})
    (record,) = client.records(ONE)
    assert policy.reason(record, [16], allow_nrt=False) == "QUALITY bit 30: near-real-time data"
    assert not policy.reason(record, [16], allow_nrt=True)
    assert quality.objections(record.keywords) == policy.reason(record, [], allow_nrt=False)
