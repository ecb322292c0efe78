"""What does not fit the schema is said by key, value and nearest key; defaults are filled in, null empties a mapping."""

import pytest
import yaml
from configuration import configuration
from jsonschema import Draft202012Validator

from helioreduce.errors import InputError
from helioreduce.plan import schema, settings

SCHEMA = yaml.safe_load(settings.SCHEMA.read_text())


def test_the_schema_is_one_and_its_defaults_fit():
    Draft202012Validator.check_schema(SCHEMA)
    assert settings.validated({}) == configuration()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"aia": {"chanels": [171]}}, "aia.chanels: there is no such key. The nearest is aia.channels"),
        ({"channels": [171]}, "channels: there is no such key. It is aia.channels"),
        ({"jsoc": {"colour": 1}}, "jsoc.colour: there is no such key. Those of jsoc: email, url"),
        (
            {"archive": {"events": {"flair": []}}},
            "archive.events.flair: there is no such key. The nearest is archive.events.flare",
        ),
        ({"aia": {"device": "tpu"}}, "aia.device is 'tpu': not one of auto, cpu, gpu; the nearest is gpu"),
        ({"aia": {"channels": [172]}}, r"aia.channels\[0\] is 172: not one of 94, .*; the nearest is 171"),
        ({"aia": {"batch": "many"}}, "aia.batch is 'many': not auto, 0 or a number of images"),
        ({"aia": {"error": {"eve": True, "preflight": True}}}, "aia.error is .*: preflight and eve exclude each other"),
        ({"aia": {"deconvolve": {"redraws": 1}}}, "redraws is 1: 0 or at least 2"),
        ({"cosmic_rays": {"combine": [{"name": "a", "kind": "bias"}]}}, r"cosmic_rays.combine\[0\]: 'files' is missing"),
        ({"spice": {"binning": {"extents": [1, 2]}}}, r"spice.binning.extents\[1\] is 2: not odd"),
        ({"spice": {"area": [[0, 1]]}}, "spice.area is .*: not both of rows and columns"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(config, message):
    with pytest.raises(InputError, match=message) as caught:
        settings.validated(config)
    assert len(str(caught.value)) < 400


def test_many_faults_are_counted():
    with pytest.raises(InputError, match=r"(?s)a: .*\n  b: .*\n  c: .*\n  and 2 more$"):
        settings.validated(dict.fromkeys("abcde", 1))


def test_null_empties_a_mapping():
    found = settings.validated(
        {"spice": {"model": {"fixed": None}, "binning": {"thresholds": None}}, "archive": {"events": None}}
    )
    assert found["spice"]["model"]["fixed"] == found["archive"]["events"] == {}
    assert set(found["spice"]["binning"]["thresholds"].values()) == {None}


def test_every_key_is_named_once():
    names = [name for name, _ in schema.keys(SCHEMA)]
    assert len(names) == len(set(names)) > 120 and {"source", "aia.deconvolve.iterations"} <= set(names)
