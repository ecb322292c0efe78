"""The configuration as one canonical value: the same request is the same value, however it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
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
    whole = rules.filled(plain(config), schema)
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


def plain(value: Any) -> Any:
    """Return a configuration as YAML would read it.

    ``--config`` leaves numbers in nested values as text, and YAML makes dates of times.
    """
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, str):
        try:
            read = yaml.safe_load(value) if re.fullmatch(r"[\w.+-]+", value) else value
        except ValueError:  # a day that no calendar has: whoever reads it as a time says so
            return value
        return read if isinstance(read, bool | int | float | None) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


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
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        others = others if isinstance(others, Mapping) else {}
        return {key: canonical(value[key], properties.get(key, others)) for key in sorted(value)}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [canonical(entry, items if isinstance(items, Mapping) else {}) for entry in value]
    if "default" in schema and value == schema["default"]:
        return schema["default"]
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    kinds = schema.get("type", [])
    return float(value) if is_integer and "number" in ([kinds] if isinstance(kinds, str) else kinds) else value
