"""The 178 keywords of a level-1 record, as JSOC prints them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from helioreduce.io import fits
from helioreduce.sun.ephemeris import AU_M, RSUN_M
from helioreduce.sun.instrument import CADENCE_S, CHANNELS, SATURATED_DN
from helioreduce.sun.scenario import Facts
from helioreduce.times import tai_seconds

if TYPE_CHECKING:
    from astropy.io.fits import Header

MISSING = "MISSING"
#: Value of a pixel that never reached the ground.
BLANK = -32768
#: Seconds between the on-board epoch (1958.01.01 TAI) and JSOC's.
_ONBOARD_S = 599616000

#: Name and print format of every keyword, in the order of JSOC's replies (a record of 2020): s text, i integer, x
#: hexadecimal, f with decimals, t time with decimals.
_LISTED = """
T_REC:t0 T_OBS:t2 WAVELNTH:i DATE:t0 FSN:i EXPTIME:f6 QUALITY:x ORIGIN:s TELESCOP:s INSTRUME:s DATE__OBS:t2 DATE-OBS:t2
CAMERA:i IMG_TYPE:s EXPSDEV:f6 INT_TIME:f6 WAVEUNIT:s WAVE_STR:s FID:i QUALLEV0:x TOTVALS:i DATAVALS:i MISSVALS:i
PERCENTD:f2 DATAMIN:i DATAMAX:i DATAMEDN:i DATAMEAN:f4 DATARMS:f2 DATASKEW:f2 DATAKURT:f2 DATACENT:f2 DATAP01:f2
DATAP10:f2 DATAP25:f2 DATAP75:f2 DATAP90:f2 DATAP95:f2 DATAP98:f2 DATAP99:f2 NSATPIX:i OSCNMEAN:f6 OSCNRMS:f6 FLAT_REC:s
NSPIKES:i CTYPE1:s CUNIT1:s CRVAL1:f6 CDELT1:f6 CRPIX1:f6 CTYPE2:s CUNIT2:s CRVAL2:f6 CDELT2:f6 CRPIX2:f6 CROTA2:f6
R_SUN:f6 MPO_REC:s INST_ROT:f6 IMSCL_MP:f6 X0_MP:f6 Y0_MP:f6 ASD_REC:s SAT_Y0:f6 SAT_Z0:f6 SAT_ROT:f6 ACS_MODE:s
ACS_ECLP:s ACS_SUNP:s ACS_SAFE:s ACS_CGT:s ORB_REC:s DSUN_REF:f1 DSUN_OBS:f2 RSUN_REF:f1 RSUN_OBS:f6 GAEX_OBS:f2
GAEY_OBS:f2 GAEZ_OBS:f2 HAEX_OBS:f2 HAEY_OBS:f2 HAEZ_OBS:f2 OBS_VR:f6 OBS_VW:f6 OBS_VN:f6 CAR_ROT:i CRLT_OBS:f6
CRLN_OBS:f6 HGLN_OBS:f6 HGLT_OBS:f6 ROI_NWIN:i CALVER32:i ROI_SUM:i ROI_NAX1:i ROI_NAY1:i ROI_LLX1:i ROI_LLY1:i
ROI_NAX2:i ROI_NAY2:i ROI_LLX2:i ROI_LLY2:i PIXLUNIT:s DN_GAIN:f3 EFF_AREA:f3 EFF_AR_V:f3 TEMPCCD:f3 TEMPGT:f3
TEMPSMIR:f3 TEMPFPAD:f3 ISPSNAME:s ISPPKTIM:t2 ISPPKTVN:s AIVNMST:i AIMGOTS:i ASQHDR:i ASQTNUM:i ASQFSN:i AIAHFSN:i
AECDELAY:i AIAECTI:i AIASEN:i AIFDBID:i AIMGOTSS:i AIFCPS:i AIFTSWTH:i AIFRMLID:i AIFTSID:i AIHISMXB:i AIHIS192:i
AIHIS348:i AIHIS604:i AIHIS860:i AIFWEN:i AIMGSHCE:i AECTYPE:i AECMODE:s AISTATE:s AIAECENF:i AIFILTYP:i AIMSHOBC:f6
AIMSHOBE:f6 AIMSHOTC:f6 AIMSHOTE:f6 AIMSHCBC:f6 AIMSHCBE:f6 AIMSHCTC:f6 AIMSHCTE:f6 AICFGDL1:i AICFGDL2:i AICFGDL3:i
AICFGDL4:i AIFOENFL:i AIMGFSN:i AIMGTYP:i AIAWVLEN:i AIAGP1:i AIAGP2:i AIAGP3:i AIAGP4:i AIAGP5:i AIAGP6:i AIAGP7:i
AIAGP8:i AIAGP9:i AIAGP10:i AGT1SVY:i AGT1SVZ:i AGT2SVY:i AGT2SVZ:i AGT3SVY:i AGT3SVZ:i AGT4SVY:i AGT4SVZ:i AIMGSHEN:i
KEYWDDOC:s LVL_NUM:f6 T_REC_step:f6 T_REC_epoch:s"""
NAMES = dict(entry.split(":") for entry in _LISTED.split())
#: FITS names of the keywords whose DRMS name is none.
FITS_NAMES = {"DATE__OBS": "DATE-OBS", "T_REC_step": "TRECSTEP", "T_REC_epoch": "TRECEPOC"}
#: What is the same in every record.
_ALWAYS = {
    **{"ORIGIN": "SDO/JSOC-SDP", "TELESCOP": "SDO/AIA", "IMG_TYPE": "LIGHT", "WAVEUNIT": "angstrom", "FID": 0, "QUALLEV0": 0},
    **{"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0},
    **{"ACS_MODE": "SCIENCE", "ACS_ECLP": "NO", "ACS_SUNP": "YES", "ACS_SAFE": "NO", "ACS_CGT": "GT3", "HGLN_OBS": 0.0},
    **{"DSUN_REF": AU_M, "RSUN_REF": RSUN_M, "PIXLUNIT": "DN", "EFF_AR_V": 3.0, "ISPSNAME": "aia.lev0_isp_0011"},
    **{"ISPPKTVN": "001.197", "AIVNMST": 453, "AIAECTI": 0, "AIASEN": 0, "AIFDBID": 241, "AIFTSWTH": 0, "AIHISMXB": 7},
    **{"AECTYPE": 0, "AECMODE": "ON", "AISTATE": "CLOSED", "AIAECENF": 1, "AIFILTYP": 0, "AIFOENFL": 1, "AIMGTYP": 0},
    **{"AICFGDL1": 0, "AICFGDL4": 236, "AIFWEN": 204, "AIFTSID": 40960, "AIFRMLID": 3122, "AIAGP10": 748, "LVL_NUM": 1.0},
    **{f"AIAGP{i}": 0 for i in range(1, 8)},
    "KEYWDDOC": "http://www.lmsal.com/sdodocs/aiafitskeywords.pdf",
    "T_REC_epoch": "1993.01.01_00:00:04_TAI",
}
#: Position in the wavelength table of the flight software, and of the focus mechanism.
_WAVELENGTH_ID = {94: 9, 131: 1, 171: 7, 193: 3, 211: 2, 304: 8, 335: 0, 1600: 4, 1700: 5, 4500: 6}
_FOCUS = {94: 4, 131: 12, 171: 10, 193: 52, 211: 62, 304: 12, 335: 20, 1600: 10, 1700: 10, 4500: 10}
_PERCENTILES = (1, 10, 25, 75, 90, 95, 98, 99)
#: Keywords that a record without image lacks.
STATISTICS = (
    *("DATAVALS", "DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS", "DATASKEW", "DATAKURT", "DATACENT", "NSATPIX"),
    *(f"DATAP{p:02d}" for p in _PERCENTILES),
)


def record(facts: Facts, image: np.ndarray, nspikes: int, changes: Mapping[str, object] | None = None) -> dict[str, str]:
    """Keywords of one frame, DRMS name to text in DRMS print format.

    Parameters
    ----------
    image
        Level-1 counts (ny, nx), DN.
    nspikes
        Pixels that the despiker replaced.
    changes
        Values of the scenario that overrule the usual ones.
    """
    values = {
        **_ALWAYS,
        **_times(facts),
        **_detector(facts),
        **_pointing(facts),
        **_orbit(facts),
        **_housekeeping(facts),
        **statistics(image),
        "NSPIKES": nspikes,
        "QUALITY": facts.quality,
        **(changes or {}),
    }
    return {name: text(code, values.get(name)) for name, code in NAMES.items()}


def text(code: str, value: object) -> str:
    """A value in JSOC's print format; ``None`` and NaN are MISSING."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return MISSING
    if isinstance(value, datetime):
        return _time(value, int(code[1]))
    if code == "x":
        return f"0x{int(value) & 0xFFFFFFFF:08x}"
    return f"{value:.{code[1]}f}" if code[0] == "f" else str(value)


