"""What light is good enough: bits, keywords, and what a configuration allows or refuses."""

from pathlib import Path

import pytest
import yaml
from astropy.io import fits

from helioreduce import quality
from helioreduce.errors import InputError
from helioreduce.quality import FLAWS, Policy

REFUSED = [name for name, flaw in FLAWS.items() if flaw.refused]
GOOD = {"QUALITY": 0, "IMG_TYPE": "LIGHT", "ACS_MODE": "SCIENCE", "ACS_ECLP": "NO", "ACS_SUNP": "YES", "ACS_SAFE": "NO",
        "AISTATE": "CLOSED", "PERCENTD": 100.0}  # fmt: skip


def test_a_good_frame_has_no_flaw():
    assert quality.flaws(GOOD) == {}
    assert quality.objections(GOOD) == quality.objections({}) == {}


@pytest.mark.parametrize("name", FLAWS)
def test_every_bit_is_named_however_it_is_written(name):
    bit, meaning = FLAWS[name].bit, FLAWS[name].meaning
    signed = (1 << bit) - (2**32 if bit == 31 else 0)
    for word in (f"0x{1 << bit:08x}", str(signed), signed):
        assert quality.flaws({**GOOD, "QUALITY": word}) == {name: f"QUALITY bit {bit}: {meaning}"}


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_refuses_unless_allowed_and_allows_unless_refused(name):
    frame = {**GOOD, "QUALITY": 1 << FLAWS[name].bit}
    assert bool(quality.objections(frame)) == FLAWS[name].refused
    assert quality.objections(frame, Policy(refuse=[name]))
    assert bool(quality.objections(frame, Policy(allow=[name]))) == (name == "no_image")
    assert bool(quality.allowed(frame, Policy(allow=[name]))) == FLAWS[name].refused


def test_a_cure_is_one():
    """What is allowed admits the frame; for a frame without an image there is nothing to be set."""
    assert quality.cure(["dark", "focus"]) == "Leave the frame out, or set aia.quality.allow: [dark, focus]"
    assert quality.cure(["lunar_transit"]) == "Leave the frame out, or take lunar_transit out of aia.quality.refuse"
    assert quality.cure(["dark", "no_image"]) == "Leave the frame out"


@pytest.mark.parametrize(
    ("keyword", "value", "name"),
    [
        ("IMG_TYPE", "DARK", "dark"),
        ("ACS_ECLP", "YES", "eclipse"),
        ("ACS_MODE", "CALIBRATION", "not_science_mode"),
        ("ACS_SUNP", "NO", "no_sun"),
        ("ACS_SAFE", "YES", "safe_mode"),
        ("AISTATE", "OPEN", "open_loop"),
        ("PERCENTD", 50.0, "missing_25_percent"),
        ("PERCENTD", "50.00", "missing_25_percent"),
    ],
)
def test_keywords_say_what_a_stale_quality_does_not(keyword, value, name):
    frame = {**GOOD, keyword: value}
    assert list(quality.flaws(frame)) == [name]
    assert f"{keyword} = {value}" in quality.words(quality.objections(frame))
    assert quality.objections(frame, Policy(allow=["focus"])), "another flaw is allowed"
    assert quality.allowed(frame, Policy(allow=[name])) == quality.flaws(frame)
    assert quality.cure(quality.flaws(frame)).endswith(f"aia.quality.allow: [{name}]")


def test_lost_pixels_are_counted_where_no_percentage_is_reported():
    frame = fits.Header({"NAXIS1": 4096, "NAXIS2": 4096, "TOTVALS": 4096**2, "MISSVALS": 4096**2 // 2})
    assert quality.flaws(frame) == {"missing_25_percent": "MISSVALS = 8388608: more than 25 % of pixels missing"}
    frame["NAXIS1"] = 769  # a cut-out's MISSVALS counts what was not asked for
    assert quality.flaws(frame) == {}


@pytest.mark.parametrize("missing", ["MISSING", "", -(2**31)])
def test_quality_without_a_value_means_no_image(missing):
    assert quality.objections({"QUALITY": missing}) == {"no_image": "QUALITY bit 31: no image"}
    assert not quality.objections({"QUALITY": "0x00000100"})


@pytest.mark.parametrize("missing", ["MISSING", "nan", "", -(2**31)])
def test_other_keywords_without_a_value_say_nothing(missing):
    assert quality.flaws({name: missing for name in GOOD if name != "QUALITY"}) == {}


def test_a_word_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="QUALITY = 'good' is not a number"):
        quality.objections({"QUALITY": "good"})


def test_a_configuration_may_name_every_flaw_but_that_there_is_no_image():
    schema = yaml.safe_load((Path(__file__).parents[1] / "workflow/schemas/config.schema.yaml").read_text())
    keys = schema["properties"]["aia"]["properties"]["quality"]["properties"]
    assert keys["allow"]["items"]["enum"] == [name for name in REFUSED if name != "no_image"]
    assert keys["refuse"]["items"]["enum"] == [name for name in FLAWS if name not in REFUSED]
