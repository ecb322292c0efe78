"""Records of the archive on disk: JSON, replaced in one step."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def write(path: str | Path, content: Mapping[str, object]) -> None:
    """Write a record or a series under a temporary name and rename it: a reader never sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def series(name: str, records: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """All records of one series that the archive holds."""
    return {"series": name, "records": list(records)}
