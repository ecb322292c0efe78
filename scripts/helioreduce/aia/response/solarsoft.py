"""SolarSoft's response files: ``.genx`` through SunPy, IDL saves through SciPy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.aia.channels import CHANNELS
from helioreduce.aia.response.instrument import SCALARS, Channel
from helioreduce.aia.response.temperature import ChiantiFix, Emissivity
from helioreduce.errors import InputError

#: SolarSoft's name of each component.
NAMES = {
    "wavelength": "WAVE",
    "primary": "PRIMARY",
    "secondary": "SECONDARY",
    "entrance_filter": "ENT_FILTER",
    "focal_plane_filter": "FP_FILTER",
    "contamination": "CONTAM",
    "quantum_efficiency": "CCD",
    "geometric_area": "GEOAREA",
    "plate_scale": "PLATESCALE",
    "electrons_per_ev": "ELECPEREV",
    "electrons_per_dn": "ELECPERDN",
}
#: Largest relative difference between the product of the components and the file's effective area, both single precision.
AREA_TOLERANCE = 1e-6


def read_instrument(path: str | Path) -> dict[int, Channel]:
    """Return the channels of ``aia_V*_all_fullinst.genx``, ``aia_V*_fuv_fullinst.genx`` or an IDL save of them.

    Raises
    ------
    InputError
        Missing or unreadable file; no channel in it; components whose product is not the file's effective area.
    """
    tree = _tree(path)
    found = {}
    for number in CHANNELS:
        entry = tree.get(f"A{number}_FULL", tree.get(f"A{number}"))
        if entry is not None and "PRIMARY" in entry:
            found[number] = _channel(number, entry, path)
    if not found:
        raise InputError("holds no channel of AIA", cure="Give SolarSoft's aia_V*_fullinst.genx", where=path)
    return found


def read_emissivity(path: str | Path) -> Emissivity:
    """Return the emissivity of ``aia_V*_fullemiss.genx`` or of an IDL save of it.

    log T is stored in single precision, where 6.6 reads 6.5999999: it is rounded to 1e-4.
    """
    tree = _tree(path)
    total = tree.get("TOTAL", tree)
    prefix = "" if "LOGTE" in total else "EMISS_"
    missing = [name for name in (f"{prefix}LOGTE", f"{prefix}WAVE", "EMISSIVITY") if name not in total]
    if missing:
        raise InputError(f"holds no emissivity: {', '.join(missing)} missing", cure="Give aia_V*_fullemiss.genx", where=path)
    log_temperature = np.round(np.asarray(total[f"{prefix}LOGTE"], float), 4)
    wavelength, values = np.asarray(total[f"{prefix}WAVE"], float), np.asarray(total["EMISSIVITY"], float)
    if values.shape == (log_temperature.size, wavelength.size):
        values = np.ascontiguousarray(values.T)
    general = tree.get("GENERAL", tree)
    kept = ("ABUNDFILE", "IONEQ_NAME", "MODEL_NAME", "EMISS_SOURCE", "EMISS_VERSION_NAME", "VERSION")
    meta = {name.lower(): str(general[name]) for name in kept if name in general}
    return Emissivity(log_temperature, wavelength, values, meta)


def read_chiantifix(path: str | Path) -> ChiantiFix:
    """Return the corrections of ``aia_V*_chiantifix.genx``."""
    return to_chiantifix(_tree(path), path)


def to_chiantifix(tree: Mapping[str, Any], path: str | Path = "") -> ChiantiFix:
    """Return the corrections out of the tags CHANNELS, LOGTE and EMPIRICAL_MINUS_RAW."""
    missing = [name for name in ("CHANNELS", "LOGTE", "EMPIRICAL_MINUS_RAW") if name not in tree]
    if missing:
        raise InputError(f"holds no chiantifix: {', '.join(missing)} missing", cure="Give aia_V*_chiantifix.genx", where=path)
    names = [_text(name) for name in np.atleast_1d(tree["CHANNELS"])]
    log_temperature = np.round(np.asarray(tree["LOGTE"], float), 4)
    values = np.atleast_2d(np.asarray(tree["EMPIRICAL_MINUS_RAW"], float))
    if values.shape != (len(names), log_temperature.size):
        raise InputError(f"EMPIRICAL_MINUS_RAW has shape {values.shape}, not (channels, temperatures)", where=path)
    return ChiantiFix(log_temperature, {int(name.removeprefix("A")): row for name, row in zip(names, values, strict=True)})


def _channel(number: int, entry: Mapping[str, Any], path: str | Path) -> Channel:
    """Return one channel; without CONTAM (the UV channels) nothing is lost to contamination."""
    missing = [tag for tag in NAMES.values() if tag not in entry and tag != "CONTAM"]
    if missing:
        raise InputError(f"{number} Å lacks {', '.join(missing)}", cure="Fetch the file again", where=path)
    wavelength = np.asarray(entry["WAVE"], float)
    values: dict[str, Any] = {"contamination": np.ones(wavelength.shape)}
    for name, tag in NAMES.items():
        if tag in entry:
            values[name] = float(entry[tag]) if name in SCALARS else np.asarray(entry[tag], float)
    channel = Channel(number, **values)
    _check_area(channel, entry, path)
    return channel


def _check_area(channel: Channel, entry: Mapping[str, Any], path: str | Path) -> None:
    """Compare the product of the components with the effective area of the file, where it gives one."""
    if "EFFAREA" not in entry:
        return
    listed = np.asarray(entry["EFFAREA"], float)
    worst = np.max(np.abs(channel.effective_area - listed) / np.where(listed > 0, listed, np.inf))
    if not worst <= AREA_TOLERANCE:
        problem = f"{channel.channel} Å: product of the components differs from EFFAREA by {worst:.1e}"
        raise InputError(problem, cure="Fetch the file again: its components do not belong together", where=path)


def _tree(path: str | Path) -> Mapping[str, Any]:
    """Return a file as nested mappings with upper-case tags."""
    if not Path(path).is_file():
        raise InputError("there is no such file", cure="Give the path of SolarSoft's response file", where=path)
    try:
        return _genx(path) if Path(path).suffix == ".genx" else _idl_save(path)
    except Exception as error:  # both readers raise whatever a damaged file makes them stumble over
        raise InputError(f"cannot be read ({error})", cure="Fetch the file again", where=path) from error


def _genx(path: str | Path) -> Mapping[str, Any]:
    from sunpy.io.special import read_genx  # imports SunPy: only where a .genx is read

    return read_genx(str(path))


def _idl_save(path: str | Path) -> Mapping[str, Any]:
    """Return all variables of a save; a lone structure is opened."""
    from scipy.io import readsav

    variables = {name.upper(): _plain(value) for name, value in readsav(str(path)).items()}
    lone = next(iter(variables.values())) if len(variables) == 1 else None
    return lone if isinstance(lone, dict) else variables


def _plain(value: Any) -> Any:
    """Return IDL structures of one element as dictionaries, byte strings as text."""
    if isinstance(value, np.ndarray) and value.dtype.names and value.size == 1:
        return {name.upper(): _plain(value.reshape(-1)[0][name]) for name in value.dtype.names}
    return _text(value) if isinstance(value, bytes) else value


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
