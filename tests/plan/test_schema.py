"""What does not fit the schema is said by key, value and nearest key; defaults are filled in, null empties a mapping."""

import math

import pytest
import yaml
from configuration import configuration
from jsonschema import Draft202012Validator

from helioreduce.errors import InputError
from helioreduce.plan import schema, settings

SCHEMA = yaml.safe_load(settings.SCHEMA.read_text())
COMBINED = {"name": "a", "kind": "bias", "files": "a.fits"}


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
        ({"aia": {"start": "2014-02-29"}}, "^aia.start: '2014-02-29' is not a time: there is no such day. Give one"),
        ({"aia": {"end": "2014-01-01T24:00:00"}}, "^aia.end: .* is not a time: no clock shows it. A day ends at 23:59:59"),
        ({"aia": {"times": ["2014-01-01", "x"]}}, r"^aia.times\[1\]: 'x' is not a time. Write it as"),
        ({"aia": {"cutout": {"time": "noon"}}}, "^aia.cutout.time: 'noon' is not a time. Write it as"),
        ({"aia": {"deconvolve": {"tolerance": "1e-3"}}}, "is '1e-3': not a finite number; to YAML this is text, write 0.001 "),
        ({"aia": {"deconvolve": {"tolerance": "1e-10"}}}, "to YAML this is text, write 1.0e-10 "),
        ({"aia": {"deconvolve": {"tolerance": "1e3"}}}, "is '1e3': not a finite number .rl: stop"),
        ({"aia": {"deconvolve": {"iterations": "2e1"}}}, "not an integer; to YAML this is text, write 20 "),
        ({"aia": {"batch": "1e1"}}, "not auto, 0 or a number of images; to YAML this is text, write 10 "),
        ({"aia": {"psf": {"wings": [{"kind": "power", "weight": "1e-3"}]}}}, r"wings\[0\].weight is '1e-3': .* write 0.001 "),
        ({"aia": {"channels": 171}}, r"aia.channels is 171: not a list; write \[171\] "),
        ({"spice": {"filters": {"study": 5}}}, r"is 5: not text or a list or null; put it in quotes \("),
        ({"cosmic_rays": {"combine": [COMBINED | {"name": 202401}]}}, r"name is 202401: not text; put it in quotes \("),
        ({"aia": {"start": 5}}, r"aia.start is 5: not text \("),
        ({"aia": {"channels": "x"}}, r"aia.channels is 'x': not a list \("),
        ({"aia": {"cutout": {"size": 500}}}, r"aia.cutout.size is 500: not a list \("),
        ({"aia": {"cutout": {"size": [500]}}}, r"aia.cutout.size is \[500\]: it must have 2 entries"),
        ({"aia": {"channels": []}}, r"aia.channels is \[\]: it must have 1 entry or more"),
        ({"aia": {"channels": [94, 94]}}, r"aia.channels is \[94, 94\]: it must have no entry twice"),
        ({"aia": {"cadence_s": 11.9}}, "aia.cadence_s is 11.9: it must be 12 or more"),
        ({"jsoc": {"timeout_s": 0}}, "jsoc.timeout_s is 0: it must be above 0"),
        ({"jsoc": {"url": "stanford"}}, "jsoc.url is 'stanford': not an address such as http"),
        ({"aia": {"start": None}}, "aia.start is null: not text"),
        ({"aia": {"where": ""}}, "aia.where is '': it must not be empty"),
        ({"aia": {"alignment": {"reference": 1}}}, "is 1: not one of 94, .*, 4500, null"),
        (
            {"aia": {"psf": {"model": "file"}}},
            r"aia.psf is {model: file, file: null, diffuse: 0, wings: \[\], side: 4096}: model file",
        ),
        ({"archive": {"npix": 101}}, "archive.npix is 101: it must be a multiple of 2"),
        ({"spice": {"binning": {"extents": [3]}}}, r"spice.binning.extents\[0\] is 3: it must be 1"),
        ({"cosmic_rays": {"combine": [COMBINED | {"noise": 1}]}}, r"noise is 1: it must be 0 \(deviation is not noise\)"),
        ({"cosmic_rays": {"combine": [COMBINED | {"name": "a b"}]}}, "name is 'a b': not of letters, digits, _ and - alone"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(config, message):
    with pytest.raises(InputError, match=message) as caught:
        settings.validated(config)
    assert len(str(caught.value)) < 400


def parts(entry):
    """Yield every part of the schema that says what a value is to be, conditions left out."""
    yield entry
    for word, inner in entry.items():
        below = inner.values() if word in ("properties", "$defs") else inner if word in ("anyOf", "prefixItems") else [inner]
        if word in ("properties", "$defs", "items", "additionalProperties", "anyOf", "prefixItems", "then", "else"):
            for part in below:
                yield from parts(part) if isinstance(part, dict) else ()


def test_each_rule_of_the_schema_has_words():
    """A rule without words of its own would end a run in a traceback; a comma that YAML reads would cut a description short."""
    said = {"type", "enum", "required", "properties", "additionalProperties", "propertyNames", "format", *schema._RULES}
    said |= {"items", "prefixItems", "then", "else", "if", "description", "default", "$ref", "$comment", "$schema", "$defs"}
    for part in parts(SCHEMA):
        explained = {"not", "anyOf", "pattern"} if "$comment" in part else set()
        if "type" in part or "properties" in part:
            assert set(part) <= said | explained, part


def numbers(entry, path=()):
    """Yield the place of every number of the schema, and a value that has it there."""
    entry = {**SCHEMA["$defs"][entry["$ref"].rpartition("/")[2]], **entry} if "$ref" in entry else entry
    if "number" in ([kinds] if isinstance(kinds := entry.get("type", []), str) else kinds):
        yield path
    more = entry.get("additionalProperties")
    for name, inner in {**entry.get("properties", {}), **({"any": more} if isinstance(more, dict) else {})}.items():
        yield from numbers(inner, (*path, name))
    if isinstance(entry.get("items"), dict):
        yield from numbers(entry["items"], (*path, 0))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_of_the_configuration_may_be_infinite_or_none(monkeypatch, value):
    monkeypatch.setattr(schema, "_LISTED", 99)
    places = list(numbers(SCHEMA))
    assert len(places) > 60 and {("jsoc", "nearest_s"), ("aia", "dem", "bands", 0)} <= set(places)
    for place in places:
        config = value
        for name in reversed(place):
            config = [config] if name == 0 else {name: config}
        with pytest.raises(InputError, match=r"is -?\.(nan|inf): not .*a finite number"):
            schema.check(config, SCHEMA)


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
