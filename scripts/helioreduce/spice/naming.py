"""What windows and lines are called: a window is known by what it holds, never by its place in a file.

A window is named by its EXTNAME, made unique by wavelength (:func:`unique`), or by any line of the catalogue that lies in it.
A line is named as in the catalogue; another wavelength of the same ion within 0.3 Å is taken for it, so that settings made
with one catalogue hold with another one. A parameter is a line and ``I``, ``x`` or ``s``, or ``B`` and a window.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from helioreduce.errors import InputError
from helioreduce.spice import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from helioreduce.spice.catalogue import Catalogue

#: Another wavelength of the same ion is taken for a line up to this distance, Å.
NEAR = 0.3

Named = TypeVar("Named")


class Seen(NamedTuple):
    """A window as its header describes it: unique name, first and last wavelength (Å), and shape (t, y, x)."""

    name: str
    low: float
    high: float
    shape: tuple[int, int, int]


def unique(names: Sequence[str], places: Sequence[float] = ()) -> list[str]:
    """Return names of windows, each with a number behind those that occur before: ``Ne VIII 770 (2)``.

    Parameters
    ----------
    names
        EXTNAMEs, in the order of the file.
    places
        First wavelengths; windows of one name are counted in this order, so that the file's own does not matter.
    """
    order = sorted(range(len(names)), key=lambda i: places[i] if places else i)
    result: dict[int, str] = {}
    for i in order:
        candidate, number = names[i], 1
        while candidate in result.values():
            number += 1
            candidate = f"{names[i]} ({number})"
        result[i] = candidate
    return [result[i] for i in range(len(names))]


def slug(name: str) -> str:
    """Return a name as part of a path: ``S_IV_750_Mg_IX_Peak`` of ``S IV 750/ Mg IX - Peak``."""
    return re.sub(r"(?:[^A-Za-z0-9.]|\.{2,})+", "_", name).strip("._") or "window"


def line(name: str, lines: Iterable[Named], called: Callable[[Any], str] = attrgetter("name")) -> Named | None:
    """Return the line of this name, or the nearest of the same ion within 0.3 Å; None without one.

    Parameters
    ----------
    name
        ``mg_9 706.02`` or ``Mg IX 706.02``.
    lines
        Anything with a ``name`` of the first form.
    called
        Its name.
    """
    every = {called(entry): entry for entry in lines}
    if name in every:
        return every[name]
    ion, wavelength = _parts(name)
    if wavelength is None:
        return None
    distances = {
        own: abs(other - wavelength) for own, (its, other) in ((own, _parts(own)) for own in every) if its == ion and other
    }
    nearest = min(distances, key=lambda own: distances[own], default=None)
    return every[nearest] if nearest is not None and distances[nearest] <= NEAR else None


def _parts(name: str) -> tuple[str, float | None]:
    """Return ion and wavelength of a line's name."""
    ion, _, number = name.strip().rpartition(" ")
    return catalogue.ion(ion) if ion else "", float(number) if re.fullmatch(r"\d+(\.\d*)?", number) else None


def windows(reference: str, seen: Iterable[Named], known: Catalogue) -> list[Named]:
    """Return the windows that a name means: that of this name, or those that hold the line of this name.

    Parameters
    ----------
    reference
        EXTNAME, made unique, or line.
    seen
        Windows with ``name``, ``low`` and ``high``.
    known
        The line catalogue.
    """
    among: list[Any] = list(seen)
    found = [own for own in among if own.name.casefold() == reference.strip().casefold()]
    entry = None if found else line(reference, known.lines)
    return found or [own for own in among if entry and own.low <= entry.wavelength <= own.high]


def parameter(name: str) -> tuple[str, str]:
    """Return line and letter of a parameter, or window and ``B``; the letter is empty where there is none."""
    name = name.strip()
    if name.startswith("B "):
        return name[2:].strip(), "B"
    of, _, letter = name.rpartition(" ")
    return (of, letter) if of and letter in ("I", "x", "s") else (name, "")


def refuse(key: str, name: str, known: Iterable[str], kind: str) -> InputError:
    """Return the error of a name that occurs nowhere, with the nearest one."""
    known = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, known, 1, 0.3)
    return InputError(
        f"{key}: there is no {kind} {name!r}", cure=f"The nearest is {near[0]!r}" if near else f"Known: {', '.join(known)}"
    )


