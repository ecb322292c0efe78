"""The ESIS cameras of the 2019 flight: read-out, gain, geometry and spectral lines, as constants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

CAMERAS = (1, 2, 3, 4)
#: Camera to which the others are aligned (flight notebook: channel index 1).
REFERENCE = 2
EXPOSURE_S = 10.0
#: First exposure of the flight: its number and the time at its end.
FIRST_EXPOSURE = (97, datetime(2019, 9, 30, 18, 4, 11, 647000, tzinfo=UTC))
#: Length of a tick of MEAS_EXP, s.
TICK_S = 25e-9

#: Level 0 (ny, nx), the active area of level 1, and what is cut: blank columns at the outer ends, overscan at the middle.
FRAME_SHAPE = (1040, 2152)
ACTIVE_SHAPE = (1040, 2048)
BLANK, OVERSCAN = 50, 2
#: Outer blank columns that the bias leaves out.
BLANK_IGNORED = 20

#: Gain, electrons per DN, and read noise, DN: rows are cameras 1–4, columns taps 1–4 (Kankelborg-Group/ESIS, flight/optics.py).
GAIN = np.array([[2.57, 2.50, 2.52, 2.53], [2.55, 2.58, 2.57, 2.63], [2.57, 2.53, 2.52, 2.59], [2.60, 2.60, 2.54, 2.58]])
READ_NOISE_DN = np.array([[3.9, 4.0, 4.1, 3.7], [3.9, 4.0, 4.0, 4.0], [4.1, 4.1, 4.1, 4.3], [3.9, 3.9, 4.2, 4.1]])

#: Energy of an electron–hole pair in silicon, eV, and hc, eV Å, as in the flight's own reduction.
PAIR_EV = 3.6
HC_EV_A = 12398.4198

#: Columns of an ESIS detector per ångström: 17.4 km/s a pixel at 629.7 Å (esis-mission/esis, distortion-fit summary).
COLUMNS_PER_A = 1 / 0.0366

#: First level-1 column that sees the Sun: an edge shades the first 4 to 22 (measured on the flight's He I images).
FIRST_LIT_COLUMN = 24

#: Level-3 grid: 0.6″ pixels of the AIA level-1.5 full disc, rows 1380–2649, columns 1435–2704.
GRID_SHAPE = (1270, 1270)
GRID_SCALE_ARCSEC = 0.6
GRID_CRPIX = (613.5, 668.5)
#: Level-1 pixels per level-3 pixel across the dispersion, the grating's anamorphic angle, and the angle of dispersion of
#: camera j = 1–4 from the x axis of the grid: 22.5° + 45° (j − 1).
PIXEL_RATIO = 0.79
ANAMORPHIC_DEG = 16.0
#: Field stop: an octagon, flat to flat in level-3 pixels.
FIELD_STOP = 1140.0


@dataclass(frozen=True, slots=True)
class Line:
    """A spectral line and where level 1 shows it.

    Parameters
    ----------
    wavelength_A
        Rest wavelength, Å.
    columns
        First and last-but-one level-1 column of its window.
    clear
        Columns free of Mg X 609.8 Å, from the right edge of the line's own octagon.
    """

    name: str
    wavelength_A: float
    columns: tuple[int, int]
    clear: tuple[float, float]

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of level 1 in which the line is seen."""
        return slice(None), slice(*self.columns)


#: Windows as in the flight notebook. Mg X 609.8 Å lies 546 columns left of O V and 694 right of He I; octagons are 936 wide.
LINES = {
    "ov": Line("O V 629.7", 629.7, (999, 2048), (-536.0, np.inf)),
    "hei": Line("He I 584.3", 584.3, (0, 799), (-np.inf, -252.0)),
}


def dispersion_deg(camera: int) -> float:
    """Return the angle of increasing level-1 column on the level-3 grid, degrees from x towards y."""
    return 22.5 + 45.0 * (camera - 1)


def electrons_per_photon(wavelength_A: float | np.ndarray) -> np.ndarray:
    """Return the photo-electrons of one photon in silicon: (hc/λ) / 3.6 eV; 5.47 at 629.7 Å."""
    return HC_EV_A / np.asarray(wavelength_A) / PAIR_EV


def column_wavelength_A(nx: int = ACTIVE_SHAPE[1]) -> np.ndarray:
    """Return the wavelength, Å, at which electrons of each level-1 column (nx,) become photons: He I left, O V right."""
    middle = (LINES["hei"].columns[1] + LINES["ov"].columns[0]) // 2
    return np.where(np.arange(nx) < middle, LINES["hei"].wavelength_A, LINES["ov"].wavelength_A)


def quadrants(shape: tuple[int, int]) -> tuple[tuple[slice, slice], ...]:
    """Return the four taps as rows and columns: lower left, upper left, upper right, lower right."""
    half_y, half_x = shape[0] // 2, shape[1] // 2
    low, high, left, right = slice(half_y), slice(half_y, None), slice(half_x), slice(half_x, None)
    return (low, left), (high, left), (high, right), (low, right)


def by_tap(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return an image of ``shape`` (ny, nx) with one value for each of the four taps."""
    image = np.empty(shape, np.float32)
    for tap, quadrant in enumerate(quadrants(shape)):
        image[quadrant] = values[tap]
    return image


def time_of(exposure: int) -> datetime:
    """Return the UTC of the end of an exposure of the 2019 flight, by its number; the cameras run at 10 s."""
    number, time = FIRST_EXPOSURE
    return time + timedelta(seconds=EXPOSURE_S * (exposure - number))
