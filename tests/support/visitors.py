"""An archive with what the test suites of other clients expect of JSOC: series, records and small files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path

import numpy as np
from astropy.io import fits

from helioreduce import times
from helioreduce.archive.series import WAVES, known, time_text

EXPOSURES = {
    94: "2.900825",
    131: "2.901338",
    171: "2.000143",
    193: "2.000040",
    211: "2.900774",
    304: "2.902052",
    335: "2.900820",
}


def build(root: Path) -> Path:
    """Write the archive; returns its root."""
    (root / "files").mkdir(parents=True)
    _files(root / "files")
    _aia(root)
    _tables(root)
    _hmi(root)
    _patches(root)
    _others(root)
    return root


def _files(folder: Path) -> None:
    """One small file per kind of segment, and a dark 4096² AIA frame."""
    for name in ("Dopplergram", "magnetogram", "continuum", "Bp", "synopMr"):
        fits.PrimaryHDU(np.arange(64, dtype=np.int16).reshape(8, 8)).writeto(folder / f"{name}.fits", checksum=True)
    for name in ("splittings.out", "rot.2d", "err.2d"):
        (folder / name).write_text("1 2 3\n")
    hdu = fits.CompImageHDU(np.zeros((4096, 4096), np.int16), compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(folder / "image_lev1.fits", checksum=True)


def _aia(root: Path) -> None:
    """Level 1 at the times that the suites ask for."""
    slots = [("2020-01-01T01:00:35Z", channel) for channel in EXPOSURES]
    slots += [(time, 171) for time in _every("2011-02-15T00:00:02Z", 12, 7)]
    slots += [(time, 171) for time in _every("2025-01-01T04:33:23Z", 12, 8)]
    slots += [(time, 335) for time in _every("2014-01-01T00:00:01Z", 86400, 3)]
    shared = {"QUALITY": "0x00000000", "TELESCOP": "SDO/AIA", "INSTRUME": "AIA_3", "CROTA2": 0.0194}
    shared |= {"CDELT1": 0.599489, "CDELT2": 0.599489, "CRPIX1": 2053.85, "CRPIX2": 2047.57, "CRVAL1": 0.0, "CRVAL2": 0.0}
    shared |= {"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec"}
    shared |= {"DSUN_OBS": 1.477e11, "RSUN_REF": 696000000.0, "HGLN_OBS": 0.0, "HGLT_OBS": -6.8}
    shared |= {"RSUN_OBS": 972.0, "CRLN_OBS": 52.0, "CRLT_OBS": -6.8}
    shared |= {"HAEX_OBS": -1.22e11, "HAEY_OBS": 8.3e10, "HAEZ_OBS": -2.3e7}
    rows = []
    for number, (time, channel) in enumerate(slots, 1):
        observed = times.iso(times.parse(time) - timedelta(seconds=1.66))
        keywords = {"T_REC": time, "T_OBS": observed, "DATE__OBS": observed, "WAVELNTH": channel, "WAVE_STR": f"{channel}_THIN"}
        keywords |= {"FSN": number, "EXPTIME": EXPOSURES[channel], **shared}
        rows.append({"recnum": number, "keywords": keywords, "segments": {"image": "files/image_lev1.fits", "spikes": None}})
    _write(root, "aia.lev1_euv_12s", rows)


def _tables(root: Path) -> None:
    """Pointing and response."""
    starts = [*_every("2010-05-13T00:00:00Z", 10800, 1), *_every("2010-12-31T21:00:00Z", 10800, 3)]
    starts += _every("2020-12-31T21:00:00Z", 10800, 3)
    values = {"X0": 2052.85, "Y0": 2046.57, "IMSCALE": 0.5995, "INSTROT": 0.0193}
    pointing = {f"A_{wave}_{what}": value for wave in WAVES for what, value in values.items()}
    rows = []
    for start in starts:
        hours = 6 if start == starts[-1] else 3  # the newest row is provisional
        stop = times.iso(times.parse(start) + timedelta(hours=hours))
        rows.append({"T_START": start, "T_STOP": stop, "VERSION": 2, **pointing})
    _write(root, "aia.master_pointing3h", rows)
    row = {
        "T_START": "2010-03-24T00:00:00Z",
        "T_STOP": "2030-01-01T00:00:00Z",
        "VER_NUM": 10,
        "EFF_AREA": 2.5,
        "EFF_WVLN": 171.0,
    }
    row |= {"EFFA_P1": 0.0, "EFFA_P2": 0.0, "EFFA_P3": 0.0, "RMSE": 0.0, "DATE": "2020-11-19T19:00:00Z"}
    _write(root, "aia.response", [{**row, "WAVE_STR": f"{wave}_THIN", "WAVELNTH": wave} for wave in EXPOSURES])


def _hmi(root: Path) -> None:
    """HMI's full-disk series at two cadences."""
    link = {"name": "MDATA", "target": "hmi.ME_720s_fd10", "kind": "DYNAMIC", "note": ""}
    slots = {
        "hmi.V_45s": [*_tai("2013.07.03_08:42:00_TAI", 45, 8), *_tai("2014.01.01_00:00:45_TAI", 45, 80)],
        "hmi.M_45s": [*_tai("2020.01.01_00:00:00_TAI", 45, 100), *_tai("2012.01.01_01:00:00_TAI", 45, 4)],
        "hmi.M_720s": [*_tai("2011.04.14_00:36:00_TAI", 720, 31), *_tai("2020.10.17_22:12:00_TAI", 720, 3)],
        "hmi.Ic_720s": [],
        "hmi.B_720s": _tai("2013.07.03_08:36:00_TAI", 720, 5),
    }
    segments = {"hmi.V_45s": "Dopplergram", "hmi.Ic_720s": "continuum"}
    shared = {"QUALITY": "0x00000000", "CRLT_OBS": 3.14159, "TELESCOP": "SDO/HMI", "CAMERA": 2}
    shared |= {"CDELT1": 0.5, "CDELT2": 0.5, "CRPIX1": 4.5, "CRPIX2": 4.5}
    for name, when in slots.items():
        segment, step = segments.get(name, "magnetogram"), 45 if name.endswith("45s") else 720
        rows = [{"keywords": {"T_REC": time, **shared}, "segments": _segments(segment)} for time in when]
        struct = _struct(("T_REC", "CAMERA"), {"T_REC": "time", **_types(shared)}, (segment,), {"T_REC": step})
        _write(root, name, rows, {**struct, "links": [link] if name == "hmi.B_720s" else []})


