"""Every value that the schema of the configuration offers, and the runs of the workflow that show what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.io import ecsv, fits

#: A path, a name or a time of the user's own.
TEXT = "text"
#: A key in dotted form, ``[]`` for an entry of a list, and one of its values.
Value = tuple[str, Any]


def offered(entry: Mapping[str, Any], key: str = "", shared: Mapping[str, Any] | None = None) -> Iterator[Value]:
    """Yield each enumeration value, each boolean, null, and :data:`TEXT` for each key that takes any text.

    A key whose names are an enumeration, as those of events, offers these names.
    """
    shared = entry.get("$defs", {}) if shared is None else shared
    if "$ref" in entry:
        entry = {**shared[entry["$ref"].rpartition("/")[2]], **entry}
    for name, below in entry.get("properties", {}).items():
        yield from offered(below, f"{key}.{name}".removeprefix("."), shared)
    yield from ((f"{key}.{name}", TEXT) for name in entry.get("propertyNames", {}).get("enum", []))
    yield from ((key, value) for value in entry.get("enum", []))
    if "const" in entry:
        yield key, entry["const"]
    kinds = entry.get("type", [])
    for kind in [] if "enum" in entry else [kinds] if isinstance(kinds, str) else kinds:
        yield from ((key, value) for value in {"boolean": (True, False), "null": (None,), "string": (TEXT,)}.get(kind, ()))
    for choice in entry.get("anyOf", []):
        yield from offered(choice, key, shared)
    if isinstance(entry.get("items"), Mapping):
        yield from offered(entry["items"], f"{key}[]", shared)


@dataclass
class Done:
    """A finished run: its folder, what it said, and the other finished runs by name."""

    folder: Path
    said: str
    run: Callable[[str], Done]

    def file(self, pattern: str) -> Path:
        """Return the only file in the results that fits a pattern."""
        (found,) = (self.folder / "results").glob(pattern)
        return found

    def has(self, pattern: str) -> bool:
        """Return whether there is a file in the results that fits a pattern."""
        return any((self.folder / "results").glob(pattern))

    def header(self, pattern: str) -> Any:
        """Return the header of an image."""
        return fits.read_header(self.file(pattern))

    def image(self, pattern: str) -> Any:
        """Return an image: data, sigma, flags, header."""
        return fits.read(self.file(pattern))

    def parameters(self, pattern: str, step: str) -> str:
        """Return what an image's header records of a step: parameters and reference."""
        header = self.header(pattern)
        n = next(key.removeprefix("PRSTEP") for key in header if key.startswith("PRSTEP") and header[key] == step)
        return f"{header[f'PRPARA{n}']}; {header.get(f'PRREF{n}', '')}"

    def table(self, pattern: str) -> Any:
        """Return the rows of a table and what it says of itself."""
        return ecsv.read(self.file(pattern))

    def planes(self, pattern: str) -> dict[str, np.ndarray]:
        """Return the planes of a file by name."""
        return {plane.name: plane.data for plane in fits.read_planes(self.file(pattern))}

    def differs(self, other: str, pattern: str) -> bool:
        """Return whether the data of an image are others than in another run."""
        return not np.array_equal(self.image(pattern).data, self.run(other).image(pattern).data, equal_nan=True)


Check = Callable[[Done], Any]


@dataclass(frozen=True)
class Run:
    """One run of the workflow.

    Parameters
    ----------
    config
        The user's configuration.
    targets
        What is asked for.
    shows
        What is true of the products because of a value.
    after
        Run whose finished folder this one starts with.
    files
        Writes the user's own files into the folder.
    fails
        Whether the run is to end with an error.
    served
        Whether an archive serves the frames of the run ``after``; its address takes the place of ``URL`` in the configuration.
    """

    config: Mapping[str, Any]
    targets: tuple[str, ...]
    shows: Mapping[Value, Check] = field(default_factory=dict)
    after: str | None = None
    files: Callable[[Path], None] | None = None
    fails: bool = False
    served: bool = False


def refused(*words: str) -> Check:
    """Return the check that a run ends with these words in its last lines, before any job."""
    return lambda done: all(word in " ".join(done.said.splitlines()[-6:]) for word in words)
