"""``helioreduce info``: what was done to a file, in words."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helioreduce.api import products
from helioreduce.command.files import is_described, named
from helioreduce.errors import InputError
from helioreduce.io import fits, provenance

#: Cards that say what an image is of, by the name of the entry.
_FACTS = {
    "instrument": ("TELESCOP", "INSTRUME"),
    "channel": ("WAVELNTH",),
    "level": ("LVL_NUM", "LEVEL"),
    "time": ("T_OBS", "DATE-AVG", "DATE-BEG", "DATE-OBS"),
    "exposure_s": ("EXPTIME", "XPOSURE"),
    "quality": ("QUALITY",),
    "unit": ("BUNIT",),
    "target": ("TARGET", "STUDY"),
}


def run(options: argparse.Namespace) -> int:
    """Describe every file."""
    found, code = [], 0
    for file in named(options.files, is_described):
        try:
            found.append(describe(file))
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            code = 1
    if options.json:
        print(json.dumps(found, indent=1, default=str))
    else:
        print("\n\n".join("\n".join(_words(entry)) for entry in found))
    return code


def describe(file: Path) -> dict[str, Any]:
    """Return what a file holds and what was done to it.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if file.suffix == ".npz":
        found = products.open(file)
        ranges = {name: f"{axis[0]:g} to {axis[-1]:g}" for name, axis in (("log T", found.log_t), ("log n", found.log_n))}
        origin = {"origin": found.origin} if found.origin else {}
        return {"file": str(file), "rows": len(found.log_t), "columns": list(found.functions), **ranges, **origin}
    if file.suffix == ".ecsv":
        table = products.open(file)
        return {"file": str(file), "rows": len(table), "columns": table.colnames, **{k: str(v) for k, v in table.meta.items()}}
    headers = [header for header in fits.read_headers(file) if header.get("NAXIS", 0)]
    if not headers:
        raise InputError("holds no array", cure="Give a FITS file with an image", where=file)
    first = headers[0]
    known = {key: str(first[key]) for keys in _FACTS.values() for key in keys if first.get(key) is not None}
    facts = {name: " ".join(known[key] for key in keys if key in known) for name, keys in _FACTS.items()}
    facts["time"] = next((known[key] for key in _FACTS["time"] if known.get(key)), "")
    steps = {json.dumps(step): step for header in headers for step in provenance.history(header)}
    return {
        "file": str(file),
        **{name: value for name, value in facts.items() if value},
        "arrays": {_name(header, k): _shape(header) for k, header in enumerate(headers)},
        "simulated": any(provenance.is_simulated(header) for header in headers) or "SIMULATED" in json.dumps(list(steps)),
        "steps": list(steps.values()),
        "caveats": list(dict.fromkeys(caveat for header in headers for caveat in provenance.caveats(header))),
    }


def _name(header: Mapping[str, Any], number: int) -> str:
    return str(header.get("EXTNAME") or ("data" if not number else f"array {number}"))


def _shape(header: Mapping[str, Any]) -> list[int]:
    return [int(header[f"NAXIS{axis}"]) for axis in range(int(header["NAXIS"]), 0, -1)]


def _words(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that describe a file."""
    yield entry["file"]
    if "columns" in entry:
        yield f"  table of {entry['rows']} rows: {', '.join(entry['columns'])}"
        yield from (f"  {key}: {value}" for key, value in entry.items() if key not in ("file", "rows", "columns"))
        return
    if facts := ", ".join(f"{name} {entry[name]}" for name in _FACTS if name in entry):
        yield f"  {facts}"
    yield "  arrays: " + ", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in entry["arrays"].items())
    yield f"  simulated: {'yes, in the image or a table' if entry['simulated'] else 'no'}"
    yield "  steps:" if entry["steps"] else "  steps: none is recorded"
    for number, step in enumerate(entry["steps"], 1):
        yield f"    {number}. {step['step']}: {step['status']}, {step['parameters']}  (helioreduce {step['version']})"
        if step["reference"]:
            yield f"       by {step['reference']}"
    yield from (f"  caveat: {caveat}" for caveat in entry["caveats"])