def stored_header(keywords: Mapping[str, str], facts: Facts, mode: str = "fresh") -> Header:
    """Header of the stored image: cards of ``aia.lev1``, with its T_REC of 1 s.

    ``fresh``: the record's keywords. ``stale``: pointing, gain and date as they were before the database was corrected.
    ``bare``: no cards.
    """
    header = fits.cards()
    if mode == "bare":
        return header
    second = facts.t_obs + timedelta(microseconds=500000)
    for name, code in NAMES.items():
        if name != "DATE-OBS" and name != "CALVER32":
            header[FITS_NAMES.get(name, name)] = card_value(code, keywords[name])
    for name in ("DATE", "DATE-OBS"):
        header[name] = header[name].removesuffix("Z")
    header.update(T_REC=_time(second, 0), TRECSTEP=1.0, TRECEPOC="1977.01.01_00:00:00_TAI", TRECROUN=1, BLD_VERS="V9R2X")
    if mode == "stale":
        header.update(
            {name: round(header[name] * 0.9995, 6) for name in ("INST_ROT", "CROTA2", "CDELT1", "CDELT2", "IMSCL_MP")}
        )
        header.update(MPO_REC="sdo.master_pointing[:#1]", DN_GAIN=1.0, EFF_AREA=1.0)
        header["DATE"] = facts.t_obs.strftime("%Y-%m-%dT23:59:59")
    return header


