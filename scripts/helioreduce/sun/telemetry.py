"""Keywords of a frame that do not depend on its pixels: times, detector, pointing, orbit, housekeeping."""

from __future__ import annotations

from datetime import timedelta

from helioreduce.constants import RSUN_M
from helioreduce.io.provenance import SIMULATED
from helioreduce.sun.ephemeris import AU_M
from helioreduce.sun.instrument import CHANNELS
from helioreduce.sun.scenario import Facts
from helioreduce.times import tai_seconds

#: Seconds between the on-board epoch (1958.01.01 TAI) and JSOC's.
_ONBOARD_S = 599616000
#: Values that all records share.
CONSTANT: dict[str, object] = {
    "ORIGIN": f"{SIMULATED} by helioreduce", "TELESCOP": "SDO/AIA", "IMG_TYPE": "LIGHT", "WAVEUNIT": "angstrom", "FID": 0,
    "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0,
    "ACS_MODE": "SCIENCE", "ACS_ECLP": "NO", "ACS_SUNP": "YES", "ACS_SAFE": "NO", "ACS_CGT": "GT3", "HGLN_OBS": 0.0,
    "DSUN_REF": AU_M, "RSUN_REF": RSUN_M, "PIXLUNIT": "DN", "EFF_AR_V": 3.0, "ISPSNAME": "aia.lev0_isp_0011",
    "ISPPKTVN": "001.197", "AIVNMST": 453, "AIAECTI": 0, "AIASEN": 0, "AIFDBID": 241, "AIFTSWTH": 0, "AIHISMXB": 7,
    "AECTYPE": 0, "AECMODE": "ON", "AISTATE": "CLOSED", "AIAECENF": 1, "AIFILTYP": 0, "AIFOENFL": 1, "AIMGTYP": 0,
    "AICFGDL1": 0, "AICFGDL4": 236, "AIFWEN": 204, "AIFTSID": 40960, "AIFRMLID": 3122, "AIAGP10": 748, "LVL_NUM": 1.0,
    "AIAGP1": 0, "AIAGP2": 0, "AIAGP3": 0, "AIAGP4": 0, "AIAGP5": 0, "AIAGP6": 0, "AIAGP7": 0, "QUALLEV0": 0,
    "KEYWDDOC": "http://www.lmsal.com/sdodocs/aiafitskeywords.pdf", "T_REC_epoch": "1993.01.01_00:00:04_TAI",
}  # fmt: skip
#: Position in the wavelength table of the flight software, and of the focus mechanism.
_WAVELENGTH_ID = {94: 9, 131: 1, 171: 7, 193: 3, 211: 2, 304: 8, 335: 0, 1600: 4, 1700: 5, 4500: 6}
_FOCUS = {94: 4, 131: 12, 171: 10, 193: 52, 211: 62, 304: 12, 335: 20, 1600: 10, 1700: 10, 4500: 10}


def values(facts: Facts) -> dict[str, object]:
    """Return the values of all keywords that do not depend on the pixels, by name."""
    return CONSTANT | _times(facts) | _detector(facts) | _pointing(facts) | _orbit(facts) | _housekeeping(facts)


def _times(facts: Facts) -> dict[str, object]:
    """Return the times of the frame; DATE is six days later, as in JSOC's definitive processing."""
    started_s = tai_seconds(facts.date_obs)
    return {
        "T_REC": facts.t_rec,
        "T_OBS": facts.t_obs,
        "DATE__OBS": facts.date_obs,
        "DATE-OBS": facts.date_obs,
        "DATE": (facts.t_obs + timedelta(days=6)).replace(hour=15, minute=5, second=22, microsecond=0),
        "EXPTIME": facts.exposure_s,
        "EXPSDEV": 0.00013,
        "INT_TIME": round(facts.exposure_s + 0.27, 1),
        "ISPPKTIM": facts.t_obs - timedelta(seconds=3.06),
        "T_REC_step": facts.channel.series.slot_s,
        "AIMGOTS": int(started_s) + _ONBOARD_S,
        "AIMGOTSS": int(started_s % 1 * 65536),
    }


