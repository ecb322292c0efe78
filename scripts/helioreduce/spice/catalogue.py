"""The line catalogue: which lines a window may hold.

The catalogue is read from and written to SAFFRON's JSON form::

    {"LINES": [{"ID": 1, "name": "ne_8", "wvl": 770.42}, …]}

where a line without ID is known by its place. SAFFRON's list of windows and their brightest lines has no meaning here: the
start of a fit is found from the window's own mean spectrum. Wavelengths of the built-in lines: CHIANTI and the SPICE line
lists (SPICE Consortium 2020, A&A 642, A14; Fludra et al. 2021, A&A 656, A38), rounded to 0.01 Å.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from helioreduce.errors import InputError

_BUILT_IN = {
    "o_3": (702.7, 703.87),
    "mg_9": (706.02, 749.54),
    "s_6": (712.9,),
    "ar_8": (700.29, 713.8),
    "o_2": (718.49,),
    "fe_20": (721.55,),
    "n_2": (745.84,),
    "s_4": (748.4, 750.22, 753.74),
    "o_5": (759.0, 760.43, 761.99, 774.51),
    "n_4": (765.15,),
    "ne_8": (770.42, 780.3),
    "mg_8": (772.31, 782.37),
    "s_5": (786.47,),
    "o_4": (787.72, 790.19),
    "h_1": (972.54, 1025.72),
    "fe_18": (974.84,),
    "c_3": (977.03,),
    "fe_3": (985.84, 987.91, 994.26, 994.77),
    "o_1": (988.75,),
    "n_3": (989.82, 991.59),
    "he_2": (992.36,),
    "ne_6": (992.7, 1005.79, 1010.29),
    "o_6": (1031.93, 1037.64),
}
#: The elements up to zinc, as CHIANTI has them, by atomic number from 1.
_ELEMENTS = (
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P",
    "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn",
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Lines; every change gives a new catalogue."""

    lines: tuple[Entry, ...] = ()

    def find(self, line: int | str | float) -> Entry:
        """Return a line by identity (int), name or wavelength (float, nearest within 1 Å).

        Raises
        ------
        InputError
            If there is none.
        """
        if isinstance(line, float):
            found = [entry for entry in self.lines if abs(entry.wavelength - line) <= 1]
            found.sort(key=lambda entry: abs(entry.wavelength - line))
        else:
            found = [entry for entry in self.lines if line in (entry.id, entry.name)]
        if not found:
            raise InputError(f"the line catalogue has no line {line!r}", cure="Add it to the catalogue, or correct its name")
        return found[0]

    def within(self, low: float, high: float) -> list[Entry]:
        """Return the lines with wavelengths in [low, high], Å, in order of wavelength."""
        return sorted((e for e in self.lines if low <= e.wavelength <= high), key=lambda entry: entry.wavelength)

    def add_line(self, ion: str, wavelength: float) -> Catalogue:
        """Return the catalogue with one more line, under the next identity."""
        if any(e.ion == ion and abs(e.wavelength - wavelength) < 0.005 for e in self.lines):
            raise InputError(f"the line {ion} {wavelength:.2f} is in the catalogue already")
        entry = Entry(1 + max((e.id for e in self.lines), default=0), ion, float(wavelength))
        return replace(self, lines=(*self.lines, entry))

    def remove_line(self, line: int | str | float) -> Catalogue:
        """Return the catalogue without a line."""
        gone = self.find(line)
        return replace(self, lines=tuple(entry for entry in self.lines if entry != gone))

    def dump(self) -> str:
        """Return the catalogue as SAFFRON's JSON."""
        lines = [{"ID": entry.id, "name": entry.ion, "wvl": entry.wavelength} for entry in self.lines]
        return json.dumps({"LINES": lines, "SPECTRAL_WINDOWS_CATALOGUE": []}, indent=1)


def load(text: str) -> Catalogue:
    """Return a catalogue from SAFFRON's JSON, with or without IDs and ``Deleted`` entries; a line given twice counts once.

    Raises
    ------
    InputError
        If the text is no such catalogue.
    """
    try:
        content = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))  # SAFFRON's own dump leaves a comma before a bracket
        lines: dict[str, Entry] = {}
        for place, line in enumerate(content["LINES"]):
            entry = Entry(int(line.get("ID", place)), ion(str(line["name"])), float(line["wvl"]))
            lines.setdefault(entry.name, entry)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"is not a line catalogue ({error!r})", cure='Expected {"LINES": [{"name": …, "wvl": …}], …}'
        ) from error
    return Catalogue(tuple(lines.values()))


def built_in() -> Catalogue:
    """Return the catalogue that comes with the package: 42 lines between 700 and 1040 Å."""
    catalogue = Catalogue()
    for name, wavelengths in _BUILT_IN.items():
        for wavelength in wavelengths:
            catalogue = catalogue.add_line(name, wavelength)
    return catalogue


def read_catalogue(path: str | Path) -> Catalogue:
    """Read a line catalogue; an empty path means the built-in one.

    Raises
    ------
    InputError
        If it is no catalogue of lines, naming the file.
    """
    if not path:
        return built_in()
    try:
        return load(Path(path).read_text())
    except InputError as error:
        raise error.at(path) from None


def ion(name: str) -> str:
    """Return CHIANTI's form of an ion's name: ``ne_8`` of ``Ne VIII``, ``Ne VIII 770.42`` or ``ne_8``; others as they are."""
    match = re.match(r"([A-Z][a-z]?) ?([IVX]+)\b", name)
    if not match:
        return name.split()[0].lower() if re.match(r"[a-z]{1,2}_\d+\b", name.lower()) else name
    digits = [{"I": 1, "V": 5, "X": 10}[numeral] for numeral in match[2]]
    number = sum(-digit if digit < max(digits[i:]) else digit for i, digit in enumerate(digits))
    return f"{match[1].lower()}_{number}"


def check_ion(name: str) -> None:
    """Refuse an ion, ``ne_8``, that does not exist, or has no electron left to radiate.

    Raises
    ------
    InputError
        With the nearest that exists, of the elements up to zinc.
    """
    symbol, stage = name.capitalize().split("_")
    number = max(int(stage), 1)
    element = difflib.get_close_matches(symbol, _ELEMENTS, 1, cutoff=0)[0]
    near = f"{element.lower()}_{min(number, _ELEMENTS.index(element) + 1)}"
    if near != name:
        raise InputError(f"there is no ion {name}", cure=f"The nearest is {spectroscopic(near)}, {near}")


def spectroscopic(ion_name: str) -> str:
    """Return ``Ne VIII`` of ``ne_8``; other names as they are."""
    match = re.fullmatch(r"([a-z]{1,2})_(\d+)", ion_name)
    if not match:
        return ion_name
    rest, numerals = int(match[2]), ""
    for number, numeral in _NUMERALS:
        numerals += rest // number * numeral
        rest %= number
    return f"{match[1].capitalize()} {numerals}"
