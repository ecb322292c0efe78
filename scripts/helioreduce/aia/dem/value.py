"""A DEM of an image as one value: with errors, bands, χ² and status, to files and other packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.aia.dem import product
from helioreduce.aia.dem.inversion import Inversion
from helioreduce.aia.dem.sets import Set
from helioreduce.aia.dem.status import Status
from helioreduce.errors import InputError
from helioreduce.image import shapes


@dataclass(frozen=True, eq=False)
class DEM:
    """Differential emission measure of every pixel of a set of channels.

    Parameters
    ----------
    dem, sigma
        (temperatures, ny, nx), cm⁻⁵ K⁻¹; NaN without a solution.
    bands, covariance
        Emission measure of the bands (bands, ny, nx), cm⁻⁵, and its covariance (bands, bands, ny, nx), cm⁻¹⁰.
    logt, logt_sigma
        EM-weighted mean of log T and its σ (ny, nx), dex.
    chi2
        Mean squared residual of the channels that count, in units of σ² (ny, nx).
    status
        Bits of :class:`Status` (ny, nx).
    model, observed
        Counts (channels, ny, nx), DN/s.
    iterations
        (ny, nx).
    inversion
        What was asked.
    header
        Of the set.
    """

    dem: np.ndarray
    sigma: np.ndarray
    bands: np.ndarray
    covariance: np.ndarray
    logt: np.ndarray
    logt_sigma: np.ndarray
    chi2: np.ndarray
    status: np.ndarray
    model: np.ndarray
    observed: np.ndarray
    iterations: np.ndarray
    inversion: Inversion
    header: Header

    __repr__ = shapes

    @classmethod
    def of(cls, counts: Set, inversion: Inversion, mask: np.ndarray | None = None) -> DEM:
        """Invert a set; pixels where ``mask`` (ny, nx) is True, or not 0, are left out.

        Raises
        ------
        InputError
            If the mask has another shape.
        """
        shape = counts.data.shape[1:]
        if mask is not None and np.shape(mask) != shape:
            raise InputError(f"the mask has the shape {np.shape(mask)}, the DEM {shape}", cure="Give one of the binned pixels")
        data, sigma = (np.moveaxis(plane.astype(float), 0, -1).reshape(-1, len(plane)) for plane in (counts.data, counts.sigma))
        left_out = np.zeros(data.shape[0], bool) if mask is None else np.ravel(mask) != 0  # a mask from a file has integers
        data[left_out] = np.nan
        found = inversion.invert(data, sigma)
        found.status[left_out] = Status.SKIPPED
        rows = product.planes(found, counts.data)
        covariance = np.moveaxis(found.covariance.reshape(*shape, *found.covariance.shape[1:]), (0, 1), (2, 3))
        return cls(
            dem=rows[product.DEM], sigma=rows["UNCERT"], bands=rows["EM"], covariance=covariance, logt=rows["LOGT"],
            logt_sigma=rows["LOGTERR"], chi2=rows["CHI2"], status=rows["STATUS"], model=rows["MODEL"], observed=counts.data,
            iterations=found.iterations.reshape(shape), inversion=inversion, header=counts.header,
        )  # fmt: skip

    def em(self, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the emission measure between two log T and its σ (ny, nx), cm⁻⁵; σ is NaN unless both are edges of bands.

        Raises
        ------
        InputError
            If the second is not above the first, or one is beyond the temperatures of the DEM.

        Examples
        --------
        >>> hot, sigma = dem.em(6.8, 7.1)  # doctest: +SKIP
        """
        first, *_, last = map(float, self.inversion.edges)
        if not first - 1e-9 <= low < high <= last + 1e-9:
            problem = f"there is no emission measure from {low:g} to {high:g}"
            raise InputError(problem, cure=f"Give two log10 of K that ascend, from {first:g} to {last:g}")
        weights = self.inversion.measure(low, high) * self.inversion.per_kelvin
        value = np.tensordot(weights, self.dem, axes=1)
        edges = np.asarray(self.inversion.bands)
        inside = (edges[:-1] >= low - 1e-9) & (edges[1:] <= high + 1e-9)
        whole = np.isclose(edges, low).any() and np.isclose(edges, high).any()
        variance = self.covariance[inside][:, inside].sum(axis=(0, 1)) if whole else np.full(value.shape, np.nan)
        return value, np.sqrt(variance)

    def temperature(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the EM-weighted mean of log T and its σ (ny, nx), dex.

        Examples
        --------
        >>> logt, sigma = dem.temperature()  # doctest: +SKIP
        """
        return self.logt, self.logt_sigma

    def to_ndcube(self) -> Any:
        """Return the DEM as an NDCube with its errors, a mask and world coordinates: temperature and helioprojective angles.

        Raises
        ------
        InputError
            If the package ndcube is not installed.

        Examples
        --------
        >>> dem.to_ndcube()[10]  # doctest: +SKIP
        """
        from helioreduce import interop

        of = Set(self.observed, self.observed, self.header)
        first, *_ = product.layout(self.inversion, of, self.chi2.shape, {}, "")
        return interop.cube(self.dem, first.header, self.sigma, np.isnan(self.dem))

    def write(self, path: str | Path, settings: Mapping[str, object] | None = None, reference: str = "") -> None:
        """Write the product, one FITS file; see the page on DEMs for its HDUs.

        Parameters
        ----------
        path
            FITS file; one that exists is replaced, as a whole or not at all.
        settings, reference
            For the record in the header.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> dem.write("dem.fits")  # doctest: +SKIP
        """
        from helioreduce.io import streams

        of = Set(self.observed, self.observed, self.header)
        parameters = {"method": self.inversion.method, "chi2": self.inversion.chi2, **(settings or {})}
        layout = product.layout(self.inversion, of, self.chi2.shape, parameters, reference)
        sigma = np.sqrt(np.diagonal(self.covariance)).transpose(2, 0, 1)
        rows = {
            product.DEM: self.dem, "UNCERT": self.sigma, "EM": self.bands, "EMUNCERT": sigma, "LOGT": self.logt,
            "LOGTERR": self.logt_sigma, "CHI2": self.chi2, "STATUS": self.status, "MODEL": self.model,
            "OBSERVED": self.observed,
        }  # fmt: skip
        with streams.writing(path, layout, product.tables(self.inversion)) as stream:
            for name, values in rows.items():
                stream.write(name, 0, values)
