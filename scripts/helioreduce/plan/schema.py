"""The schema of the configuration: its defaults filled in, and what does not fit said by key, value and nearest key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import yaml

from helioreduce import times
from helioreduce.errors import InputError, counted

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

#: Faults of one configuration that are listed.
_LISTED = 3
_KINDS = {"null": "null", "boolean": "true or false", "integer": "an integer", "number": "a finite number", "string": "text"}
_KINDS |= {"array": "a list", "object": "a mapping of keys"}
#: What the rules of a schema ask for.
_RULES = {"minimum": "be {} or more", "maximum": "be {} or less", "exclusiveMinimum": "be above {}", "const": "be {}"}
_RULES |= {"exclusiveMaximum": "be below {}", "multipleOf": "be a multiple of {}", "minLength": "not be empty"}
_RULES |= {"minItems": "have {} or more", "maxItems": "have {} or fewer", "uniqueItems": "have no entry twice"}


def filled(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a configuration with the schema's defaults; null in place of a mapping empties it."""
    if value is None and schema.get("type") == "object":
        value = {}
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        given = {key: deepcopy(entry["default"]) for key, entry in known.items() if "default" in entry} | dict(value)
        others = others if isinstance(others, Mapping) else {}
        return {key: filled(entry, known.get(key, others)) for key, entry in given.items()}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [filled(entry, items if isinstance(items, Mapping) else {}) for entry in value]
    return value


def check(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Refuse a configuration that does not fit the schema.

    Raises
    ------
    InputError
        With key, value and what is allowed, for the first faults; the nearest key for one that does not exist.
    """
    from jsonschema import Draft202012Validator, FormatChecker, validators

    formats = FormatChecker(())
    formats.checks("utc", InputError)(lambda value: not isinstance(value, str) or bool(times.parse(value)))
    own = Draft202012Validator.TYPE_CHECKER
    finite = own.redefine(  # NaN is above and below every limit
        "number", lambda _, value: own.is_type(value, "number") and math.isfinite(value)
    )
    validator = validators.extend(Draft202012Validator, type_checker=finite)(schema, format_checker=formats)
    errors = sorted(validator.iter_errors(config), key=lambda error: [*map(str, error.absolute_path)])
    faults = list(dict.fromkeys(fault for error in errors for fault in _faults(error, validator)))
    if faults:
        more = [f"and {len(faults) - _LISTED} more"] if len(faults) > _LISTED else []
        raise InputError("\n  ".join([*faults[:_LISTED], *more]))


def keys(schema: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every key of the schema in dotted form, sections included, with what the schema says of it."""
    for name, entry in schema.get("properties", {}).items():
        yield f"{above}{name}", entry
        yield from keys(entry, f"{above}{name}.")


def _faults(error: ValidationError, validator: Validator) -> Iterator[str]:
    """Yield what a fault is, for a reader."""
    place, value = _dotted(error.absolute_path), error.instance
    if error.validator == "additionalProperties":
        siblings = list(error.schema.get("properties", {}))
        for key in (key for key in value if key not in siblings):
            yield _unknown(place, str(key), siblings, validator.schema)
    elif "propertyNames" in error.absolute_schema_path:
        yield _unknown(place, str(value), error.validator_value, validator.schema)
    elif error.validator == "required":
        yield f"{place}: {error.message.replace(' is a required property', ' is missing')}"
    elif error.validator == "format":
        yield f"{place}: {error.cause}"
    else:
        about = error.schema.get("description", "") if error.validator != "enum" else ""
        yield f"{place} is {_written(value)}: {_wanted(error)}{_meant(error, validator)}{f' ({about})' if about else ''}"


def _unknown(place: str, key: str, siblings: Iterable[str], schema: Mapping[str, Any]) -> str:
    """Return that a key does not exist, with the nearest one beside it, or else of the whole schema."""
    prefix, siblings = f"{place}." if place else "", list(siblings)
    if near := difflib.get_close_matches(key, siblings, 1):
        return f"{prefix}{key}: there is no such key. The nearest is {prefix}{near[0]}"
    elsewhere = [path for path, _ in keys(schema) if path.rpartition(".")[2] == key]
    if elsewhere:
        return f"{prefix}{key}: there is no such key. It is {' or '.join(elsewhere)}"
    return f"{prefix}{key}: there is no such key. Those of {place or 'the configuration'}: {', '.join(siblings)}"


def _wanted(error: ValidationError) -> str:
    """Return what a value should be."""
    rule, wanted = error.validator, error.validator_value
    if rule == "type":
        return f"not {' or '.join(_KINDS[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted))}"
    if rule == "enum":
        words = [one if isinstance(one, str) else _written(one) for one in wanted]
        near = difflib.get_close_matches(str(error.instance), words, 1)
        return f"not one of {', '.join(words)}{f'; the nearest is {near[0]}' if near else ''}"
    if rule in ("not", "anyOf", "pattern"):
        return str(error.schema["$comment"])
    if rule in ("minItems", "maxItems"):
        same = error.schema.get("minItems") == error.schema.get("maxItems")
        return f"it must {'have {}' if same else _RULES[rule]}".format(counted(wanted, "entry", "entries"))
    return f"it must {_RULES[str(rule)].format(_written(wanted))}"


def _meant(error: ValidationError, validator: Validator) -> str:
    """Return how to write what was meant, where that fits: a number such as 1e-3, which is text to YAML; a text of digits; a
    list of one.
    """
    if error.validator not in ("type", "anyOf"):
        return ""
    value, fits = error.instance, validator.evolve(schema=error.schema).is_valid
    with suppress(ValueError):
        number = float(value) if isinstance(value, str) else math.nan
        number = int(number) if number.is_integer() else number
        if fits(number):
            return f"; to YAML this is text, write {_written(number)}"
    if isinstance(value, bool | int | float) and fits(str(value)):
        return "; put it in quotes"
    return f"; write {_written([value])}" if fits([value]) and "string" not in error.validator_value else ""


def _written(value: Any) -> str:
    """Return a value as YAML has it; text in quotes."""
    if isinstance(value, str):
        return repr(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _dotted(path: Iterable[str | int]) -> str:
    """Return the place of a value, ``cosmic_rays.clean[0].gain``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