def _detector(facts: Facts) -> dict[str, object]:
    """Return the camera, the filter, and what a photon is worth."""
    channel, fsn = facts.channel, facts.fsn
    order = list(CHANNELS).index(channel.name)
    return {
        "WAVELNTH": channel.name,
        "WAVE_STR": channel.wave_str,
        "CAMERA": channel.camera,
        "INSTRUME": f"AIA_{channel.camera}",
        "FSN": fsn,
        "ASQFSN": fsn,
        "AIAHFSN": fsn - 10,
        "ASQTNUM": channel.camera - 1,
        "ASQHDR": ((channel.camera - 1) << 30) + fsn,
        "AIAWVLEN": _WAVELENGTH_ID[channel.name],
        "AIFCPS": _FOCUS[channel.name],
        "DN_GAIN": channel.gain,
        "EFF_AREA": channel.area,
        "FLAT_REC": f"aia.flatfield[:#{551 + order}]",
        "AIMGFSN": order % 8,
    }


def _pointing(facts: Facts) -> dict[str, object]:
    """Return the world coordinates that the header reports."""
    reported, seconds = facts.reported, tai_seconds(facts.t_obs)
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
        "MPO_REC": f"sdo.master_pointing[:#{int(seconds // 604800) - 1300}]",
        "ASD_REC": f"sdo.lev0_asd_0004[:#{int(seconds // 4)}]",
    }


def _orbit(facts: Facts) -> dict[str, object]:
    """Return the position and velocity of SDO."""
    observer = facts.observer
    hour = (facts.t_obs + timedelta(minutes=30)).replace(minute=0, second=0)
    vectors = {f"GAE{axis}_OBS": float(value) for axis, value in zip("XYZ", observer.gae, strict=True)}
    vectors |= {f"HAE{axis}_OBS": float(value) for axis, value in zip("XYZ", observer.hae, strict=True)}
    vectors |= {f"OBS_V{axis}": float(value) for axis, value in zip("RWN", observer.velocity, strict=True)}
    return {
        **vectors,
        "DSUN_OBS": observer.distance_m,
        "RSUN_OBS": observer.rsun_arcsec,
        "CAR_ROT": observer.rotation,
        "CRLN_OBS": observer.longitude,
        "CRLT_OBS": observer.latitude,
        "HGLT_OBS": observer.latitude,
        "ORB_REC": f"sdo.fds_orbit_vectors[{hour:%Y.%m.%d_%H:%M:%S}_UTC]",
    }


def _housekeeping(facts: Facts) -> dict[str, object]:
    """Return temperatures, shutter and guide telescopes: typical values that tell the frames of a series apart."""
    channel, salt = facts.channel, facts.fsn % 7
    exposure_ms = round(facts.exposure_s * 10) * 100  # as commanded: a tenth in frames that the exposure control shortened
    delay = 137 if exposure_ms == 2000 else 24
    values: dict[str, object] = {
        "TEMPCCD": -70.0 + channel.camera % 2,
        "TEMPGT": 15.43,
        "TEMPSMIR": 36.921,
        "TEMPFPAD": 16.703,
        "AECDELAY": 1533 + salt,
        "AIMGSHCE": exposure_ms,
        "AIMGSHEN": 12 + salt % 2,
        "AICFGDL2": delay,
        "AICFGDL3": delay + 64,
        "AIAGP8": delay + 256,
        "AIAGP9": delay + 320,
    }
    for edge, shift in {"BC": 54.752, "BE": 68.72, "TC": 40.516, "TE": 25.528}.items():
        values |= {f"AIMSHO{edge}": shift, f"AIMSHC{edge}": exposure_ms + shift}
    for i in range(1, 5):
        values |= {f"AGT{i}SV{axis}": (salt * (3 * i + j) + facts.fsn) % 17 - 8 for j, axis in enumerate("YZ")}
    return values
