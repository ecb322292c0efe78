"""One request has one spelling."""

from hypothesis import given
from hypothesis import strategies as st

from helioreduce.plan import settings

SCHEMA = {
    "properties": {
        "tolerance": {"type": "number", "default": 0},
        "frames": {"type": "integer", "default": 2},
        "limit": {"type": ["number", "null"], "default": None},
        "rates": {"type": "array", "items": {"type": "number"}},
        "events": {"additionalProperties": {"type": "number"}},
    }
}


def spelled(value):
    return repr(settings.canonical(value, SCHEMA))


def test_keys_are_in_order_and_numbers_have_one_spelling():
    assert spelled({"tolerance": 0.0, "frames": 3}) == spelled({"frames": 3, "tolerance": 0}) == "{'frames': 3, 'tolerance': 0}"
    assert spelled({"tolerance": 4}) == spelled({"tolerance": 4.0}) == "{'tolerance': 4.0}"
    assert spelled({"limit": 1, "rates": [1, 2.5], "events": {"b": 1, "a": 2}}) == (
        "{'events': {'a': 2.0, 'b': 1.0}, 'limit': 1.0, 'rates': [1.0, 2.5]}"
    )


@given(st.dictionaries(st.sampled_from(["tolerance", "limit"]), st.integers(-5, 5) | st.floats(-5, 5)))
def test_the_value_stays_and_a_second_time_changes_nothing(config):
    once = settings.canonical(config, SCHEMA)
    assert once == config
    assert repr(settings.canonical(once, SCHEMA)) == repr(once)


def test_text_of_the_command_line_is_read_as_yaml():
    assert settings.plain({"npix": "256", "on": "true", "none": "null", "date": "2014-01-01T00:00:00", "list": ["1.5"]}) == {
        "npix": 256,
        "on": True,
        "none": None,
        "date": "2014-01-01T00:00:00",
        "list": [1.5],
    }


def test_text_stays_text_where_the_schema_has_text():
    """A folder 2022_04 is not 202204, a part of a name 017 not 15, a job called on not true; a number in quotes is a number."""
    combine = [{"name": "on", "kind": "dark", "files": ["0x1f", "1_0"], "extension": "1", "sigma": "4"}]
    filters = {"name": ["017", "20220402"], "study": "1_0", "stp": "194", "soop": "null"}
    given = {"cosmic_rays": {"combine": combine}, "spice": {"folder": "2022_04", "filters": filters}}
    found = settings.validated(given)
    own = found["cosmic_rays"]["combine"][0]
    assert (own["name"], own["files"], own["extension"], own["sigma"]) == ("on", ["0x1f", "1_0"], 1, 4.0)
    assert found["spice"]["folder"] == "2022_04"
    assert found["spice"]["filters"] == {
        "name": ["017", "20220402"],
        "study": "1_0",
        "stp": 194,
        "soop": None,
        "misostud": None,
    }


def test_a_day_that_no_calendar_has_stays_text():
    """It is refused by its name where it is read as a time."""
    assert settings.plain({"start": "2014-02-30"}) == {"start": "2014-02-30"}
