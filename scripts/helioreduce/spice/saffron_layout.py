"""Products as SAFFRON has them: per line one FITS file of six images, without pickles."""

from __future__ import annotations

import numpy as np

from helioreduce.io.fits import Plane
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.level2 import spatial_header

#: SAFFRON's name and unit of peak, centre and width.
_MEASUREMENTS = (("int", "W/m2/sr/nm"), ("wav", "Angstrom"), ("wid", "Angstrom"))


def line_planes(fitted: Fitted, number: int) -> tuple[str, list[Plane]]:
    """Return a line's identity (``0770.42-ne_8``) and its six images (t, y, x).

    They are intensity, wavelength, width, and their errors; the first is the primary HDU.
    """
    line = fitted.fit.model.lines[number]
    window = fitted.group.windows[line.window]
    ion, wavelength = line.name.rsplit(" ", 1)
    identity = f"{float(wavelength):07.2f}-{ion}"
    planes: list[Plane] = []
    for suffix, values in (("", fitted.fit.q), ("_err", fitted.fit.sigma())):
        for i, (measurement, unit) in enumerate(_MEASUREMENTS):
            kind = measurement + suffix
            header = spatial_header(window.header)
            header["HIERARCH OBSERVATORY"] = "Solar Orbiter"
            header["HIERARCH INSTRUMENT"] = "SPICE"
            header["HIERARCH WAVELENGTH"] = line.wavelength
            header.update(ION=ion, LINE_ID=identity, MEASRMNT=kind, BUNIT=unit, BTYPE=kind)
            header.update(WAVEUNIT=-10, LEVEL="L3", L2WINDOW=window.name)
            planes.append(
                Plane(kind if planes else "", fitted.found(number, values[:, 3 * number + i]).astype(np.float64), header)
            )
    return identity, planes


def background_planes(fitted: Fitted) -> list[Plane]:
    """Return the backgrounds and their errors of a group's windows, two images (t, y, x) per window."""
    planes: list[Plane] = []
    for number, window in enumerate(fitted.group.windows):
        k = fitted.fit.model.background(number)
        for kind, values in (("bg", fitted.fit.q), ("bg_err", fitted.fit.sigma())):
            header = spatial_header(window.header)
            header.update(MEASRMNT=kind, BUNIT="W/m2/sr/nm", BTYPE=kind, LEVEL="L3", L2WINDOW=window.name)
            planes.append(Plane(f"{kind}{number}" if planes else "", fitted.map(values[:, k]), header))
    return planes