class Names(NamedTuple):
    """The lines of the catalogue and the windows of all rasters, among which every name of the settings must be."""

    lines: Catalogue
    windows: Sequence[str]

    def check_line(self, key: str, name: str) -> None:
        """Refuse a line that the catalogue does not have."""
        if not name.startswith("unknown ") and line(name, self.lines.lines) is None:
            raise refuse(key, name, (entry.name for entry in self.lines.lines), "line")

    def check_window(self, key: str, name: str) -> None:
        """Refuse a name that is neither a window's nor a line's."""
        if name.strip().casefold() not in {own.casefold() for own in self.windows} and line(name, self.lines.lines) is None:
            raise refuse(key, name, [*self.windows, *(entry.name for entry in self.lines.lines)], "window or line")

    def check_parameter(self, key: str, name: str) -> None:
        """Refuse a parameter of a line or window that there is not."""
        of, letter = parameter(name)
        if not letter:
            raise InputError(f"{key}: {name!r} is no parameter", cure="Give a line and I, x or s, or B and a window")
        (self.check_window if letter == "B" else self.check_line)(key, of)

    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse every name of the section ``spice`` that occurs nowhere.

        Raises
        ------
        InputError
            With the key and the nearest name.
        """
        model, chosen = settings["model"], settings["windows"]
        for tie in model["ties"]:
            for end in ("follower", "leader"):
                self.check_parameter("spice.model.ties", tie[end])
        for key in ("fixed", "start"):
            for name in model[key]:
                self.check_parameter(f"spice.model.{key}", name)
        for name in settings["binning"]["lines"]:
            self.check_line("spice.binning.lines", name)
        for name in settings["composition"]["lines"]:
            self.check_line("spice.composition.lines", name)
        for name in settings["composition"]["sides"]:
            self.check_line("spice.composition.sides", name)
        for key in ("include", "exclude", "trim"):
            for name in chosen[key]:
                self.check_window(f"spice.windows.{key}", name)
        for group in settings["groups"]:
            for name in members(group):
                self.check_window("spice.groups", name)


def members(group: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """Return the windows of a group of the settings, as they are named there."""
    return list(group["windows"] if isinstance(group, Mapping) else group)


class Fits(NamedTuple):
    """The fits of a raster: names of the windows of each, by the name of the fit; and what did not apply."""

    windows: dict[str, list[str]]
    notes: list[str]


def chosen(settings: Mapping[str, Any], seen: Sequence[Seen], known: Catalogue) -> list[Seen]:
    """Return the windows that ``include`` and ``exclude`` of the settings let through, in order of wavelength."""
    own = sorted(seen, key=lambda window: (window.low, window.high, window.name))
    for key, keep in (("include", True), ("exclude", False)):
        if settings[key]:
            named = {window.name for name in settings[key] for window in windows(name, seen, known)}
            own = [window for window in own if (window.name in named) is keep]
    return own


def fits(groups: Sequence[Any], seen: Sequence[Seen], known: Catalogue) -> Fits:
    """Return the fits of a raster: groups of the settings as far as it has their windows, and every other window alone.

    Groups come first, both in order of wavelength. A window may be in several groups, and fitted alone besides where a group
    says ``alone``; each fit has a name of its own.
    """
    found: dict[str, list[Seen]] = {}
    notes: list[str] = []
    alone, grouped = set[str](), set[str]()
    for group in groups:
        name, own = _resolved(group, seen, known, notes)
        if len(own) > 1:
            found[name] = own
            grouped |= {window.name for window in own}
            alone |= {window.name for window in own if isinstance(group, dict) and group.get("alone")}
    result = {name: [window.name for window in found[name]] for name in sorted(found, key=lambda name: found[name][0].low)}
    for window in seen:
        if window.name not in grouped or window.name in alone:
            base, number = slug(window.name), 1
            while base in result:
                number += 1
                base = f"{slug(window.name)}_{number}"
            result[base] = [window.name]
    return Fits(result, notes)


def _resolved(group: Any, seen: Sequence[Seen], known: Catalogue, notes: list[str]) -> tuple[str, list[Seen]]:
    """Return name and windows of a group in a raster, and note what it has not."""
    names = members(group)
    title = str(group.get("name", "")) if isinstance(group, Mapping) else ""
    title = title or "+".join(slug(name) for name in names)
    own: list[Seen] = []
    for name in names:
        hits = windows(name, seen, known)
        if not hits:
            notes.append(f"group {title}: there is no window {name}; it is fitted without it")
        if len(hits) > 1:
            notes.append(f"group {title}: {name} is in {len(hits)} windows; {hits[0].name} is taken")
        own += [window for window in hits[:1] if window not in own]
    own.sort(key=lambda window: (window.low, window.high, window.name))
    if len({window.shape for window in own}) > 1:
        shapes = ", ".join(f"{window.name} {window.shape}" for window in own)
        notes.append(f"group {title}: its windows differ in shape (t, y, x), and are fitted alone: {shapes}")
        own = []
    return title, own


def labelled(fits: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """Return what the windows of a fit are called in the products: with the fit behind them where several fits have them."""
    often = [window for windows in fits.values() for window in windows]
    return [f"{window} [{name}]" if often.count(window) > 1 else window for window in fits[name]]


def unapplied(settings: Mapping[str, Any], found: Fits, seen: Sequence[Seen], known: Catalogue) -> list[str]:
    """Return notes on the settings that do not apply to a raster: its windows have not the lines."""
    held = {fit: [own for own in seen if own.name in windows] for fit, windows in found.windows.items()}

    def fits_with(name: str) -> set[str]:
        """Return the fits that have the parameter or line of this name."""
        of, _ = parameter(name)
        return {fit for fit, own in held.items() if windows(of, own, known)}

    notes = list(found.notes)
    for tie in settings["model"]["ties"]:
        if not fits_with(tie["follower"]) & fits_with(tie["leader"]):
            notes.append(f"the tie of {tie['follower']} to {tie['leader']} does not apply")
    for key in ("fixed", "start"):
        notes += [f"model.{key} of {name} does not apply" for name in settings["model"][key] if not fits_with(name)]
    notes += [f"binning.lines: no window has {name}" for name in settings["binning"]["lines"] if not fits_with(name)]
    notes += [f"composition: no window has {name}" for name in settings["composition"]["lines"] if not fits_with(name)]
    return notes