def card_value(code: str, value: str) -> str | int | float:
    """FITS value of a DRMS text: missing integers are −2³¹, other missing values the text ``nan``; hexadecimal is signed."""
    if code == "x":
        number = int(value, 16)
        return number - 2**32 if number >= 2**31 else number
    if code == "i":
        return -(2**31) if value == MISSING else int(value)
    if code[0] == "f":
        return "nan" if value == MISSING else float(value)
    return "" if value == MISSING else value


def statistics(image: np.ndarray) -> dict[str, object]:
    """DATAMIN to DATAP99, NSATPIX and the counts of pixels, from the histogram of the counts; BLANK pixels are missing."""
    seen = image[image != BLANK]
    lowest = int(seen.min())
    number = np.bincount((seen.ravel() - np.int16(lowest)).view(np.uint16))
    counts = np.arange(number.size) + lowest
    mean = float(np.average(counts, weights=number))
    rms = max(float(np.sqrt(np.average((counts - mean) ** 2, weights=number))), 1e-6)
    below = np.cumsum(number)
    rank = {p: float(counts[np.searchsorted(below, p / 100 * seen.size)]) for p in (50, *_PERCENTILES)}
    centre = image[:, image.shape[1] // 2]
    return {
        **{"TOTVALS": image.size, "DATAVALS": seen.size, "MISSVALS": image.size - seen.size},
        **{"PERCENTD": 100 * seen.size / image.size, "DATAMIN": lowest, "DATAMAX": int(counts[-1]), "DATAMEDN": int(rank[50])},
        **{"DATAMEAN": mean, "DATARMS": rms, "DATACENT": float(centre[centre != BLANK].mean())},
        "DATASKEW": float(np.average(((counts - mean) / rms) ** 3, weights=number)),
        "DATAKURT": float(np.average(((counts - mean) / rms) ** 4, weights=number)) - 3,
        "NSATPIX": int(number[counts > SATURATED_DN].sum()),
        **{f"DATAP{p:02d}": rank[p] for p in _PERCENTILES},
        **{f"AIHIS{bin_}": int(below[min(max(top - lowest, 0), below.size - 1)] // 2) for bin_, top in _HISTOGRAM.items()},
    }


#: Bins of the on-board histogram of one half of the image, and the DN up to which each counts.
_HISTOGRAM = {192: -1, 348: 30, 604: 400, 860: 16383}


def _times(facts: Facts) -> dict[str, object]:
    """Times of the frame; DATE is six days later, as in JSOC's definitive processing."""
    made = (facts.t_obs + timedelta(days=6)).replace(hour=15, minute=5, second=22, microsecond=0)
    return {
        **{"T_REC": facts.t_rec, "T_OBS": facts.t_obs, "DATE__OBS": facts.date_obs, "DATE-OBS": facts.date_obs, "DATE": made},
        **{"EXPTIME": facts.exposure_s, "EXPSDEV": 0.00013, "INT_TIME": round(facts.exposure_s + 0.27, 1)},
        **{"ISPPKTIM": facts.t_obs - timedelta(seconds=3.06), "T_REC_step": float(CADENCE_S[facts.channel.kind])},
        "AIMGOTS": int(tai_seconds(facts.date_obs)) + _ONBOARD_S,
        "AIMGOTSS": int(tai_seconds(facts.date_obs) % 1 * 65536),
    }


def _detector(facts: Facts) -> dict[str, object]:
    """Which camera, which filter, and what a photon is worth."""
    where = facts.channel
    order = list(CHANNELS).index(where.name)
    return {
        **{"WAVELNTH": where.name, "WAVE_STR": where.wave_str, "CAMERA": where.camera, "INSTRUME": f"AIA_{where.camera}"},
        **{"FSN": facts.fsn, "ASQFSN": facts.fsn, "AIAHFSN": facts.fsn - 10, "ASQTNUM": where.camera - 1},
        **{
            "ASQHDR": ((where.camera - 1) << 30) + facts.fsn,
            "AIAWVLEN": _WAVELENGTH_ID[where.name],
            "AIFCPS": _FOCUS[where.name],
        },
        **{"DN_GAIN": where.gain, "EFF_AREA": where.area, "FLAT_REC": f"aia.flatfield[:#{551 + order}]", "AIMGFSN": order % 8},
    }


def _pointing(facts: Facts) -> dict[str, object]:
    """World coordinates as the header tells them."""
    reported = facts.reported
    return {
        "X0_MP": reported.x0,
        "Y0_MP": reported.y0,
        "CRPIX1": reported.x0 + 1,
        "CRPIX2": reported.y0 + 1,
        "IMSCL_MP": reported.scale,
        "CDELT1": reported.scale,
        "CDELT2": reported.scale,
        "INST_ROT": reported.roll - facts.sat_rot,
        "SAT_ROT": facts.sat_rot,
        "CROTA2": reported.roll,
        "R_SUN": facts.observer.rsun_arcsec / reported.scale,
        "SAT_Y0": -6.999781,
        "SAT_Z0": 10.736027,
        "MPO_REC": f"sdo.master_pointing[:#{int(tai_seconds(facts.t_obs) // 604800) - 1300}]",
        "ASD_REC": f"sdo.lev0_asd_0004[:#{int(tai_seconds(facts.t_obs) // 4)}]",
    }


def _orbit(facts: Facts) -> dict[str, object]:
    """Where SDO is and how it moves."""
    seen = facts.observer
    hour = (facts.t_obs + timedelta(minutes=30)).replace(minute=0, second=0)
    return {
        **{f"GAE{axis}_OBS": float(value) for axis, value in zip("XYZ", seen.gae, strict=True)},
        **{f"HAE{axis}_OBS": float(value) for axis, value in zip("XYZ", seen.hae, strict=True)},
        **{f"OBS_V{axis}": float(value) for axis, value in zip("RWN", seen.velocity, strict=True)},
        **{"DSUN_OBS": seen.distance_m, "RSUN_OBS": seen.rsun_arcsec, "CAR_ROT": seen.rotation},
        **{"CRLN_OBS": seen.longitude, "CRLT_OBS": seen.latitude, "HGLT_OBS": seen.latitude},
        "ORB_REC": f"sdo.fds_orbit_vectors[{hour:%Y.%m.%d_%H:%M:%S}_UTC]",
    }


def _housekeeping(facts: Facts) -> dict[str, object]:
    """Temperatures, shutter and guide telescopes: typical values that tell the frames of a series apart."""
    where, salt = facts.channel, facts.fsn % 7
    exposure_ms = round(where.exposure_s * 10) * 100
    delay = 137 if exposure_ms == 2000 else 24
    shutter = {"BC": 54.752, "BE": 68.72, "TC": 40.516, "TE": 25.528}
    return {
        **{"TEMPCCD": -70.0 + where.camera % 2, "TEMPGT": 15.43, "TEMPSMIR": 36.921, "TEMPFPAD": 16.703},
        **{"AECDELAY": 1533 + salt, "AIMGSHCE": exposure_ms, "AIMGSHEN": 12 + salt % 2},
        **{"AICFGDL2": delay, "AICFGDL3": delay + 64, "AIAGP8": delay + 256, "AIAGP9": delay + 320},
        **{f"AIMSHO{edge}": shift for edge, shift in shutter.items()},
        **{f"AIMSHC{edge}": exposure_ms + shift for edge, shift in shutter.items()},
        **{f"AGT{i}SV{axis}": (salt * (3 * i + j) + facts.fsn) % 17 - 8 for i in range(1, 5) for j, axis in enumerate("YZ")},
    }


def _time(value: datetime, decimals: int) -> str:
    """UTC as JSOC prints it: ``2014-01-01T00:00:08.57Z``, cut to the decimals."""
    fraction = f".{value.microsecond // 10 ** (6 - decimals):0{decimals}d}" if decimals else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"
