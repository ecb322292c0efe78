"""The product: a DEM with a temperature axis, its errors, bands, χ², status and model in one FITS file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from astropy.table import Table

from helioreduce.aia.dem.found import Found
from helioreduce.aia.dem.inversion import CHANNELS, Inversion, interpolate
from helioreduce.aia.dem.sets import Set
from helioreduce.aia.dem.status import Status
from helioreduce.errors import InputError
from helioreduce.io import ecsv, streams
from helioreduce.io import fits as files
from helioreduce.io.provenance import record
from helioreduce.io.streams import Plane

#: Name of the first image, and of the image HDUs after it.
DEM = ""
#: Pixels that are inverted at a time, and held in memory with all their results.
PIXELS = 65536


def layout(
    inversion: Inversion, of: Set, shape: tuple[int, int], settings: Mapping[str, object], reference: str
) -> list[Plane]:
    """Return the image HDUs of a product.

    Parameters
    ----------
    inversion
        What was asked.
    of
        The set; only its header counts.
    shape
        Rows and columns.
    settings, reference
        For the record: settings of the inversion, and the response with its SHA-256.
    """
    header = _header(of.header, inversion)
    record(header, "dem", settings, reference)
    sky = fits.Header([card for card in header.cards if _is_sky(card.keyword)] + [("WCSAXES", 2)])
    whole = fits.Header([card for card in header.cards if _is_sky(card.keyword) or card.keyword.endswith("3")])
    temperatures, bands = inversion.logt.size, len(inversion.bands) - 1

    def plane(name: str, number: int | None, unit: str, world: fits.Header = sky, dtype: str = "f4", **more: object) -> Plane:
        """Return the description of one image HDU."""
        own = fits.Header([*([("BUNIT", unit)] if unit else []), *more.items(), *world.cards])
        return Plane(name, (*((number,) if number else ()), *shape), dtype, own)

    return [
        Plane(DEM, (temperatures, *shape), "f4", header),
        plane("UNCERT", temperatures, header["BUNIT"], whole, UTYPE="StdDevUncertainty"),
        plane("EM", bands, "cm-5"),
        plane("EMUNCERT", bands, "cm-5", UTYPE="StdDevUncertainty"),
        plane("LOGT", None, "dex(K)"),
        plane("LOGTERR", None, "dex(K)", UTYPE="StdDevUncertainty"),
        plane("CHI2", None, ""),
        plane("STATUS", None, "", dtype="u1", **{f"STATUS{bit.value}": str(bit.name).lower() for bit in Status}),
        plane("MODEL", len(CHANNELS), "DN/s", CHANNELS=" ".join(map(str, CHANNELS))),
        plane("OBSERVED", len(CHANNELS), "DN/s", CHANNELS=" ".join(map(str, CHANNELS))),
    ]


def planes(found: Found, data: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rows of every image HDU from the results of their pixels; ``data`` (channels, rows, columns)."""
    shape = data.shape[1:]

    def cube(values: np.ndarray) -> np.ndarray:
        """Return values of pixels, their own axis first."""
        return np.moveaxis(values.reshape(*shape, *values.shape[1:]), -1, 0) if values.ndim > 1 else values.reshape(shape)

    band_sigma = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
    return {
        DEM: cube(found.dem), "UNCERT": cube(found.sigma), "EM": cube(found.em), "EMUNCERT": cube(band_sigma),
        "LOGT": cube(found.logt[:, 0]), "LOGTERR": cube(found.logt[:, 1]), "CHI2": cube(found.chi2),
        "STATUS": cube(found.status), "MODEL": cube(found.counts), "OBSERVED": data,
    }  # fmt: skip


