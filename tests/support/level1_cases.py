"""Level-1 files as people have them: what each one is, and what is to become of it.

Every case is a header and a small array, cut out of a 171 Å frame at detector pixel (1000, 900).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits

SIDE, LEFT, BOTTOM = 64, 1000, 900
#: What JSOC's header of a cut-out says, as far as the reduction, or its checks, read it.
HEADER = {
    "TELESCOP": "SDO/AIA", "INSTRUME": "AIA_3", "WAVELNTH": 171, "WAVEUNIT": "angstrom", "LVL_NUM": 1.0, "PIXLUNIT": "DN",
    "QUALITY": 0, "IMG_TYPE": "LIGHT", "ACS_MODE": "SCIENCE", "ACS_ECLP": "NO", "ACS_SUNP": "YES", "ACS_SAFE": "NO",
    "AISTATE": "CLOSED", "TOTVALS": 4096**2, "DATAVALS": SIDE**2, "MISSVALS": 4096**2 - SIDE**2, "PERCENTD": 100.0,
    "NSPIKES": 366, "EXPTIME": 1.999605, "AIMGSHCE": 2000, "CAMERA": 3,
    "T_REC": "2014-01-01T00:00:00.000", "T_OBS": "2014-01-01T00:00:00.340", "DATE-OBS": "2013-12-31T23:59:59.340",
    "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0,
    "CDELT1": 0.599489, "CDELT2": 0.599489, "CRPIX1": 2053.85 - LEFT, "CRPIX2": 2047.57 - BOTTOM, "CROTA2": 0.0192973,
    "INST_ROT": 0.019327, "SAT_ROT": -0.0000297, "IMSCL_MP": 0.599489, "X0_MP": 2052.85, "Y0_MP": 2046.57,
    "RSUN_OBS": 975.27, "R_SUN": 1626.8, "DSUN_OBS": 147103000000.0,
}  # fmt: skip
ROLL = np.deg2rad(HEADER["CROTA2"])
TURNED = np.array([[np.cos(ROLL), -np.sin(ROLL)], [np.sin(ROLL), np.cos(ROLL)]])
CD = {f"CD{i + 1}_{j + 1}": float(0.599489 * TURNED[i, j]) for i in (0, 1) for j in (0, 1)}
PC = {f"PC{i + 1}_{j + 1}": float(TURNED[i, j]) for i in (0, 1) for j in (0, 1)}
NO_ROLL = {"CROTA2": None}
MISSING_INTEGER = -(2**31)
Pixels = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Case:
    """One file: the cards that differ (None: absent), its pixels, and what must be said of it (None: it is reduced)."""

    name: str
    cards: Mapping[str, object] = field(default_factory=dict)
    says: str | None = None
    pixels: Pixels = lambda counts: counts
    caveat: str = ""

    def header(self) -> fits.Header:
        """The header, as it is written."""
        header = fits.Header(HEADER)
        for key, value in self.cards.items():
            if value is None:
                header.remove(key, ignore_missing=True)
            elif key == "HISTORY":
                header.add_history(value)
            else:
                header[key] = value
        return header

    def hdu(self) -> fits.PrimaryHDU:
        """The HDU, its pixels as they are stored."""
        counts = np.random.default_rng(1).poisson(300, (SIDE, SIDE)).astype(np.int16)
        return fits.PrimaryHDU(self.pixels(counts), self.header())


def real(counts: np.ndarray) -> np.ndarray:
    """Whole numbers stored as reals, as JSOC's cut-outs of some series are."""
    return counts.astype(np.float32)


def rate(counts: np.ndarray) -> np.ndarray:
    """Divided by the exposure time."""
    return counts.astype(np.float32) / np.float32(HEADER["EXPTIME"])


def smooth(counts: np.ndarray) -> np.ndarray:
    """Interpolated half a pixel along x, as any registration does: counts are no more whole numbers."""
    return (counts + np.roll(counts, 1, axis=1)).astype(np.float32) / 2 + np.float32(0.125)


def holes(value: float, kind: type = np.float32) -> Pixels:
    """A block of 5 × 4 pixels with one value."""

    def with_hole(counts: np.ndarray) -> np.ndarray:
        counts = counts.astype(kind)
        counts[30:35, 20:24] = value
        return counts

    return with_hole


def quality(bit: int) -> dict[str, object]:
    """QUALITY with one bit, as a header has it: signed."""
    return {"QUALITY": (1 << bit) - (2**32 if bit == 31 else 0)}


