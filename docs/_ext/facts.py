"""Directives that print facts of the package, so that no page repeats them: steps, settings, flags.

``{fact-sheet} NAME`` is the fact sheet of a step, ``{table-of-steps}`` the table of all, ``{settings} SECTION`` the keys of
a section of the configuration, ``{flags}`` the flags of a pixel.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from helioreduce import image
from helioreduce.aia import steps

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/config.schema.yaml"


class _Table(SphinxDirective, ABC):
    """A directive that writes a Markdown table."""

    optional_arguments = 1
    final_argument_whitespace = True

    @abstractmethod
    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows, the head first."""

    def run(self) -> list[nodes.Node]:
        """Return the table, parsed."""
        head, *rows = self.table()
        lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
        return self.parse_text_to_nodes("\n".join(lines))


def _row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


class StepTable(_Table):
    """All steps of the chain, in order."""

    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield a row for each step."""
        yield "step", "function", "product in `results/aia`", "header card", "channels"
        for step in steps.STEPS:
            yield f"[{step.name}]({step.name}.md)", f"`aia.{step.function}`", f"`{step.folder}`", _card(step), _channels(step)


class FactSheet(_Table):
    """The fact sheet of one step."""

    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield a row for each fact."""
        step = steps.named(self.arguments[0])
        yield "rule, script", f"`aia_{step.name}`, `scripts/aia_{step.name}.py`"
        yield "function", f"`helioreduce.aia.{step.function}`"
        yield "product", f"`results/aia/{step.folder}/{{channel}}/{{time}}.fits`"
        yield "header card", _card(step)
        yield "needs beside the image", ", ".join(step.inputs).replace("_", " ") or "nothing"
        yield "channels", _channels(step) + (f"; in the others {step.elsewhere}" if step.elsewhere else "")


def _card(step: steps.Step) -> str:
    return f"`{step.name[:8].upper()}`"


def _channels(step: steps.Step) -> str:
    return "all" if step.channels == steps.CHANNELS else ", ".join(map(str, step.channels)) + " Å"


class Settings(_Table):
    """The keys of a section of the configuration: type or choices, default, meaning."""

    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield a row for each key."""
        found: Mapping[str, Any] = yaml.safe_load(SCHEMA.read_text())
        for name in filter(None, self.arguments[0].split(".")) if self.arguments else ():
            found = found["properties"][name]
        yield "key", "values", "default", "meaning"
        yield from _keys(found)


def _keys(section: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, ...]]:
    """Yield the keys of a section of the schema and of the sections in it."""
    for name, key in section.get("properties", {}).items():
        if "properties" in key:
            yield f"**`{above}{name}`**", "", "", key.get("description", "")
            yield from _keys(key, f"{above}{name}.")
        else:
            default = f"`{json.dumps(key['default'], ensure_ascii=False)}`" if "default" in key else "–"
            yield f"`{above}{name}`", _values(key), default, key.get("description", "")


def _values(key: Mapping[str, Any]) -> str:
    """Return the values that a key may have, in words."""
    if "enum" in key:
        return " · ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in key["enum"])
    kinds = key.get("type", "")
    words = " or ".join(kinds) if isinstance(kinds, list) else kinds
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {key[name]}" for name, sign in signs.items() if name in key]
    items = f" of {_values(key['items'])}" if "items" in key else ""
    return f"{words} {', '.join(limits)}".strip() + items


class Flags(_Table):
    """The flags of a pixel, and which of them MASK holds."""

    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield a row for each flag."""
        yield "bit", "name", "in `MASK`"
        for flag in image.Flag:
            yield str(flag.value), f"`{str(flag.name).lower()}`", "yes" if flag in image.MASKED else ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, directive in {"table-of-steps": StepTable, "fact-sheet": FactSheet, "settings": Settings, "flags": Flags}.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
