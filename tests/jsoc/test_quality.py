"""The QUALITY word."""

from __future__ import annotations

import pytest
from jsoc_requests import ONE, edit

from helioreduce.jsoc import quality


@pytest.mark.parametrize("bit", sorted(quality.REJECTED))
def test_every_rejected_bit_is_named(bit):
    assert f"bit {bit}: {quality.BITS[bit]}" in quality.verdict(f"0x{1 << bit:08x}")
    assert quality.verdict(str((1 << bit) - (2**32 if bit == 31 else 0))), "signed decimals mean the same"


def test_quality_without_a_value_means_no_image():
    assert "no image" in quality.verdict("MISSING") and not quality.verdict("0x00000000") and not quality.verdict("0x00000100")


def test_near_real_time_is_never_mixed(client, root):
    edit(root, 171, "20140101T000001", keywords={"QUALITY": "0x40000000"})
    (record,) = client.records(ONE)
    assert quality.verdict(record.keywords["QUALITY"]) == "bit 30: near-real-time data"
    assert not quality.verdict(record.keywords["QUALITY"], allow_nrt=True)
