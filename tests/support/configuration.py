"""Validated configurations: the schema's defaults, with what a test changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SCHEMA = yaml.safe_load((Path(__file__).parents[2] / "workflow/schemas/config.schema.yaml").read_text())


def defaults(schema: dict[str, Any]) -> Any:
    """The configuration that a schema's defaults are."""
    if "properties" in schema and isinstance(schema.get("default", {}), dict):
        return {key: defaults(value) for key, value in schema["properties"].items()} | schema.get("default", {})
    return schema.get("default")


def configuration(**changed: Any) -> dict[str, Any]:
    """The default configuration with some keys of its sections, or whole entries, replaced."""
    whole = defaults(SCHEMA)
    for name, value in changed.items():
        whole[name] = {**whole[name], **value} if isinstance(value, dict) else value
    return whole
