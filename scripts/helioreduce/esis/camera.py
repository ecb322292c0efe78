"""The ESIS cameras: read-out and geometry as constants; times, gain, noise and spectral windows of a flight from its table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.errors import InputError

CAMERAS = (1, 2, 3, 4)
#: Camera to which the others are aligned (flight notebook: channel index 1).
REFERENCE = 2
#: Length of a tick of MEAS_EXP, s.
TICK_S = 25e-9

#: Level 0 (ny, nx), the active area of level 1, and what is cut: blank columns at the outer ends, overscan at the middle.
FRAME_SHAPE = (1040, 2152)
ACTIVE_SHAPE = (1040, 2048)
BLANK, OVERSCAN = 50, 2
#: Outer blank columns that the bias leaves out.
BLANK_IGNORED = 20

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

#: What to do about the table of a flight that cannot be used.
_LIKE = "Write it like esis/flights/2019.toml of the package"


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


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """What a flight has of its own.

    Parameters
    ----------
    exposure_s
        Length and cadence of the exposures, s.
    first_exposure, first_end
        Number of the first exposure, and UTC at its end.
    gain, read_noise_dn
        Electrons per DN, and DN: rows are cameras 1–4, columns taps 1–4.
    lines
        Its spectral lines by name.
    lights, darks
        First and last exposure in sunlight; those in the dark, in ranges.
    """

    exposure_s: float
    first_exposure: int
    first_end: datetime
    gain: np.ndarray
    read_noise_dn: np.ndarray
    lines: Mapping[str, Line]
    lights: Sequence[int]
    darks: Sequence[Sequence[int]]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Flight:
        """Return the flight that a table describes, see ``flights/2019.toml``.

        Raises
        ------
        InputError
            If an entry is missing or not what it should be.
        """
        try:
            own = cls(
                exposure_s=float(table["exposure_s"]),
                first_exposure=int(table["first_exposure"]),
                first_end=datetime.fromisoformat(table["first_end"]).astimezone(UTC),
                gain=np.array(table["gain"], float),
                read_noise_dn=np.array(table["read_noise_dn"], float),
                lines={name: _line(line) for name, line in table["lines"].items()},
                lights=table["lights"],
                darks=table["darks"],
            )
        except KeyError as missing:
            raise InputError(f"{missing} is missing", cure=_LIKE) from None
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"is not the table of a flight ({error})", cure=_LIKE) from None
        taps = (own.gain, own.read_noise_dn)
        if any(values.shape != (len(CAMERAS), 4) or not (values > 0).all() for values in taps) or own.exposure_s <= 0:
            raise InputError("gain, read_noise_dn (4 cameras × 4 taps) and exposure_s must be positive", cure=_LIKE)
        return own

    def time_of(self, exposure: int) -> datetime:
        """Return the UTC of the end of an exposure, by its number; the cameras run at a fixed cadence."""
        return self.first_end + timedelta(seconds=self.exposure_s * (exposure - self.first_exposure))

    def column_wavelength_A(self, nx: int = ACTIVE_SHAPE[1]) -> np.ndarray:
        """Return the wavelength, Å, at which electrons of each level-1 column (nx,) become photons: of the window nearest."""
        lines = sorted(self.lines.values(), key=lambda line: line.columns)
        edges = [(left.columns[1] + right.columns[0]) // 2 for left, right in pairwise(lines)]
        return np.array([line.wavelength_A for line in lines])[np.searchsorted(edges, np.arange(nx), side="right")]


def _line(table: Mapping[str, Any]) -> Line:
    """Return a line of the table of a flight."""
    first, last = (int(column) for column in table["columns"])
    if not 0 <= first < last <= ACTIVE_SHAPE[1]:
        raise ValueError(f"columns {first} to {last} are not within 0 and {ACTIVE_SHAPE[1]}")
    low, high = (float(column) for column in table["clear"])
    return Line(str(table["name"]), float(table["wavelength_A"]), (first, last), (low, high))


def read_table(path: Path) -> dict[str, Any]:
    """Return the table of a flight.

    Raises
    ------
    InputError
        If the file is not TOML, or not the table of a flight.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        Flight.of(table)
    except InputError as error:
        raise error.at(path) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as TOML ({error})", cure=_LIKE, where=path) from None
    return table


#: The flight of 2019: its table, and what it describes.
TABLE_2019 = read_table(Path(__file__).parent / "flights" / "2019.toml")
FLIGHT = Flight.of(TABLE_2019)


def dispersion_deg(camera: int) -> float:
    """Return the angle of increasing level-1 column on the level-3 grid, degrees from x towards y."""
    return 22.5 + 45.0 * (camera - 1)


def electrons_per_photon(wavelength_A: float | np.ndarray) -> np.ndarray:
    """Return the photo-electrons of one photon in silicon: (hc/λ) / 3.6 eV; 5.47 at 629.7 Å."""
    return HC_EV_A / np.asarray(wavelength_A) / PAIR_EV


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