def tables(inversion: Inversion) -> list[fits.BinTableHDU]:
    """Return the edges of temperatures and bands, and the response as it was used."""
    edges = np.asarray(inversion.edges, float)
    temperatures = {"LOWER": edges[:-1], "CENTRE": inversion.logt, "UPPER": edges[1:]}
    response = {f"K{channel}": row for channel, row in zip(CHANNELS, inversion.response, strict=True)}
    bands = {"LOWER": np.asarray(inversion.bands[:-1], float), "UPPER": np.asarray(inversion.bands[1:], float)}
    units = {**dict.fromkeys(("LOWER", "CENTRE", "UPPER"), "dex(K)"), **dict.fromkeys(response, "DN cm5 s-1 pix-1")}
    return [
        fits.BinTableHDU.from_columns(
            [fits.Column(name, "D", units[name], array=values) for name, values in rows.items()], name=title
        )
        for title, rows in (("TEMPERATURES", temperatures | response), ("BANDS", bands))
    ]


def inversion(response: Table, column: str, settings: Mapping[str, Any]) -> Inversion:
    """Return the inversion that the section ``aia.dem`` asks for.

    Parameters
    ----------
    response
        Table of temperature responses: ``temperature`` and ``at_launch_N``, ``at_date_N``.
    column
        Which of them belongs to the data, ``at_launch`` or ``at_date``.
    settings
        ``method``, ``log_temperature``, ``bins``, ``chi2``, ``smooth``, ``bands``.

    Raises
    ------
    InputError
        If it is no table, lacks a channel or does not reach the temperatures.
    """
    if not isinstance(response, Table):
        raise InputError(f"the response is no table but {response!r}", cure="Give what temperature_response() returns")
    names = [f"{column}_{channel}" for channel in CHANNELS]
    if missing := [name for name in names if name not in response.colnames]:
        raise InputError(
            f"the response has no column {', '.join(missing)}", cure="Give a response with the six channels of a DEM"
        )
    edges = np.linspace(settings["log_temperature"][0], settings["log_temperature"][1], settings["bins"] + 1)
    at, centres = np.log10(ecsv.numbers(response, "temperature")), (edges[1:] + edges[:-1]) / 2
    values = np.array([interpolate(at, ecsv.numbers(response, name), centres) for name in names])
    options = {name: settings[name] for name in ("method", "chi2", "smooth", "bands")}
    return Inversion(values, edges, **options)


class Maps(NamedTuple):
    """A product as it is read: images by the names of their HDUs, tables by theirs, header, and every how many-th pixel."""

    images: Mapping[str, np.ndarray]
    tables: Mapping[str, Mapping[str, np.ndarray]]
    header: fits.Header
    step: int

    @property
    def inversion(self) -> Inversion:
        """What was asked, with the response as it was used."""
        rows, bands = self.tables["TEMPERATURES"], self.tables["BANDS"]
        response = np.array([rows[f"K{channel}"] for channel in CHANNELS])
        edges, limits = np.append(rows["LOWER"], rows["UPPER"][-1:]), np.append(bands["LOWER"], bands["UPPER"][-1:])
        return Inversion(response, edges, str(self.header["DEMMETH"]), bands=tuple(limits))


def read(path: str | Path, most: int) -> Maps:
    """Return a product, of each row and column every n-th so that there are at most ``most`` pixels a side."""
    found, step = streams.sampled(path, most)
    rows = {table.name: table.columns for table in files.read_tables(path)}
    return Maps(found, rows, files.read_header(path), step)


def _is_sky(key: str) -> bool:
    return key in ("CROTA2",) or (key[:5] in ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT") and key[5:] in ("1", "2"))


def _header(of: fits.Header, inversion: Inversion) -> fits.Header:
    """Return the header of the DEM: that of the set, with a logarithmic axis of temperature."""
    header, first = of.copy(), 10.0 ** float(inversion.logt[0])
    header["BUNIT"] = ("cm-5 K-1", "differential emission measure")
    header["WCSAXES"] = 3
    axis = {
        "CTYPE3": "TEMP-LOG",
        "CUNIT3": "K",
        "CRPIX3": 1.0,
        "CRVAL3": first,
        "CDELT3": first * np.log(10) * inversion.widths[0],
    }
    header.update(axis)
    header["DEMMETH"] = (inversion.method, "logsmooth, tikhonov, sparse")
    header["DEMBANDS"] = (" ".join(f"{edge:g}" for edge in inversion.bands), "[dex(K)] edges of the bands")
    return header
