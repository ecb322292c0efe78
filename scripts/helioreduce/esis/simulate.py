"""Simulate ESIS: a known Sun through four cameras of known geometry, to photons on the detector.

Effects are added in the order of the light path, each behind its switch: scene through the transform and the field stop,
vignetting, a second line (Mg X) over part of the octagon, photon noise. :mod:`readout` turns photons into level-0 counts.
Each reduction step must undo exactly one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.io.fits import Header
from scipy.ndimage import gaussian_filter

from helioreduce.esis import camera as cam
from helioreduce.esis import masks, transforms
from helioreduce.esis.resample import resample
from helioreduce.esis.vignetting import position

#: Pixels of the simulated Sun beyond each edge of the level-3 grid.
MARGIN = 100
#: Photons a level-1 pixel and exposure collects of O V, on average: 147 electrons (flight: 20–40 photons).
MEAN_PHOTONS = 27.0
#: Slopes of the vignetting (flight notebook) and gains of the cameras relative to camera 2.
SLOPES = (0.436, 0.340, 0.382, 0.495)
GAINS = (1.3, 1.0, 1.4, 0.9)
#: Middle of the O V field stop in level 1 (column, row) of the four cameras, as in the flight.
CENTRES = ((1484.0, 597.0), (1540.0, 499.0), (1524.0, 550.0), (1527.0, 477.0))
#: Columns by which Mg X 609.8 Å lies left of O V.
MGX_SHIFT = -546
#: Exposure that shows the Sun without drift.
FIRST_LIGHT = 109
#: Pointing drift, level-3 pixels (x, y) a sequence: 8 and −4 over the flight's 28.
DRIFT = (0.28, -0.14)


@dataclass(frozen=True, slots=True)
class Effects:
    """Switches and strengths of what is added to the scene."""

    slopes: tuple[float, ...] = SLOPES
    gains: tuple[float, ...] = GAINS
    second_line: float = 0.2  # brightness of Mg X relative to the line
    photons: float = MEAN_PHOTONS  # mean level, photons
    noise: bool = True  # photon noise
    read_noise: bool = True  # on the level-1 image of :func:`level1`


@dataclass(frozen=True, slots=True, eq=False)
class Optics:
    """True geometry of a camera.

    Parameters
    ----------
    camera
        1 to 4.
    to_sky
        Level-1 pixel of O V → pixel of the level-3 grid at sequence 0.
    centre
        Level-1 (column, row) of the centre of the O V field stop.
    """

    camera: int
    to_sky: transforms.Map
    centre: tuple[float, float]

    def stop(self, line: str = "ov") -> np.ndarray:
        """Return the field stop's vertices (8, 2) in level 1."""
        return masks.octagon((self.centre[0] + _line_shift(line), self.centre[1]))

    def truth(self, x: np.ndarray, y: np.ndarray, sequence: float = 0, line: str = "ov") -> tuple[np.ndarray, np.ndarray]:
        """Return level-1 (column, row) of level-3 pixels (x, y), by the numerical inverse of the forward geometry."""
        column, row = self.to_sky.inverse(np.asarray(x) - DRIFT[0] * sequence, np.asarray(y) - DRIFT[1] * sequence)
        return column + _line_shift(line), row


@dataclass(frozen=True, slots=True, eq=False)
class Sun:
    """Scenes of mean 1 in O V, He I and Mg X, on the level-3 grid with a margin."""

    ov: np.ndarray
    hei: np.ndarray
    mgx: np.ndarray


def scene(rng: np.random.Generator, *, correlated_with: np.ndarray | None = None, share: float = 0.0) -> np.ndarray:
    """Return a quiet transition region: log-normal network with bright points, mean 1, blurred as by the optics.

    Parameters
    ----------
    correlated_with, share
        A scene to which ``share`` of the field's standard deviation is common.
    """
    shape = tuple(n + 2 * MARGIN for n in cam.GRID_SHAPE)
    white = rng.standard_normal(shape)
    texture = np.zeros(shape)
    for scale, weight in ((1.3, 0.35), (4, 0.6), (12, 0.5)):
        texture += weight * _unit(gaussian_filter(white, scale, mode="wrap"))
    if correlated_with is not None:
        texture = share * _unit(np.log(correlated_with)) + np.sqrt(1 - share**2) * _unit(texture)
    light = np.exp(0.65 * _unit(texture))
    return (light / light.mean()).astype(np.float32)


def sun(rng: np.random.Generator, like: np.ndarray | None = None) -> Sun:
    """Return scenes of O V, He I and Mg X, which share much of their structure.

    Parameters
    ----------
    like
        AIA 304 on the grid with its margin, by 0.6 of whose structure O V is made; None: a Sun of its own.
    """
    ov = scene(rng) if like is None else scene(rng, correlated_with=np.maximum(np.nan_to_num(like), 1e-3), share=0.6)
    hei, mgx = (scene(rng, correlated_with=ov, share=share) for share in (0.85, 0.4))
    return Sun(ov, hei, mgx)


