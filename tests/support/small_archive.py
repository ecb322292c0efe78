"""Frames of 64×64 pixels in the layout that the archive reads, and clients that do not wait long."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import drms
import numpy as np
from astropy.io import fits

from helioreduce import times
from helioreduce.archive.cards import exported
from helioreduce.archive.catalogue import Record
from helioreduce.archive.series import known, time_text
from helioreduce.archive.server import Archive
from helioreduce.jsoc.retry import RetryPolicy
from helioreduce.series import LEVEL1

QUICK = RetryPolicy(retries=4, backoff_s=(0.01, 0.05), timeout_s=2.0, deadline_s=20.0)


def level1(channel: int, slot: datetime, seed: int = 0, **changed: str) -> dict[str, str]:
    """Keywords of a level-1 record, in full precision, as far as the tests look at them."""
    observed = times.from_tai(times.tai_seconds(slot) + 1.34)
    return {
        "T_REC": time_text(slot, "ISO", 0),
        "T_OBS": time_text(observed, "ISO", 3),
        "DATE__OBS": time_text(times.from_tai(times.tai_seconds(observed) - 1.0), "ISO", 3),
        **{"DATE": "2014-01-07T15:05:10Z", "WAVELNTH": str(channel), "WAVE_STR": f"{channel}_THIN", "FSN": str(1000 + seed)},
        **{"EXPTIME": "2.000191234", "QUALITY": "0x00000000", "INSTRUME": "AIA_3", "CAMERA": "3", "NSPIKES": "3"},
        **{"CDELT1": "0.599489", "CDELT2": "0.599489", "CRPIX1": "32.5", "CRPIX2": "32.5", "CROTA2": "0.019327"},
        **{"X0_MP": "31.5", "Y0_MP": "31.5", "OSCNMEAN": "nan", "AGT1SVY": "-8", "ASQHDR": "3427463890", **changed},
    }


def statistics(image: np.ndarray) -> dict[str, str]:
    """Statistics of an image as its record has them."""
    whole = {"DATAMIN": image.min(), "DATAMAX": image.max(), "DATAMEDN": int(np.median(image))}
    return {name: str(value) for name, value in whole.items()} | {
        "DATAMEAN": f"{image.mean():.9g}",
        "DATARMS": f"{image.std(ddof=1):.9g}",
    }


def write_frame(root: Path, channel: int, slot: datetime, seed: int, *, stored: str = "fresh", **changed: str) -> Path:
    """One frame with image and, in the EUV, spikes; ``stored`` is the state of the header in the file."""
    folder = root / "frames" / str(channel) / times.compact(slot)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    series = known(LEVEL1[channel].name)
    image = rng.poisson(200, (64, 64)).astype(np.int16)
    keywords = level1(channel, slot, seed, **statistics(image), **changed)
    record = Record(series.name, 5000 + seed, keywords, {}, True, ())
    header = fits.Header() if stored == "bare" else exported(series, record, "image_lev1")
    if stored == "stale":
        header["CROTA2"], header["EXPTIME"] = 0.0, 1.9
    header["BLANK"] = -32768
    hdu = fits.CompImageHDU(image, header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(folder / "image_lev1.fits", checksum=True, overwrite=True)
    spikes = None
    if channel < 1600:
        y, x = np.array([1, 2, 10]), np.array([1, 2, 60])
        rows = np.stack([4096 * y + x, [900, 800, 700], image[y, x]]).astype(np.int32)
        hdu = fits.CompImageHDU(rows, compression_type="RICE_1")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(folder / "spikes.fits", checksum=True, overwrite=True)
        spikes = "spikes.fits"
    description = {"series": series.name, "recnum": record.recnum, "keywords": keywords}
    (folder / "record.json").write_text(json.dumps(description | {"segments": {"image": "image_lev1.fits", "spikes": spikes}}))
    return folder


def unmodified(archive: Archive) -> drms.Client:
    """The drms client as anyone would set it up."""
    names = {"show_series": "show_series", "jsoc_info": "jsoc_info", "jsoc_fetch": "jsoc_fetch"}
    config = {f"cgi_{key}": value for key, value in names.items()} | {"cgi_check_address": "checkAddress.sh"}
    base = f"{archive.url}cgi-bin/ajax/"
    return drms.Client(drms.ServerConfig(name="x", cgi_baseurl=base, http_download_baseurl=archive.url, **config))
