"""A forward ESIS: a known Sun through four cameras of known geometry, down to level-0 counts.

Effects are added in the order of nature, each behind its switch: 1 scene through the transform and the field stop, 2 vignetting,
3 a second line (Mg X) over part of the octagon, 4 photon noise, 5 cosmic rays, 6 dark current, read noise, gain and
bias. Every reduction step must undo exactly its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
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
#: Columns by which Mg X 609.8 Å lies left of O V.
MGX_SHIFT = -546
BIAS_DN = 3500.0
DARK_DN = 4.0
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
        """The field stop's vertices (8, 2) in level 1."""
        return masks.octagon(self.centre) + [_line_shift(line), 0]

    def truth(self, x: np.ndarray, y: np.ndarray, sequence: int = 0, line: str = "ov") -> tuple[np.ndarray, np.ndarray]:
        """Level-1 (column, row) of level-3 pixels (x, y): the numerical inverse of the forward geometry."""
        column, row = self.to_sky.inverse(np.asarray(x) - DRIFT[0] * sequence, np.asarray(y) - DRIFT[1] * sequence)
        return column + _line_shift(line), row


@dataclass(frozen=True, slots=True, eq=False)
class Sun:
    """Scenes of mean 1 on the level-3 grid with a margin: one for each line."""

    scenes: dict[str, np.ndarray] = field(default_factory=dict)


def scene(rng: np.random.Generator, *, correlated_with: np.ndarray | None = None, share: float = 0.0) -> np.ndarray:
    """A quiet transition region: log-normal network with bright points, mean 1, blurred as by the optics.

    Parameters
    ----------
    correlated_with, share
        A scene to which ``share`` of the field's standard deviation is common.
    """
    shape = tuple(n + 2 * MARGIN for n in cam.GRID_SHAPE)
    white = rng.standard_normal(shape)
    texture = sum(weight * _unit(gaussian_filter(white, scale, mode="wrap")) for scale, weight in ((1.3, 0.35), (4, 0.6), (12, 0.5)))
    if correlated_with is not None:
        texture = share * _unit(np.log(correlated_with)) + np.sqrt(1 - share**2) * _unit(texture)
    light = np.exp(0.65 * _unit(texture))
    return (light / light.mean()).astype(np.float32)


def sun(rng: np.random.Generator) -> Sun:
    """Scenes of O V, He I and Mg X; the lines share most of their structure."""
    ov = scene(rng)
    hei, mgx = (scene(rng, correlated_with=ov, share=share) for share in (0.85, 0.4))
    return Sun({"ov": ov, "hei": hei, "mgx": mgx})


def optics(camera: int, rng: np.random.Generator) -> Optics:
    """A camera: designed rotation, scale and anamorphism, ±5 px of shift and ±1.5 px of distortion at the edge, ±0.3°, ±0.5 %."""
    centre = (1525.0 + rng.uniform(-15, 15), 520.0 + rng.uniform(-15, 15))
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