def _patches(root: Path) -> None:
    """HMI's active-region patches."""
    shared = {"QUALITY": "0x00000000", "CRLT_OBS": 3.14159, "TELESCOP": "SDO/HMI"}
    patches = {"hmi.sharp_720s": (4864, "2014.11.30_00:00:00_TAI", 1, ("continuum", "magnetogram"))}
    patches |= {"hmi.sharp_cea_720s": (3604, "2014.01.01_00:00:00_TAI", _counted(), ("Bp", "magnetogram"))}
    for name, (harp, start, n, segments) in patches.items():
        slots = _tai(start, 720, n)
        rows = [{"keywords": {"HARPNUM": harp, "T_REC": time, **shared}, "segments": _segments(*segments)} for time in slots]
        types = {"HARPNUM": "int", "T_REC": "time", **_types(shared)}
        _write(root, name, rows, _struct(("HARPNUM", "T_REC"), types, segments, {"T_REC": 720}))


def _counted() -> int:
    """How many patches the installed sunpy's suite counts in HARP 3604: JSOC has added some between its versions."""
    suite = resources.files("sunpy.net.jsoc.tests") / "test_jsoc.py"
    return int(re.search(r"len\(seg_res\) == (\d+)", suite.read_text())[1])


def _others(root: Path) -> None:
    """Series of single tests."""
    parts = ("split", "rot", "err")
    keywords = [{"T_START": "2024.09.19_00:00:00_TAI", "LMIN": 0, "NACOEFF": n} for n in (6, 18, 36)]
    types = {"T_START": "time", "LMIN": "int", "NACOEFF": "int"}
    rows = [{"keywords": words, "segments": _segments(*parts)} for words in keywords]
    _write(root, "hmi.v_sht_2drls", rows, _struct(("T_START", "LMIN", "NACOEFF"), types, parts))
    row = {"keywords": {"CAR_ROT": 2150}, "segments": _segments("synopMr")}
    _write(root, "hmi.synoptic_mr_720s", [row], _struct(("CAR_ROT",), {"CAR_ROT": "int"}, ("synopMr",)))
    slots = enumerate(_every("2014-01-01T00:00:10Z", 20, 12))
    rows = [{"T_OBS": time, "FSN": i, "INSTRUME": "FUV" if i % 2 else "NUV"} for i, time in slots]
    _write(root, "iris.lev1", rows, _struct(("T_OBS", "FSN"), {"T_OBS": "iso", "FSN": "int", "INSTRUME": "string"}, ()))
    for name in ("mdi.fd_V", "mdi.fd_M_lev182"):
        _write(root, name, [], _struct(("T_REC",), {"T_REC": "time"}, ()))


def _segments(*names: str) -> dict[str, str]:
    """Files of the segments."""
    special = {"split": "splittings.out", "rot": "rot.2d", "err": "err.2d"}
    return {name: f"files/{special.get(name, f'{name}.fits')}" for name in names}


def _types(values: Mapping) -> dict[str, str]:
    """Keyword types of example values."""
    kinds = {int: "int", float: "double", str: "string"}
    return {name: "int" if name == "QUALITY" else kinds[type(value)] for name, value in values.items()}


def _struct(
    primekeys: tuple[str, ...], types: Mapping[str, str], segments: Iterable[str], steps: Mapping | None = None
) -> dict:
    """A ``series_struct`` description."""
    steps = steps or {}
    clocks = {"time": {"type": "time", "units": "TAI", "format": "0"}, "iso": {"type": "time", "units": "ISO", "format": "2"}}
    entries = [{"name": name, "note": "", "units": "none", **clocks.get(kind, {"type": kind})} for name, kind in types.items()]
    entries = [{**entry, "defval": "0x80000000"} if entry["name"] == "QUALITY" else entry for entry in entries]
    info = [{"name": key, "slotted": int(key in steps), **({"step": steps[key]} if key in steps else {})} for key in primekeys]
    parts = [{"name": name, "type": "int", "units": None, "protocol": "fits", "dims": "8x8", "note": ""} for name in segments]
    return {"primekeys": primekeys, "primekeysinfo": info, "keywords": entries, "segments": parts, "links": []}


def _write(root: Path, name: str, rows: list, struct: Mapping | None = None) -> None:
    """One table file."""
    assert struct or known(name)
    (root / f"{name}.json").write_text(json.dumps({"series": name, "records": rows, **({"struct": struct} if struct else {})}))


def _every(first: str, step: float, n: int) -> list[str]:
    """ISO times."""
    return [times.iso(times.parse(first) + timedelta(seconds=step * i)) for i in range(n)]


def _tai(first: str, step: float, n: int) -> list[str]:
    """TAI times."""
    start = times.tai_seconds(times.parse(first))
    return [time_text(times.from_tai(start + step * i), "TAI", 0) for i in range(n)]
