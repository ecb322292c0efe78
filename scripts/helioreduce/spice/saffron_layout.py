"""Products as SAFFRON has them: per line one FITS file of six images, without pickles."""

from __future__ import annotations

import numpy as np

from helioreduce.io.fits import Plane
from helioreduce.spice.level3 import Fitted, spatial_header


def line_planes(fitted: Fitted, number: int) -> tuple[str, list[Plane]]:
    """Line identity (``0770.42-ne_8``) and its six images (t, y, x): intensity, wavelength, width, and their errors."""
    line = fitted.fit.model.lines[number]
    ion, wavelength = line.name.rsplit(" ", 1)
    identity = f"{float(wavelength):07.2f}-{ion}"
    q, sigma = fitted.fit.q, fitted.fit.sigma()
    planes = []
    for errors, values in ((False, q), (True, sigma)):
        for i, (measurement, unit) in enumerate((("int", "W/m2/sr/nm"), ("wav", "Angstrom"), ("wid", "Angstrom"))):
            kind = f"{measurement}_err" if errors else measurement
            header = spatial_header(fitted.windows[line.window])
            for key, card in (("OBSERVATORY", "Solar Orbiter"), ("INSTRUMENT", "SPICE"), ("WAVELENGTH", line.wavelength)):
                header[f"HIERARCH {key}"] = card
            header.update(ION=ion, LINE_ID=identity)
            header.update(
                MEASRMNT=kind, BUNIT=unit, BTYPE=kind, WAVEUNIT=-10, LEVEL="L3", L2WINDOW=fitted.windows[line.window].name
            )
            planes.append(Plane("" if not planes else kind, fitted.map(values[:, 3 * number + i]).astype(np.float64), header))
    return identity, planes


def background_planes(fitted: Fitted) -> list[Plane]:
    """Backgrounds and their errors of a group's windows, two images (t, y, x) per window."""
    planes = []
    for number, window in enumerate(fitted.windows):
        k = 3 * len(fitted.fit.model.lines) + number
        for kind, values in (("bg", fitted.fit.q), ("bg_err", fitted.fit.sigma())):
            header = spatial_header(window)
            header.update(MEASRMNT=kind, BUNIT="W/m2/sr/nm", BTYPE=kind, LEVEL="L3", L2WINDOW=window.name)
            planes.append(Plane("" if not planes else f"{kind}{number}", fitted.map(values[:, k]), header))
    return planes
