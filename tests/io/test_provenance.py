"""Processing records: every step of every instrument has a card of its own."""

import ast
from pathlib import Path

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce.io import ecsv, fits, provenance

SCRIPTS = Path(__file__).parents[2] / "scripts"


def steps():
    """Every step name that a script or module writes into a header, as text."""
    found = set()
    for file in SCRIPTS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            name = ast.unparse(node.func).removeprefix("provenance.") if isinstance(node, ast.Call) else ""
            if name in ("record", "refuse_twice") and isinstance(node.args[1], ast.Constant):
                found.add(node.args[1].value)
    return found


def test_no_two_steps_share_a_card():
    names = steps()
    assert {"respike", "deconvolve", "esis_level1", "esis_align", "esis_level3", "fit"} <= names
    cards = {name: provenance.card(name) for name in names}
    assert len(set(cards.values())) == len(cards), cards
    assert all(len(card) <= 8 and card == card.upper() for card in cards.values())


@pytest.mark.parametrize(
    ("step", "card"), [("deconvolve", "DECONVOL"), ("esis_level1", "ESIS_L1"), ("esis_level3", "ESIS_L3"), ("fit", "FIT")]
)
def test_a_card_is_the_first_eight_letters_or_has_its_own_name(step, card):
    header = Header()
    provenance.record(header, step)
    assert header[card] == provenance.COMPLETE


def test_the_digest_of_a_file_is_that_of_its_content_whenever_it_was_written(tmp_path, monkeypatch):
    written = {}
    for name, second, value in (("first", 1, 7.0), ("again", 2, 7.0), ("other", 1, 8.0)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(second))
        fits.write_arrays(tmp_path / "same.fits", {"SPIKES": np.full((3, 2), value)}, fits.cards(VERIFIED="spikes"))
        written[name] = (tmp_path / "same.fits").read_bytes(), provenance.undated(tmp_path / "same.fits")
    (first, one), (again, two), (_, other) = written.values()
    assert first != again and one == two != other


def test_a_table_that_was_asked_for_again_is_the_same(tmp_path):
    def table(queried, value):
        ecsv.write(tmp_path / "table.ecsv", [{"T_START": "2014-01-01T00:00:00Z", "A_171_X0": value}], {"queried": queried})
        return provenance.undated(tmp_path / "table.ecsv")

    january, february = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
    first, again, other = table(january, "31.6"), table(february, "31.6"), table(january, "31.7")
    assert first == again != other
