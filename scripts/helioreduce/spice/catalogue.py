"""The line catalogue: which lines a window may hold, and which one is its brightest.

The catalogue is read from and written to SAFFRON's JSON form::

    {"LINES": [{"ID": 1, "name": "ne_8", "wvl": 770.42}, …],
     "SPECTRAL_WINDOWS_CATALOGUE": [{"lines": [1, …], "max_line": 1}, …]}

where a line is referred to by ID, by place (no IDs given) or by name. Wavelengths of the built-in lines: CHIANTI and the
SPICE line lists (SPICE Consortium 2020, A&A 642, A14; Fludra et al. 2021, A&A 656, A38), rounded to 0.01 Å.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from helioreduce.errors import InputError

_BUILT_IN = """
o_3 702.70 703.87 | mg_9 706.02 749.54 | s_6 712.90 | ar_8 700.29 713.80 | o_2 718.49 | fe_20 721.55 | n_2 745.84
s_4 748.40 750.22 753.74 | o_5 759.00 760.43 761.99 774.51 | n_4 765.15 | ne_8 770.42 780.30 | mg_8 772.31 782.37 | s_5 786.47
o_4 787.72 790.19 | h_1 972.54 1025.72 | fe_18 974.84 | c_3 977.03 | fe_3 985.84 987.91 994.26 994.77 | o_1 988.75
n_3 989.82 991.59 | he_2 992.36 | ne_6 992.70 1005.79 1010.29 | o_6 1031.93 1037.64
"""
_NUMERALS = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


class Entry(NamedTuple):
    """A line: identity in the catalogue, ion in CHIANTI's form (``ne_8``) and rest wavelength, Å."""

    id: int
    ion: str
    wavelength: float

    @property
    def name(self) -> str:
        """``ne_8 770.42``: the line's name in models, products and ties."""
        return f"{self.ion} {self.wavelength:.2f}"


class KnownWindow(NamedTuple):
    """A window whose lines are known: identities of its lines, and of the brightest."""

    lines: tuple[int, ...]
    brightest: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lines and known windows; every change gives a new catalogue."""

    lines: tuple[Entry, ...]
    windows: tuple[KnownWindow, ...] = ()

    def find(self, line: int | str | float) -> Entry:
        """A line by identity (int), name or wavelength (float, nearest within 1 Å).

        Raises
        ------
        InputError
            If there is none.
        """
        if isinstance(line, float):
            near = min(self.lines, key=lambda entry: abs(entry.wavelength - line), default=None)
            found = near if near and abs(near.wavelength - line) <= 1 else None
        else:
            found = next((entry for entry in self.lines if line in (entry.id, entry.name)), None)
        if found is None:
            raise InputError(f"the line catalogue has no line {line!r}", cure="Add it to the catalogue, or correct its name")
        return found

    def within(self, low: float, high: float) -> list[Entry]:
        """Lines with wavelengths in [low, high], Å, in order of wavelength."""
        return sorted((e for e in self.lines if low <= e.wavelength <= high), key=lambda entry: entry.wavelength)

    def add_line(self, ion: str, wavelength: float) -> Catalogue:
        """With one more line, under the next identity."""
        if any(e.ion == ion and abs(e.wavelength - wavelength) < 0.005 for e in self.lines):
            raise InputError(f"the line {ion} {wavelength:.2f} is in the catalogue already")
        entry = Entry(1 + max((e.id for e in self.lines), default=0), ion, float(wavelength))
        return replace(self, lines=(*self.lines, entry))

    def remove_line(self, line: int | str | float) -> Catalogue:
        """Without a line; known windows lose it too, and those whose brightest it was are dropped."""
        gone = self.find(line).id
        windows = tuple(
            KnownWindow(tuple(i for i in w.lines if i != gone), w.brightest) for w in self.windows if w.brightest != gone
        )
        return Catalogue(tuple(e for e in self.lines if e.id != gone), windows)

    def add_window(self, lines: Sequence[int | str | float], brightest: int | str | float) -> Catalogue:
        """With one more known window."""
        members = tuple(self.find(line).id for line in lines)
        if self.find(brightest).id not in members:
            raise InputError(f"the brightest line {brightest!r} is not one of the window's lines")
        return replace(self, windows=(*self.windows, KnownWindow(members, self.find(brightest).id)))

    def remove_window(self, index: int) -> Catalogue:
        """Without the known window at a place."""
        return replace(self, windows=self.windows[:index] + self.windows[index + 1 :])

    def brightest(self, lines: Iterable[Entry]) -> Entry | None:
        """The line known to be the brightest of exactly these; None for an unknown set."""
        wanted = {entry.id for entry in lines}
        known = next((w for w in self.windows if set(w.lines) == wanted), None)
        return self.find(known.brightest) if known else None

    def dump(self) -> str:
        """The catalogue as SAFFRON's JSON."""
        return json.dumps(
            {
                "LINES": [{"ID": e.id, "name": e.ion, "wvl": e.wavelength} for e in self.lines],
                "SPECTRAL_WINDOWS_CATALOGUE": [{"lines": list(w.lines), "max_line": w.brightest} for w in self.windows],
            },
            indent=1,
        )


