"""The configuration as one canonical value: the same request is the same value, however it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from helioreduce.errors import InputError
from helioreduce.plan import schema as rules
from helioreduce.plan.paths import REPOSITORY

SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"


def validated(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with the schema's defaults, as the one canonical value of its request.

    Raises
    ------
    InputError
        If it does not fit the schema.
    """
    schema = _schema()
    whole = rules.filled(plain(config, schema), schema)
    rules.check(whole, schema)
    found: dict[str, Any] = canonical(whole, schema)
    return found


def changed(config: Mapping[str, Any], *section: str) -> Iterator[str]:
    """Yield the keys of a section whose values are not the defaults."""
    schema = _schema()
    for name in section:
        config, schema = config[name], schema["properties"][name]
    yield from (key for key, entry in schema["properties"].items() if config[key] != entry["default"])


@cache
def _schema() -> dict[str, Any]:
    """Return the schema of the configuration."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # six times as fast, in C
    found: dict[str, Any] = yaml.load(SCHEMA.read_text(), Loader=loader)
    return found


def check_boxes(aia: Mapping[str, Any]) -> None:
    """Refuse regions whose sides stand in the wrong order."""
    for section in ("light_curves", "figures"):
        box = aia[section]["box"]
        if box and not (box[0] < box[2] and box[1] < box[3]):
            raise InputError(f"aia.{section}.box is {list(box)}", cure="Give left, bottom, right, top, in arcsec")


def plain(value: Any, schema: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Return a configuration as YAML would read it.

    ``--config`` leaves numbers in nested values as text, and YAML makes dates of times. What the schema has as text stays text:
    in quotes a folder may be called ``2022_04``, and a part of a name ``017``, which to YAML are 202204 and 15.
    """
    if isinstance(value, Mapping):
        properties, others = _within(schema)
        return {key: plain(entry, properties.get(key, others)) for key, entry in value.items()}
    if isinstance(value, list):
        kinds = [kind for kind in _kinds(schema) if kind != "array"]
        return [plain(entry, schema.get("items") or {"type": kinds}) for entry in value]
    if isinstance(value, str):
        try:
            read = yaml.safe_load(value) if re.fullmatch(r"[\w.+-]+", value) else value
        except ValueError:  # a day that no calendar has: whoever reads it as a time says so
            return value
        return read if isinstance(read, bool | int | float | None) and not _is_text(read, schema) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def _is_text(read: bool | float | None, schema: Mapping[str, Any]) -> bool:
    """Return whether a value that YAML would read from a text stays text: the schema allows that, and not what was read."""
    kinds = _kinds(schema)
    own = {bool: ["boolean"], int: ["integer", "number"], float: ["number"], type(None): ["null"]}[type(read)]
    return "string" in kinds and not any(kind in kinds for kind in own)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows; empty where it does not list them."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _within(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the schemas of a mapping's keys, and that of all others."""
    others = schema.get("additionalProperties", {})
    return schema.get("properties", {}), others if isinstance(others, Mapping) else {}


def canonical(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a validated configuration with keys in order and each number in one spelling.

    Snakemake compares parameters by their spelling: ``{b: 1, a: 2}`` and ``{a: 2, b: 1}``, 0 and 0.0 would be two
    requests, and products would be made again for nothing. A number equal to its default is spelled as the default;
    any other is a float where the schema says ``number``.

    Parameters
    ----------
    value
        A configuration that fits ``schema``, its defaults filled in.
    schema
        JSON schema of the configuration.
    """
    if isinstance(value, Mapping):
        properties, others = _within(schema)
        return {key: canonical(value[key], properties.get(key, others)) for key in sorted(value)}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [canonical(entry, items if isinstance(items, Mapping) else {}) for entry in value]
    if "default" in schema and value == schema["default"]:
        return schema["default"]
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_integer and "number" in _kinds(schema) else value
