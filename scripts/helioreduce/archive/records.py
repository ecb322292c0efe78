"""Records of the archive on disk, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from helioreduce.io.atomic import replaced


def write(path: str | Path, content: Mapping[str, object]) -> None:
    """Write a record or a series."""
    with replaced(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def series(name: str, records: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the content of the file of a series: its name and all its records."""
    return {"series": name, "records": list(records)}