def load(text: str) -> Catalogue:
    """A catalogue from SAFFRON's JSON, with or without IDs and ``Deleted`` entries; a line given twice counts once.

    Raises
    ------
    InputError
        If the text is no such catalogue.
    """
    try:
        content = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))  # SAFFRON's own dump leaves a comma before a bracket
        lines: list[Entry] = []
        ids: dict[object, int] = {}
        for place, line in enumerate(content["LINES"]):
            entry = Entry(int(line.get("ID", place)), ion(str(line["name"])), float(line["wvl"]))
            same = next((e for e in lines if e.name == entry.name), None)
            ids[entry.id] = ids[str(line["name"])] = same.id if same else entry.id
            lines += [] if same else [entry]
            ids.setdefault(entry.name, ids[entry.id])
        windows = [
            KnownWindow(tuple(dict.fromkeys(ids[i] for i in w["lines"])), ids[w["max_line"]])
            for w in content.get("SPECTRAL_WINDOWS_CATALOGUE", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"is not a line catalogue ({error!r})", cure='Expected {"LINES": [{"name": …, "wvl": …}], …}'
        ) from error
    return Catalogue(tuple(lines), tuple(windows))


def built_in() -> Catalogue:
    """The catalogue that comes with the package: 44 lines between 700 and 1040 Å."""
    catalogue = Catalogue(())
    for part in _BUILT_IN.replace("\n", "|").split("|"):
        if part.strip():
            name, *wavelengths = part.split()
            for wavelength in wavelengths:
                catalogue = catalogue.add_line(name, float(wavelength))
    return catalogue


def ion(name: str) -> str:
    """CHIANTI's form of an ion's name: ``ne_8`` of ``Ne VIII``, ``Ne VIII 770.42`` or ``ne_8``; other names as they are."""
    match = re.match(r"([A-Z][a-z]?) ?([IVX]+)\b", name)
    if not match:
        return name.split()[0].lower() if re.match(r"[a-z]{1,2}_\d+\b", name.lower()) else name
    values = [{"I": 1, "V": 5, "X": 10}[c] for c in match[2]]
    number = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    return f"{match[1].lower()}_{number}"


def spectroscopic(ion_name: str) -> str:
    """``Ne VIII`` of ``ne_8``; other names as they are."""
    match = re.fullmatch(r"([a-z]{1,2})_(\d+)", ion_name)
    if not match:
        return ion_name
    rest, numeral = int(match[2]), ""
    while rest:
        step, sign = next((s, n) for s, n in _NUMERALS if s <= rest)
        rest, numeral = rest - step, numeral + sign
    return f"{match[1].capitalize()} {numeral}"