NOT_SUN = (
    Case("dark", {"IMG_TYPE": "DARK"}, "IMG_TYPE = DARK: dark image"),
    Case("eclipse", {"ACS_ECLP": "YES"}, "ACS_ECLP = YES: eclipse"),
    Case("calibration-mode", {"ACS_MODE": "CALIBRATION"}, "ACS_MODE = CALIBRATION: spacecraft not in SCIENCE mode"),
    Case("sun-absent", {"ACS_SUNP": "NO"}, "ACS_SUNP = NO: Sun not present"),
    Case("safe-mode", {"ACS_SAFE": "YES"}, "ACS_SAFE = YES: safe mode"),
    Case("open-loop", {"AISTATE": "OPEN"}, "AISTATE = OPEN: image stabilisation loop open"),
    Case("half-lost", {"PERCENTD": 50.0}, "PERCENTD = 50.0: more than 25 % of pixels missing"),
    Case("half-lost-text", {"PERCENTD": "49.90"}, "PERCENTD = 49.90: more than 25 % of pixels missing"),
    Case("quality-percent", quality(11), "QUALITY bit 11: more than 25 % of pixels missing"),
    Case("quality-mode", quality(12), "QUALITY bit 12: spacecraft not in SCIENCE mode"),
    Case("quality-eclipse", quality(13), "QUALITY bit 13: eclipse"),
    Case("quality-dark", quality(16), "QUALITY bit 16: dark image"),
    Case("quality-hexadecimal", {"QUALITY": "0x00020000"}, "QUALITY bit 17: image stabilisation loop open"),
    Case("quality-calibration", quality(18), "QUALITY bit 18: calibration image"),
    Case("quality-focus", quality(20), "QUALITY bit 20: focus out of range"),
    Case("quality-near-real-time", quality(30), "QUALITY bit 30: near-real-time data"),
    Case("quality-no-image", quality(31), "QUALITY bit 31: no image"),
    Case("quality-words", {"QUALITY": "good"}, "QUALITY = 'good' is not a number"),
    Case("quality-absent", {"QUALITY": None}),
    Case("quality-few-missing", quality(8)),
    Case("quality-blank", {"QUALITY": fits.card.Undefined()}, "QUALITY bit 31: no image"),
    Case("cards-of-quality-blank", dict.fromkeys(("IMG_TYPE", "ACS_MODE", "ACS_SUNP", "PERCENTD"), fits.card.Undefined())),
    Case("cards-of-quality-absent", dict.fromkeys(("IMG_TYPE", "ACS_MODE", "ACS_ECLP", "ACS_SUNP", "AISTATE", "PERCENTD"))),
)
RATE = "is a rate: level 1 in DN is needed"
NOT_COUNTS = (
    Case("rate-spaces", {"BUNIT": "DN / s"}, f"BUNIT = 'DN / s' {RATE}"),
    Case("rate", {"BUNIT": "DN/s"}, f"BUNIT = 'DN/s' {RATE}"),
    Case("rate-sec", {"BUNIT": "DN/sec"}, f"BUNIT = 'DN/sec' {RATE}"),
    Case("rate-power", {"BUNIT": "DN s-1"}, f"BUNIT = 'DN s-1' {RATE}"),
    Case("rate-counts", {"BUNIT": "ct / s"}, f"BUNIT = 'ct / s' {RATE}"),
    Case("rate-per-pixel", {"BUNIT": "DN / (pix s)"}, f"BUNIT = 'DN / (pix s)' {RATE}"),
    Case("rate-pixlunit", {"PIXLUNIT": "DN/s"}, f"PIXLUNIT = 'DN/s' {RATE}"),
    Case("map-divided", {"BUNIT": "DN / s"}, f"BUNIT = 'DN / s' {RATE}", rate),
    Case("divided-exptime-1", {"EXPTIME": 1.0}, "EXPTIME = 1 s, but 2 s were commanded", rate),
    Case("electrons", {"BUNIT": "electron"}, "BUNIT = 'electron': level 1 in DN is needed"),
    Case("photons", {"BUNIT": "photon"}, "BUNIT = 'photon': level 1 in DN is needed"),
    Case("radiance", {"BUNIT": "W / (m2 sr)"}, "BUNIT = 'W / (m2 sr)': level 1 in DN is needed"),
    Case("unit-unknown", {"BUNIT": "brightness"}, "BUNIT = 'brightness' is no unit that is known"),
    Case("unit-DN", {"BUNIT": "DN"}),
    Case("unit-ct", {"BUNIT": "ct"}),
    Case("unit-counts", {"BUNIT": "counts"}),
    Case("unit-per-pixel", {"BUNIT": "DN / pix"}),
    Case("unit-blank", {"BUNIT": "", "PIXLUNIT": None}),
    Case("divided-unit-lost", {}, None, rate, "counts are not whole numbers"),
    Case("exposure-ms", {"EXPTIME": 1999.605}, "EXPTIME = 1999.61: no exposure of AIA is longer than 60 s"),
    Case("exposure-ms-short", {"EXPTIME": 30.0, "AIMGSHCE": 30}, "EXPTIME = 30 s, but 0.03 s were commanded"),
    Case("exposure-none", {"EXPTIME": None}, "the keyword EXPTIME is missing"),
    Case("exposure-zero", {"EXPTIME": 0.0}, "EXPTIME = 0.0 s is not positive"),
    Case("exposure-nan", {"EXPTIME": "nan"}, "EXPTIME has no value"),
    Case("exposure-text", {"EXPTIME": "2 s"}, "EXPTIME = '2 s' is not a number"),
    Case("exposure-short", {"EXPTIME": 0.071906, "AIMGSHCE": 75}),
)
BINNED = {"CDELT1": 1.198978, "CDELT2": 1.198978, "IMSCL_MP": 1.198978}
NOT_DETECTOR = (
    Case("binned-2", BINNED, "the pixels are binned 2 × 2"),
    Case("binned-4", {"CDELT1": 2.4, "CDELT2": 2.4}, "the pixels are binned 4 × 4", smooth),
    Case("binned-2-1", {"CDELT1": 1.198978}, "the pixels are binned 2 × 1"),
    Case("resampled-map", {"CDELT1": 0.75, "CDELT2": 0.75}, "the image is resampled", smooth),
    Case("oversampled", {"CDELT1": 0.3, "CDELT2": 0.3}, "the image is resampled", smooth),
    Case("mirrored", {"CDELT1": -0.599489}, "the image is flipped"),
    Case(
        "level-1.5",
        {"LVL_NUM": 1.5, "CDELT1": 0.6, "CDELT2": 0.6, "CROTA2": 0.0},
        "LVL_NUM = 1.5: the image is registered already, not level 1",
        smooth,
    ),
    Case("level-0", {"LVL_NUM": 0.0}, "LVL_NUM = 0: the image is not level 1"),
    Case("registered-level-1", {"CDELT1": 0.6, "CDELT2": 0.6, "CROTA2": 0.0}, "the image is registered already", smooth),
    Case(
        "registered-pc",
        {"CDELT1": 0.6, "CDELT2": 0.6, **NO_ROLL, "PC1_1": 1.0, "PC2_2": 1.0},
        "the image is registered already",
        smooth,
    ),
    Case(
        "im_patch-r",
        {"CROTA2": 0.0, "HISTORY": "Image registered by shift of (-0.213,0.354) pixels."},
        "HISTORY: registered by a shift of (-0.213,0.354) pixels",
        smooth,
    ),
    Case("im_patch-r-no-history", {"CROTA2": 0.0}, "the image is rotated", smooth),
    Case("map-rotated", {**NO_ROLL, "PC1_1": 1.0, "PC1_2": 0.0, "PC2_1": 0.0, "PC2_2": 1.0}, "the image is rotated", smooth),
    Case("map-rotated-30", {"CROTA2": 30.0}, "the image is rotated", smooth),
    Case("shifted", {"CRPIX1": 1053.46}, "the image is resampled", smooth),
    Case("rolled-spacecraft", {"CROTA2": 90.0193, "SAT_ROT": 90.0}),
    Case("strip-too-thin", {}, "neither a full frame of 4096 × 4096 nor a cut-out", lambda counts: counts[:4]),
    Case("larger-than-detector", {}, "neither a full frame of 4096 × 4096 nor a cut-out", lambda c: np.tile(c[:, :8], (65, 1))),
    Case("cube", {}, "the image has shape (2, 64, 64)", lambda counts: np.stack([counts, counts])),
    Case("spectrum", {}, "holds no image HDU", lambda counts: counts[0]),
    Case("eit", {"TELESCOP": "SOHO", "INSTRUME": "EIT"}, "TELESCOP, INSTRUME = SOHO EIT: not an AIA image"),
)
NO_DATA = (
    Case("lost-blank", {"BLANK": -32768}, None, holes(-32768, np.int16)),
    Case("lost-no-blank", {}, None, holes(-32768, np.int16)),
    Case("lost-float-blank", {"BLANK": -32768}, None, holes(-32768)),
    Case("lost-float-zero-blank", {"BLANK": 0}, None, holes(0)),
    Case("lost-float", {}, None, holes(-32768)),
    Case("lost-long", {}, None, holes(MISSING_INTEGER, np.int32)),
    Case("lost-nan", {}, None, holes(np.nan)),
    Case("lost-inf", {}, None, holes(np.inf)),
    Case("lost-minus-inf", {}, None, holes(-np.inf)),
    Case("lost-all", {}, "no pixel holds a finite value", lambda counts: np.full_like(counts, -32768)),
    Case("lost-all-nan", {}, "no pixel holds a finite value", lambda counts: np.full(counts.shape, np.nan, np.float32)),
)
CARDS = (
    Case("real-counts", {"BLANK": -32768}, None, real),
    Case("rsun-blank", {"RSUN_OBS": fits.card.Undefined()}),
    Case("rsun-nan", {"RSUN_OBS": "nan"}),
    Case("r-sun-nan", {"RSUN_OBS": None, "R_SUN": "nan"}),
    Case("crval-blank", {"CRVAL1": fits.card.Undefined(), "CRVAL2": fits.card.Undefined()}),
    Case("crval-text", {"CRVAL1": "centre"}, "CRVAL1 = 'centre' is not a number"),
    Case("crpix-nan", {"CRPIX1": "nan"}, "CRPIX1 has no value"),
    Case("crpix-none", {"CRPIX2": None}, "the keyword CRPIX2 is missing"),
    Case("cdelt-none", {"CDELT1": None}, "the keyword CDELT1 is missing"),
    Case(
        "cdelt-degrees",
        {"CUNIT1": "deg", "CUNIT2": "deg", "CDELT1": 1.665e-4, "CDELT2": 1.665e-4},
        "CUNIT1 = 'deg' is not arcsec",
    ),
    Case("x0-nan", {"X0_MP": "nan"}),
    Case("x0-none", {"X0_MP": None, "Y0_MP": None}),
    Case("pc-matrix", {**NO_ROLL, **PC}),
    Case("cd-matrix", {**NO_ROLL, "CDELT1": None, "CDELT2": None, **CD}),
    Case("no-roll", NO_ROLL, "the keyword CROTA2 is missing"),
    Case("sat-rot-nan", {"SAT_ROT": "nan"}),
    Case("replaced-missing", {"NSPIKES": MISSING_INTEGER}),
    Case("replaced-nan", {"NSPIKES": "nan"}),
    Case("wavelength-real", {"WAVELNTH": 171.0}),
    Case("wavelength-text", {"WAVELNTH": "171"}, "WAVELNTH = '171' is not a number"),
    Case("wavelength-nm", {"WAVELNTH": 17.1, "WAVEUNIT": "nm"}, "WAVELNTH = 17.1 nm: not in angstrom"),
    Case("wavelength-nm-untold", {"WAVELNTH": 17.1}, "AIA has no channel 17.1"),
    Case("wavelength-none", {"WAVELNTH": None}, "the keyword WAVELNTH is missing"),
    Case("wavelength-of-another-telescope", {"WAVELNTH": 94}, "WAVELNTH = 94 is a channel of AIA_4, INSTRUME = AIA_3"),
    Case("instrument-blank", {"INSTRUME": fits.card.Undefined()}),
    Case("instrument-hmi", {"INSTRUME": "HMI_SIDE1"}, "not an AIA image"),
    Case("counts-negative", says="the mean of the counts is -", pixels=lambda counts: -counts),
    Case("wavelength-172", {"WAVELNTH": 172}, "AIA has no channel 172"),
    Case("time-none", {"T_OBS": None}, "the keyword T_OBS is missing"),
    Case("time-nan", {"T_OBS": "nan"}, "T_OBS has no value"),
    Case("time-words", {"T_OBS": "yesterday"}, "T_OBS = 'yesterday' is not a time"),
    Case("time-leap", {"T_REC": "2016-12-31T23:59:58.000", "T_OBS": "2016-12-31T23:59:60.34"}),
    Case("time-no-leap", {"T_OBS": "2014-01-01T23:59:60.34"}, "that day had no leap second"),
    Case("time-rec-none", {"T_REC": None}),
    Case("level-none", {"LVL_NUM": None}, "the keyword LVL_NUM is missing"),
    Case("level-text", {"LVL_NUM": "one"}, "LVL_NUM = 'one' is not a number"),
)
CASES = (*NOT_SUN, *NOT_COUNTS, *NOT_DETECTOR, *NO_DATA, *CARDS)
