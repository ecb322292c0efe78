"""The series of AIA level 1, and DRMS's integers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helioreduce import series


def test_every_channel_has_a_series() -> None:
    assert set(series.LEVEL1) == set(series.CHANNELS) and len(series.CHANNELS) == 10
    assert all(one.name.endswith(("12s", "24s", "1h")) and 3600 % one.slot_s == 0 for one in series.LEVEL1.values())


@given(st.sampled_from(sorted(series.BITS.values())), st.data())
def test_integers_are_read_in_two_s_complement(bits: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    assert series.signed(str(number), bits) == number
    assert series.signed(f"0x{number % 2**bits:08x}", bits) == number


def test_keywords_have_unique_names_and_known_types() -> None:
    rows = series.level1_keywords()
    assert len({row["name"] for row in rows}) == len(rows) == 179
    assert {row["type"] for row in rows} <= {*series.BITS, *series.REALS, "time", "string"}
    assert series.FITS_NAMES.keys() - {row["name"] for row in rows} == {"T_REC_round"}
