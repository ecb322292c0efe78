"""``helioreduce spice``: the line catalogue, contribution functions, and SAFFRON's locks as settings."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import yaml

from helioreduce.errors import InputError
from helioreduce.io.atomic import replaced
from helioreduce.spice import chianti, files, saffron_locks
from helioreduce.spice.catalogue import Catalogue, check_ion, ion, read_catalogue


def run(options: argparse.Namespace) -> int:
    """Write the edited catalogue or contribution functions, or print the settings of SAFFRON's locks."""
    if options.action == "contributions":
        found = chianti.table([_line(name) for name in options.lines], options.database or "")
        files.write_table(options.output, found)
        print(f"wrote {options.output} ({found.origin}); set spice.composition.table to it")
        return 0
    known = read_catalogue(options.catalogue or "")
    if options.action == "locks":
        print(locks(Path(options.script), Path(options.level2), known))
        return 0
    text = edited(known, options.add, options.remove).dump()
    if options.output:
        with replaced(options.output) as temporary:
            temporary.write_text(text + "\n")
        print(f"wrote {options.output}; set spice.catalogue to it")
    else:
        print(text)
    return 0


def edited(known: Catalogue, add: list[str], remove: list[str]) -> Catalogue:
    """Return a catalogue without some of its lines, and with others: ``Si XII 520.67`` or ``si_12 520.67``.

    Raises
    ------
    InputError
        If a line is there already, is not there, or is no ion and wavelength; if there is no such ion.
    """
    for name in remove:
        known = known.remove_line(_number(name))
    for name in add:
        known = known.add_line(*_line(name))
    return known


def _line(name: str) -> tuple[str, float]:
    """Return ion and wavelength (Å) of a line's name."""
    which, _, wavelength = name.strip().rpartition(" ")
    if not re.fullmatch(r"[a-z]{1,2}_\d+", ion(which) if which else "") or not re.fullmatch(r"\d+(\.\d*)?", wavelength):
        raise InputError(f"{name!r} is no line", cure='Give ion and wavelength in Å: "O VI 1031.93" or "o_6 1031.93"')
    check_ion(ion(which))
    return ion(which), float(wavelength)


def _number(name: str) -> int | str | float:
    """Return a line's identity (whole number), wavelength (with a point), or name."""
    text = name.strip()
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d+\.\d*", text):
        return float(text)
    which, _, wavelength = text.rpartition(" ")
    return f"{ion(which)} {float(wavelength):.2f}" if which and re.fullmatch(r"\d+(\.\d*)?", wavelength) else text


def locks(script: Path, level2: Path, known: Catalogue) -> str:
    """Return the settings, YAML, of the locks of a script that runs SAFFRON on a level-2 file."""
    windows = [saffron_locks.held(*window, known) for window in files.saffron_windows(level2)]
    if not script.is_file():
        raise InputError("there is no such file", where=script, cure="Give the script that runs SAFFRON")
    with files.naming(script):
        found = saffron_locks.settings(script.read_text(), windows)
    text: str = yaml.safe_dump({"spice": found}, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text.rstrip()