def optics(camera: int, rng: np.random.Generator) -> Optics:
    """Return a camera near its design.

    It is rotated by up to 0.3°, scaled by 0.5 %, shifted by 5 pixels and distorted by 1.5 pixels at the edge.
    """
    column, row = CENTRES[camera - 1] + rng.uniform(-5, 5, 2)
    centre = (float(column), float(row))
    design = transforms.nominal(camera, centre)
    turn, scale = np.deg2rad(rng.uniform(-0.3, 0.3)), 1 + rng.uniform(-0.005, 0.005)
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    design = design.after(np.array([[0, c, -s], [0, s, c]]))
    forward = np.linalg.inv(design.coefficients[:, 1:3] / design.half) * 470
    coefficients = np.zeros((2, 6))
    coefficients[:, 0] = np.array(design.centre) + rng.uniform(-5, 5, 2)
    coefficients[:, 1:3] = forward
    coefficients[:, 3:] = rng.uniform(-1.5, 1.5, (2, 3))
    return Optics(camera, transforms.Map(coefficients, centre, 470.0), centre)


def target_header() -> Header:
    """Return the world coordinates of :func:`target`, those of AIA level 1.5, at the time of the first light."""
    cards = Header()
    for axis, kind in ((1, "HPLN-TAN"), (2, "HPLT-TAN")):
        cards[f"CTYPE{axis}"], cards[f"CUNIT{axis}"] = kind, "arcsec"
        cards[f"CRPIX{axis}"], cards[f"CRVAL{axis}"] = cam.GRID_CRPIX[axis - 1], 0.0
        cards[f"CDELT{axis}"] = cam.GRID_SCALE_ARCSEC
    cards["DATE-OBS"] = cam.FLIGHT.time_of(FIRST_LIGHT).replace(tzinfo=None).isoformat()
    cards["WAVELNTH"], cards["BUNIT"] = 304, "DN"
    return cards


def level1(
    sun: Sun, optics: Optics, effects: Effects, rng: np.random.Generator, sequence: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return level 1 of one camera and sequence: photons (1040, 2048), and their standard deviation."""
    expected = expected_photons(sun, optics, effects, sequence)
    quantum = cam.electrons_per_photon(cam.FLIGHT.column_wavelength_A())
    gain, noise_dn = (values[optics.camera - 1].mean() for values in (cam.FLIGHT.gain, cam.FLIGHT.read_noise_dn))
    noise = gain * noise_dn / quantum * effects.read_noise
    photons = rng.poisson(expected) if effects.noise else expected
    image = photons + noise * rng.standard_normal(expected.shape)
    return image.astype(np.float32), np.sqrt(expected + noise**2).astype(np.float32)


def expected_photons(sun: Sun, optics: Optics, effects: Effects, sequence: int = 0) -> np.ndarray:
    """Return noise-free photons (1040, 2048) of O V, He I and Mg X."""
    level = effects.photons * effects.gains[optics.camera - 1]
    total = np.zeros(cam.ACTIVE_SHAPE)
    for line, light, brightness in (("ov", sun.ov, 1.0), ("hei", sun.hei, 1.0), ("mgx", sun.mgx, effects.second_line)):
        if brightness:
            total += level * brightness * _one_line(light, optics, effects, line, sequence)
    return total.clip(0)  # interpolation undershoots beside steep edges


def exposed(sun: Sun, optics: Optics, effects: Effects, rng: np.random.Generator, exposure: int) -> np.ndarray:
    """Return the photons (1040, 2048) that an exposure of the flight collects."""
    expected = expected_photons(sun, optics, effects, exposure - FIRST_LIGHT)
    return rng.poisson(expected) if effects.noise else expected


def target(sun: Sun, rng: np.random.Generator, *, share: float = 0.6) -> np.ndarray:
    """Return the Sun as AIA 304 would show it on the level-3 grid: alike, not equal; float32 (1270, 1270)."""
    like = scene(rng, correlated_with=sun.ov, share=share)
    return like[MARGIN:-MARGIN, MARGIN:-MARGIN].copy()


def _one_line(light: np.ndarray, optics: Optics, effects: Effects, line: str, sequence: int) -> np.ndarray:
    """Return a line's light on level 1: scene × vignetting inside its field stop, 0 elsewhere."""
    shift = _line_shift(line)
    moved = optics.to_sky.shifted(-shift, 0)
    coefficients = moved.coefficients.copy()
    coefficients[:, 0] += MARGIN + np.array(DRIFT) * sequence
    image = resample(light, transforms.Map(coefficients, moved.centre, moved.half), cam.ACTIVE_SHAPE).data
    stop = optics.stop(line)
    column = np.arange(cam.ACTIVE_SHAPE[1])
    vignetting = 1 + effects.slopes[optics.camera - 1] * position(column, stop)
    return np.where(masks.inside(stop, cam.ACTIVE_SHAPE), np.nan_to_num(image) * vignetting, 0)


def _line_shift(line: str) -> float:
    """Return the columns from O V to another line."""
    if line == "mgx":
        return MGX_SHIFT
    return round((cam.FLIGHT.lines[line].wavelength_A - cam.FLIGHT.lines["ov"].wavelength_A) * cam.COLUMNS_PER_A)


def _unit(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()
