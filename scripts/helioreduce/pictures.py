"""Figures on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: str | Path, *, dpi: int = 120) -> None:
    """Write a PNG that holds no time of writing, to a temporary name and then renamed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    figure.savefig(temporary, dpi=dpi, format="png", metadata={"Software": None})
    temporary.replace(path)
