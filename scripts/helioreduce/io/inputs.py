"""What the inputs of a job say of their origin: that they are simulated, or were calibrated by stand-in tables."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from helioreduce.errors import InputError
from helioreduce.io import hdus
from helioreduce.io.origin import WORDS
from helioreduce.io.provenance import caveats, is_simulated

_FITS = tuple(f".{form}{packed}" for form in ("fits", "fit", "fts") for packed in ("", ".gz"))


def origins(files: Iterable[str | Path]) -> list[str]:
    """Return what files say of their origin, each text once; a file that cannot be read is left to whoever needs it."""
    texts: list[str] = []
    for file in map(Path, files):
        with suppress(InputError, OSError, UnicodeDecodeError):
            texts += _by_fits(file) if file.name.lower().endswith(_FITS) else _by_table(file)
    return list(dict.fromkeys(texts))


def _by_fits(file: Path) -> list[str]:
    with hdus.opened(file, checksum=False, raw=True) as found:
        headers = [hdu.header for hdu in found[:2]]
        if any(is_simulated(header) for header in headers):
            return [WORDS]
        return [text for header in headers for text in caveats(header) if "stand-in" in text]


def _by_table(file: Path) -> list[str]:
    if file.suffix != ".ecsv":
        return []
    with open(file, encoding="utf-8") as lines:
        return [WORDS] if any(WORDS in line for line in takewhile(lambda line: line[:1] == "#", lines)) else []