def level1(
    sun: Sun, optics: Optics, effects: Effects, rng: np.random.Generator, sequence: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Level 1 of one camera and sequence: photons (1040, 2048), and their standard deviation."""
    expected = expected_photons(sun, optics, effects, sequence)
    lump = cam.electrons_per_photon(cam.column_wavelength_A())
    noise = cam.GAIN[optics.camera - 1].mean() * cam.READ_NOISE_DN[optics.camera - 1].mean() / lump * effects.read_noise
    photons = rng.poisson(expected) if effects.noise else expected
    image = photons + noise * rng.standard_normal(expected.shape)
    return image.astype(np.float32), np.sqrt(expected + noise**2).astype(np.float32)


def expected_photons(sun: Sun, optics: Optics, effects: Effects, sequence: int = 0) -> np.ndarray:
    """Noise-free photons (1040, 2048) of O V, He I and Mg X."""
    level = effects.photons * effects.gains[optics.camera - 1]
    total = np.zeros(cam.ACTIVE_SHAPE)
    for line, brightness in (("ov", 1.0), ("hei", 1.0), ("mgx", effects.second_line)):
        if brightness:
            total += level * brightness * _one_line(sun.scenes[line], optics, effects, line, sequence)
    return total


def level0(photons: np.ndarray, camera: int, rng: np.random.Generator, *, cosmic_rays: int = 25) -> np.ndarray:
    """Counts (1040, 2152) uint16 of a frame that collected ``photons`` (level 1, rows as on the Sun).

    Parameters
    ----------
    cosmic_rays
        Mean number of tracks; flight darks hold 23 to 27.
    """
    lump = cam.electrons_per_photon(cam.column_wavelength_A())
    electrons = np.flipud(photons * lump) + tracks(rng, cosmic_rays)
    counts = electrons / cam.by_tap(cam.GAIN[camera - 1], cam.ACTIVE_SHAPE) + DARK_DN
    middle = counts.shape[1] // 2
    gap = np.zeros((len(counts), 2 * cam.OVERSCAN))
    blank = np.zeros((len(counts), cam.BLANK))
    frame = np.hstack([blank, counts[:, :middle], gap, counts[:, middle:], blank])
    noise = cam.by_tap(cam.READ_NOISE_DN[camera - 1], frame.shape) * rng.standard_normal(frame.shape)
    bias = cam.by_tap(BIAS_DN + 30 * np.arange(4), frame.shape)
    return np.clip(np.rint(frame + noise + bias), 0, 65535).astype(np.uint16)


def tracks(rng: np.random.Generator, mean: float) -> np.ndarray:
    """Cosmic rays on the active area, electrons: straight tracks of 1 to 12 pixels, 300 to 3000 electrons each pixel."""
    image = np.zeros(cam.ACTIVE_SHAPE)
    for _ in range(rng.poisson(mean)):
        start, angle = rng.uniform((0, 0), cam.ACTIVE_SHAPE), rng.uniform(0, 2 * np.pi)
        path = start + np.arange(rng.integers(1, 13))[:, None] * [np.sin(angle), np.cos(angle)]
        row, column = np.clip(path.astype(int), 0, np.array(cam.ACTIVE_SHAPE) - 1).T
        image[row, column] = rng.uniform(300, 3000)
    return image


def target(sun: Sun, rng: np.random.Generator, *, share: float = 0.6) -> np.ndarray:
    """The Sun as AIA 304 would show it on the level-3 grid: alike, not equal; float32 (1270, 1270)."""
    like = scene(rng, correlated_with=sun.scenes["ov"], share=share)
    return like[MARGIN:-MARGIN, MARGIN:-MARGIN].copy()


def _one_line(light: np.ndarray, optics: Optics, effects: Effects, line: str, sequence: int) -> np.ndarray:
    """A line's light on level 1: scene × vignetting inside its field stop, 0 elsewhere."""
    shift = _line_shift(line)
    moved = optics.to_sky.shifted(-shift, 0)
    coefficients = moved.coefficients.copy()
    coefficients[:, 0] += MARGIN + np.array(DRIFT) * sequence
    image, _ = resample(light, transforms.Map(coefficients, moved.centre, moved.half), cam.ACTIVE_SHAPE)
    stop = optics.stop(line)
    column = np.arange(cam.ACTIVE_SHAPE[1])
    vignetting = 1 + effects.slopes[optics.camera - 1] * position(column, stop)
    return np.where(masks.inside(stop, cam.ACTIVE_SHAPE), np.nan_to_num(image) * vignetting, 0)


def _line_shift(line: str) -> float:
    """Columns from O V to another line."""
    if line == "mgx":
        return MGX_SHIFT
    return round((cam.LINES[line].wavelength_A - cam.LINES["ov"].wavelength_A) * cam.COLUMNS_PER_A)


def _unit(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()
