"""SAFFRON's calls that fuse windows and lock parameters, as settings of this package.

SAFFRON is steered by a Python script. Its locks count windows in the order of the file, and lines of a window in the order
of wavelength (as its catalogue has them), up to 0.5 Å beyond its ends. Read are, with literal arguments::

    fuse_windows([0, 1])
    lock("fuse", 0, {"element_index": 1, "parameter": "x"}, {"element_index": 0, "parameter": "x"},
         {"operation": "add", "value": 43.52})                                                        (0.4)
    set_lock_protocol("fuse", 0, lead, follower, distance)                                            (0.1, centres only)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from helioreduce.errors import InputError
from helioreduce.spice import naming
from helioreduce.spice.catalogue import Catalogue

#: Arguments of each call, in order.
_CALLS = {
    "fuse_windows": ("indices",),
    "lock": ("window_type", "window_index", "param_1", "param_2", "lock_protocol"),
    "set_lock_protocol": ("window_type", "window_index", "lead", "follower", "distance"),
}
#: Lines of the catalogue up to this far beyond the ends of a window count in SAFFRON, Å.
_BEYOND = 0.5


class Held(NamedTuple):
    """A window of the file: its name, empty for one that is no spectral window, and its lines in SAFFRON's order."""

    name: str
    lines: Sequence[str]


def held(name: str, low: float, high: float, known: Catalogue) -> Held:
    """Return a window between two wavelengths (Å), with the lines that SAFFRON finds in it."""
    return Held(name, [entry.name for entry in known.within(low - _BEYOND, high + _BEYOND)])


def settings(script: str, windows: Sequence[Held]) -> dict[str, Any]:
    """Translate the calls of a script to ``groups`` and ``model.ties`` of the section ``spice``.

    Parameters
    ----------
    script
        Python text.
    windows
        Every window of the level-2 file, in its order.

    Raises
    ------
    InputError
        If the text is no Python, has no such call, or one names a window or line that there is not.
    """
    groups: list[list[int]] = []
    ties: list[dict[str, Any]] = []
    for line, name, given in _calls(script):
        try:
            if name == "fuse_windows":
                groups += _fused(given["indices"])
                continue
            chosen = groups[given["window_index"]] if given["window_type"] == "fuse" else [given["window_index"]]
            ties.append(_tie(name, given, [line for i in chosen for line in windows[i].lines]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            cure = "Give windows and lines that the file has; fuse_windows comes before lock"
            raise InputError(f"line {line}, {name}: an argument is missing or wrong ({error})", cure=cure) from None
    if not groups and not ties:
        raise InputError("has no call of fuse_windows, lock or set_lock_protocol", cure="Give the script that runs SAFFRON")
    return {"groups": [[windows[i].name for i in group] for group in groups], "model": {"ties": ties}}


def _calls(script: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Return line, name and arguments of every call that matters, in order of the text."""
    try:
        tree = ast.parse(script)
    except SyntaxError as error:
        raise InputError(f"is no Python: {error}", cure="Give the script that runs SAFFRON") from None
    found = []
    for node in ast.walk(tree):
        name = _called(node)
        if isinstance(node, ast.Call) and name in _CALLS:
            try:
                positional = [ast.literal_eval(argument) for argument in node.args]
                keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
            except ValueError:
                cure = "Write numbers and names in the call itself"
                raise InputError(f"line {node.lineno}: the arguments of {name} are no literals", cure=cure) from None
            if name == "fuse_windows" and len(positional) > 1:  # fuse_windows(0, 1), as a raster has it
                positional = [positional]
            found.append((node.lineno, name, {**dict(zip(_CALLS[name], positional, strict=False)), **keywords}))
    return sorted(found, key=lambda call: call[0])


def _called(node: ast.AST) -> str:
    """Return the name of a function or method that is called; empty where nothing is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    return ""


def _fused(indices: Any) -> list[list[int]]:
    """Return the groups of one call: window numbers, or a list of them for each file, which all are alike here."""
    return [list(indices[0])] if isinstance(indices[0], Sequence) else [list(indices)]


def _tie(name: str, given: Mapping[str, Any], lines: Sequence[str]) -> dict[str, Any]:
    """Return the tie of one call."""
    if name == "set_lock_protocol":
        follower, leader = (f"{_line(given[end], lines)} x" for end in ("follower", "lead"))
        return {"follower": follower, "operation": "add", "leader": leader, "value": float(given["distance"])}
    follower, leader = (
        f"{_line(given[end]['element_index'], lines)} {given[end]['parameter']}" for end in ("param_1", "param_2")
    )
    how = given["lock_protocol"]
    return {"follower": follower, "operation": str(how["operation"]), "leader": leader, "value": float(how["value"])}


def _line(which: Any, lines: Sequence[str]) -> str:
    """Return a line by its number or its name."""
    if isinstance(which, int):
        return lines[which]
    found = naming.line(str(which), lines, str)
    if found is None:
        raise KeyError(which)
    return found
