"""The line catalogue: lines by name and place, SAFFRON's JSON, names of ions."""

import json

import pytest

from helioreduce.errors import InputError
from helioreduce.spice import catalogue


def test_catalogue_add_remove_dump_round_trip():
    own = catalogue.built_in().add_line("n_5", 1238.82)
    assert own.find(1238.5).name == "n_5 1238.82"
    assert own.find(own.find("ne_8 770.42").id).name == "ne_8 770.42"
    assert catalogue.load(own.dump()) == own
    assert [line.name for line in own.within(770, 773)] == ["ne_8 770.42", "mg_8 772.31"]
    assert set(own.lines) - set(own.remove_line("ne_8 770.42").lines) == {own.find("ne_8 770.42")}
    with pytest.raises(InputError, match="no line 'x'"):
        own.find("x")
    with pytest.raises(InputError, match="already"):
        own.add_line("n_5", 1238.82)


def test_saffrons_catalogues_are_read_as_they_are():
    """By place and by ID, with its list of windows, its dump's stray comma and Ne VI twice under one name."""
    neon = '{"name": "Ne VI", "wvl": 1005.79}'
    known = '[{"lines": ["Ne VIII 770"], "max_line": "Ne VIII 770"}, {"lines": [1, 2], "max_line": 2}]'
    old = f'{{"LINES": [{{"name": "Ne VIII 770", "wvl": 770.42}}, {neon}, {neon}], "SPECTRAL_WINDOWS_CATALOGUE": {known}, }}'
    own = catalogue.load(old)
    assert [line.name for line in own.lines] == ["ne_8 770.42", "ne_6 1005.79"]
    new = {"LINES": [{"ID": 7, "name": "o_6", "wvl": 1031.93}], "SPECTRAL_WINDOWS_CATALOGUE": [{"lines": [7], "max_line": 7}]}
    assert catalogue.load(json.dumps(new)).find(7).ion == "o_6"
    with pytest.raises(InputError, match="is not a line catalogue"):
        catalogue.load('{"LINES": [{"name": "x"}]}')


@pytest.mark.parametrize(
    ("wrong", "near"), [("sx_12", "s_12"), ("si_15", "si_14"), ("h_2", "h_1"), ("h_0", "h_1"), ("fa_9", "f_9")]
)
def test_an_ion_that_does_not_exist_is_refused_with_the_nearest(wrong, near):
    """No element of that name, no electron left, or counted from 0."""
    with pytest.raises(InputError, match=f"there is no ion {wrong}. The nearest is .*, {near}$"):
        catalogue.check_ion(wrong)


def test_the_ions_of_the_built_in_catalogue_exist():
    for line in catalogue.built_in().lines:
        catalogue.check_ion(line.ion)
    catalogue.check_ion("fe_26")


@pytest.mark.parametrize(
    ("roman", "short"), [("Ne VIII", "ne_8"), ("Mg IX", "mg_9"), ("Fe XX", "fe_20"), ("O I", "o_1"), ("S IV", "s_4")]
)
def test_names_of_ions(roman, short):
    assert catalogue.ion(roman) == short
    assert catalogue.ion(f"{roman} 770.42") == short
    assert catalogue.spectroscopic(short) == roman
