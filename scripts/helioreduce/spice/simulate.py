"""A SPICE level-2 raster of a known Sun: three windows with real header values, noise, spikes, missing rims, and the truth.

In this order: emission and composition maps → radiances of the lines → profiles with velocity and width → counts with noise →
spikes → calibration to radiance → missing rims and planes. The contribution functions are analytic and of our own
(synthetic): Gaussians in log T, scaled to the radiances of the quiet Sun.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from astropy.io.fits import Header
from scipy.ndimage import gaussian_filter

from helioreduce.constants import SPEED_OF_LIGHT_KM_S
from helioreduce.io.fits import Plane
from helioreduce.spice import composition, noise
from helioreduce.spice.radiance import of_gaussian
from helioreduce.spice.synthetic import STEP, WINDOWS, SyntheticWindow

#: Steps of the slit and along it, arcsec.
STEP_X, STEP_Y = 4.0, 1.098
#: Thermal and instrumental width, Å, and its scatter over the Sun.
WIDTH, WIDTH_SPREAD = 0.35, 0.02
#: adu/(W/m²/sr/nm) per second of the short-wavelength detector in data release 3 (RADCAL 104 at 5 s).
RADCAL_PER_SECOND = 20.8


@dataclass(frozen=True, slots=True)
class Settings:
    """What is simulated: ``times`` exposures of a slit of ``rows``, at ``columns`` positions (1: sit-and-stare)."""

    rows: int = 96
    columns: int = 32
    times: int = 1
    exposure_s: float = 60.0
    seed: int = 20220402
    spikes: float = 0.002
    rim: int = 3
    lost_planes: int = 0
    velocity_kms: float = 20.0
    windows: tuple[SyntheticWindow, ...] = field(default=WINDOWS)


def table() -> composition.Table:
    """Return synthetic contribution functions, alike for all densities: the mean Sun gets the peaks of :data:`WINDOWS`."""
    log_t, log_n = np.arange(4.5, 7.01, 0.05), np.array([8.0, 12.0])
    flat = composition.reference_dems(log_t)[0]
    functions = {}
    for line in (line for window in WINDOWS for line in window.lines):
        shape = np.exp(-0.5 * ((log_t - line.log_t) / line.width) ** 2)
        emitted = np.trapezoid(shape * flat * 10**log_t * np.log(10), log_t) * composition.abundance(line.name) / (4 * np.pi)
        functions[line.name] = np.tile(shape * of_gaussian(line.peak, WIDTH) / emitted, (2, 1))
    return composition.Table(log_t, log_n, functions)


def raster(settings: Settings) -> tuple[list[Plane], dict[str, np.ndarray]]:
    """Simulate a level-2 file.

    Returns
    -------
    list
        The windows, as images of the file.
    dict
        The truth, arrays (t, y, x) by name: ``velocity``, ``fip``, and ``<line> I``, ``<line> x``, ``<line> s`` and
        ``<line> radiance`` of every line.
    """
    rng = np.random.default_rng(settings.seed)
    shape = (settings.times, settings.rows, settings.columns)
    emission = np.exp(_smooth(rng, shape, 0.5, 2)) * (1 + 2 * (_smooth(rng, shape, 1.0, 1) > 2.2))
    emission /= emission.mean()
    velocity = _smooth(rng, shape, settings.velocity_kms / 2, 3)
    fip = 1 + 3 / (1 + np.exp(-2 * _smooth(rng, shape, 1.0, 4)))
    width = WIDTH + WIDTH_SPREAD * np.clip(_smooth(rng, shape, 1.0, 2), -2.5, 2.5)
    truth = {"velocity": velocity, "fip": fip}
    planes = []
    for number, window in enumerate(settings.windows):
        wavelength = window.first + STEP * np.arange(window.samples)
        spectrum = np.full((shape[0], window.samples, *shape[1:]), window.background)
        for line in window.lines:
            peak = line.peak * emission * (fip if composition.is_low(line.name) else 1) * WIDTH / width
            centre = (float(line.name.split()[1]) + window.offset) * (1 + velocity / SPEED_OF_LIGHT_KM_S)
            u = (wavelength[None, :, None, None] - centre[:, None]) / width[:, None]
            spectrum += peak[:, None] * np.exp(-0.5 * u**2)
            own = {"I": peak, "x": centre, "s": width, "radiance": of_gaussian(peak, width)}
            truth |= {f"{line.name} {key}": plane for key, plane in own.items()}
        header = _header(settings, window, number)
        data = _damage(rng, observe(rng, spectrum, header), header, settings)
        planes.append(Plane(window.name, data.astype(np.float32), header))
    return planes, {name: plane.astype(np.float32) for name, plane in truth.items()}


def observe(rng: np.random.Generator, spectrum: np.ndarray, header: Header) -> np.ndarray:
    """Measure an expected spectrum: photons (Poisson, stretched by the intensifier), dark and read-out of two frames."""
    camera = noise.DETECTORS[noise.detector(header)]
    radcal = float(header["RADCAL"])
    counts = np.maximum(spectrum * radcal, 0)
    signal = counts + camera.factor * (camera.gain * rng.poisson(counts / camera.gain) - counts)
    constant = np.sqrt(noise.of(header).a)
    return signal / radcal + rng.normal(0, constant, spectrum.shape)


def _damage(rng: np.random.Generator, data: np.ndarray, header: Header, settings: Settings) -> np.ndarray:
    """Add spikes of 8 to 60 σ, a rim without data as the distortion correction leaves it, and lost exposures."""
    sigma = noise.of(header).sigma(data)
    hit = rng.random(data.shape) < settings.spikes
    data = data + np.where(hit, rng.uniform(8, 60, data.shape) * sigma, 0)
    rim = settings.rim
    if rim:
        data[:, :rim, : data.shape[2] // 2] = np.nan
        data[:, -rim:, data.shape[2] // 2 :] = np.nan
        data[:, :, :rim] = np.nan
        data[:, :, -rim:] = np.nan
    for _ in range(settings.lost_planes):
        data[rng.integers(data.shape[0]), :, :, rng.integers(data.shape[3])] = np.nan
    return data


def _smooth(rng: np.random.Generator, shape: tuple[int, int, int], spread: float, pixels: float) -> np.ndarray:
    """Return a random field (t, y, x) with a standard deviation, correlated over some pixels."""
    field = gaussian_filter(rng.normal(size=shape), (1, pixels * STEP_X / STEP_Y, pixels), mode="wrap")
    return spread * (field - field.mean()) / field.std()


def _header(settings: Settings, window: SyntheticWindow, number: int) -> Header:
    """Return the cards of a level-2 window that a reduction reads; values as in files of 2022."""
    sit = settings.columns == 1
    last = window.first + STEP * (window.samples - 1)
    cards = {
        "EXTNAME": window.name, "TELESCOP": "SOLO/SPICE/SW", "INSTRUME": "SPICE", "OBSRVTRY": "Solar Orbiter", "LEVEL": "L2",
        "CREATOR": "helioreduce simulation", "STUDYTYP": "Sit-and-stare" if sit else "Raster", "STUDY": "SYNTHETIC_COMPOSITION",
        "STUDY_ID": 1, "MISOSTUD": 2085, "STP": 194, "SOOPNAME": "R_SMALL_MRES_MCAD_Connection-Mosaic", "OBS_ID": "SYNTHETIC",
        "SPIOBSID": 100663832, "RASTERNO": 0, "NWIN": len(settings.windows), "WINNO": number, "DETECTOR": "SW", "DUMBBELL": 0,
        "WIN_TYPE": "Narrow-slit Spectral", "SLIT_ID": 2, "SLIT_WID": 4, "NBIN1": 1, "NBIN2": 1, "NBIN3": 1, "NBIN4": 1,
        "XPOSURE": settings.exposure_s, "RADCAL": RADCAL_PER_SECOND * settings.exposure_s, "BTYPE": "Spectral Radiance",
        "BUNIT": "W/m2/sr/nm", "UCD": "phot.radiance;em.line", "WAVEUNIT": -9, "WAVEMIN": window.first / 10,
        "WAVEMAX": last / 10, "WINWIDTH": (last - window.first) / 10, "COMPRESS": "Focal Lossy", "TIMESYS": "UTC",
        "DATEREF": "2022-04-02T11:15:37.000", "DATE-BEG": "2022-04-02T11:15:37.000", "DATE-OBS": "2022-04-02T11:15:37.000",
        "DATE-AVG": "2022-04-02T11:15:37.000", "HCIX_OBS": -33615290347.7, "HCIY_OBS": 45650062447.9,
        "HCIZ_OBS": -3764002816.58, "HCIX_VOB": -33423.5374696, "HCIY_VOB": -47094.2139074, "HCIZ_VOB": 3203.85050735,
        "SOLARNET": 1.0, "OBS_HDU": 1, "DSUN_OBS": 56816227117.4, "RSUN_REF": 695700000.0, "HGLT_OBS": -3.79855459178,
        "HGLN_OBS": 25.9616820506, "CRLT_OBS": -3.79855459178, "CRLN_OBS": 260.450319186, "OBS_VR": -18275.9601122,
        "CROTA": 0.0, "SPECSYS": "TOPOCENT", "VELOSYS": 0.0, "LONPOLE": 180.0, "WCSNAME": "Helioprojective-cartesian",
        "CTYPE1": "HPLN-TAN", "CUNIT1": "arcsec", "CRVAL1": 459.0, "CRPIX1": (settings.columns + 1) / 2, "CDELT1": STEP_X,
        "CTYPE2": "HPLT-TAN", "CUNIT2": "arcsec", "CRVAL2": -84.75, "CRPIX2": (settings.rows + 1) / 2, "CDELT2": STEP_Y,
        "CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": window.first / 10, "CRPIX3": 1.0, "CDELT3": STEP / 10,
        "CTYPE4": "UTC", "CUNIT4": "s", "CRVAL4": 0.0, "CRPIX4": 1.0, "CDELT4": settings.exposure_s if sit else 1.0,
        "PC1_1": 1.0, "PC2_2": 1.0, "PC3_3": 1.0, "PC4_4": 1.0, "PC4_1": 0.0 if sit else -settings.exposure_s,
    }  # fmt: skip
    return Header(cards)
