"""Fixtures of the archive's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from helioreduce.archive.catalogue import Catalogue


@pytest.fixture
def catalogue(root: Path) -> Catalogue:
    """The catalogue of the small archive."""
    held = Catalogue(root)
    held.refresh()
    return held
