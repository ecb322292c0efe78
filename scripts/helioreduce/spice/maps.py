"""Maps made of fits: radiances with covariances, velocities with their zero, the composition; as arrays to be written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.io.fits import Plane
from helioreduce.spice import composition, radiance, velocity
from helioreduce.spice.catalogue import spectroscopic
from helioreduce.spice.fit import CONVERGED
from helioreduce.spice.level3 import Fitted, spatial_header


def _header(fitted: Fitted, line_number: int, unit: str, kind: str) -> Header:
    """Cards of one line's map (t, y, x)."""
    line = fitted.fit.model.lines[line_number]
    header = spatial_header(fitted.windows[line.window])
    header.update(LEVEL="L3", BUNIT=unit, BTYPE=kind, LINE_ID=line.name, ION=line.name.split()[0], WAVELNTH=line.wavelength)
    header["LINE"] = label(line.name)
    return header


def label(name: str) -> str:
    """``Ne VIII 770.42`` of ``ne_8 770.42``."""
    ion, wavelength = name.rsplit(" ", 1)
    return f"{spectroscopic(ion)} {wavelength}"


def _converged(fitted: Fitted, plane: np.ndarray) -> np.ndarray:
    """A map (N,) with NaN where the fit did not converge, as (t, y, x) float32."""
    return np.where(fitted.fit.status == CONVERGED, plane, np.nan).reshape(fitted.shape).astype(np.float32)


def radiances(groups: Sequence[Fitted]) -> list[Plane]:
    """``<line>``, ``<line> SIGMA`` (t, y, x), W/m²/sr, of every line, and per group ``<group> COVARIANCE`` (G, G, t, y, x)."""
    planes = []
    for fitted in groups:
        values, covariance = radiance.of_fit(fitted.fit)
        for g, line in enumerate(fitted.fit.model.lines):
            header = _header(fitted, g, "W/m2/sr", "Radiance")
            planes.append(Plane(line.name, _converged(fitted, values[:, g]), header))
            with np.errstate(invalid="ignore"):
                planes.append(Plane(f"{line.name} SIGMA", _converged(fitted, np.sqrt(covariance[:, g, g])), header))
        names = Header()
        for g, line in enumerate(fitted.fit.model.lines, 1):
            names[f"LINE{g}"] = line.name
        planes.append(Plane(f"{fitted.name} COVARIANCE", fitted.map(covariance).astype(np.float32), names))
    return planes


def velocities(groups: Sequence[Fitted], *, zero: str = "median", gradients: Sequence[str] = ()) -> list[Plane]:
    """``<line>`` and ``<line> SIGMA`` (t, y, x), km/s, of every line; the zero is the card VZERO."""
    planes = []
    for fitted in groups:
        q, sigma = fitted.fit.q, fitted.fit.sigma()
        for g, line in enumerate(fitted.fit.model.lines):
            centre, error = (_converged64(fitted, plane[:, 3 * g + 1]) for plane in (q, sigma))
            result = velocity.of_line(centre, error, line.wavelength, zero=zero, gradients=tuple(gradients))
            header = _header(fitted, g, "km/s", "Line-of-sight velocity, away positive")
            header["VZERO"] = (result.zero if np.isfinite(result.zero) else -1.0, f"[Angstrom] wavelength at rest ({zero})")
            for axis, slope in result.slopes.items():
                header[f"VSLOPE{axis.upper()}"] = (slope, "[km/s/pixel] gradient taken out")
            planes.append(Plane(line.name, result.v.astype(np.float32), header))
            planes.append(Plane(f"{line.name} SIGMA", result.sigma.astype(np.float32), header))
    return planes


def _converged64(fitted: Fitted, plane: np.ndarray) -> np.ndarray:
    return np.where(fitted.fit.status == CONVERGED, plane, np.nan).reshape(fitted.shape)


def compositions(planes: Sequence[Plane], table: composition.Table, lines: Sequence[str], log_n: float) -> list[Plane]:
    """``FIP BIAS``, ``SIGMA`` (photon noise) and ``SIGMA DEM`` (unknown temperature structure), (t, y, x), from radiances.

    Parameters
    ----------
    planes
        As :func:`radiances` made them.
    lines
        Names of the lines to be combined.
    """
    stored = {plane.name.lower(): plane for plane in planes}
    missing = [line for line in lines if line not in stored]
    if missing:
        found = [name for name in stored if not name.endswith(("sigma", "covariance"))]
        raise InputError(
            f"the line {missing[0]!r} has not been fitted", cure=f"spice.composition.lines: out of {', '.join(found)}"
        )
    ratio = composition.ratio(table, lines, log_n)
    covariance = {}
    for plane in planes:
        if plane.name.upper().endswith(" COVARIANCE"):
            own = [str(plane.header[f"LINE{i}"]) for i in range(1, plane.data.shape[0] + 1)]
            covariance |= {(a, b): plane.data[i, j] for i, a in enumerate(own) for j, b in enumerate(own)}
    bias, sigma = composition.fip_bias(ratio, {line: stored[line].data for line in lines}, covariance)
    header = stored[lines[0]].header.copy()
    for key in ("LINE_ID", "ION", "WAVELNTH", "LINE"):
        header.remove(key, ignore_missing=True)
    header.update(BUNIT="", BTYPE="FIP bias relative to the photosphere", LOGN=log_n)
    header["LCRPHI"] = (ratio.phi, "residual over the reference DEMs")
    header["LCRDEM"] = (ratio.robustness, "relative error over other DEMs, rms")
    for side, coefficients in (("LOW", ratio.low), ("HIGH", ratio.high)):
        for i, (line, coefficient) in enumerate(coefficients.items(), 1):
            header[f"{side}{i}"] = (f"{line} {coefficient:.6g}", "line, coefficient")
    maps = {"FIP BIAS": bias, "SIGMA": sigma, "SIGMA DEM": np.abs(bias) * ratio.robustness}
    return [Plane(name, plane.astype(np.float32), header) for name, plane in maps.items()]
