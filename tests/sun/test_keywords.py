"""Keywords and headers against real replies and files."""

from __future__ import annotations

import csv
import json

from helioreduce.series import MISSING
from helioreduce.sun import keywords
from helioreduce.sun.frame import Frame


def test_record_has_the_keywords_of_real_replies(real, frames: dict[int, Frame]) -> None:
    """Same names in the same order as JSOC's reply; texts of the same form."""
    reply = json.loads((real / "jsoc/rs_list_lev1_euv_2020-01-01_all_channels.json").read_text())
    recorded = {entry["name"]: entry["values"] for entry in reply["keywords"]}
    texts = frames[94].keywords
    assert list(texts) == list(recorded)
    for name, values in recorded.items():
        forms = {form(value) for value in values}
        assert form(texts[name]) in forms, (name, texts[name], values)


def form(text: str) -> str:
    """Shape of a printed value: integer, hexadecimal, number with its decimals, time with its decimals, or text."""
    whole, _, decimals = text.rstrip("Z").partition(".")
    if text.startswith("0x"):
        return f"hex {len(text)}"
    if text.endswith("Z"):
        return f"time {len(decimals)}"
    if whole.lstrip("-").isdigit():
        return f"number {len(decimals)}"
    return text if text == MISSING else "text"


def test_stored_header_has_the_keywords_of_level_1(real, frames: dict[int, Frame]) -> None:
    """All 178 names of the list, with values of the same type as the real example."""
    with open(real / "jsoc/aia_lev1_keywords.csv") as file:
        listed = {row["fits"]: row for row in csv.DictReader(file)}
    header = frames[171].header
    assert set(listed) <= set(header)
    for name, row in listed.items():
        kind = {"int": int, "double": float, "float": float}.get(row["type"], str)
        assert isinstance(header[name], kind) or header[name] == "nan", name


def test_header_modes(frames: dict[int, Frame]) -> None:
    """``stale`` differs from the record in the cards that JSOC corrected, ``bare`` holds none."""
    frame = frames[171]
    stale = keywords.stored_header(frame.keywords, frame.facts, "stale")
    changed = {name for name in stale if stale[name] != frame.header[name]}
    assert changed == {"INST_ROT", "CROTA2", "CDELT1", "CDELT2", "IMSCL_MP", "MPO_REC", "DN_GAIN", "EFF_AREA", "DATE"}
    assert len(keywords.stored_header(frame.keywords, frame.facts, "bare")) == 0
