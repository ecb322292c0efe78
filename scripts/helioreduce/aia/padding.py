"""An image on the larger periodic grid of a convolution, in the middle of a margin."""

from __future__ import annotations

from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.numerics import backend, fft

#: Pixels before and after each axis; empty where the grid is the image's own.
Margins = tuple[tuple[int, int], ...]


def margins(shape: tuple[int, int], otf: np.ndarray) -> Margins:
    """Return the pixels to add before and after each axis to fill the grid of an OTF (gy, gx//2+1), gx even.

    Raises
    ------
    InputError
        If the grid is smaller than ``shape``.
    """
    grid = grid_of(otf)
    excess = [g - n for g, n in zip(grid, shape, strict=True)]
    if min(excess) < 0:
        raise InputError(f"an image of {shape} does not fit on the PSF's grid of {grid}", cure="Give psf.grid(shape, channel)")
    return tuple((n // 2, n - n // 2) for n in excess) if any(excess) else ()


def grid_of(otf: np.ndarray) -> tuple[int, int]:
    """Return the grid (gy, gx) of an OTF (gy, gx//2+1)."""
    return otf.shape[0], 2 * (otf.shape[1] - 1)


def inner(plane: np.ndarray, around: Margins) -> np.ndarray:
    """Return a plane without its margins."""
    return plane[tuple(slice(a, n - b) for n, (a, b) in zip(plane.shape, around, strict=True))] if around else plane


class Window:
    """Convolutions of an image that is 0 beyond its edges, seen within them: M K M.

    The margin is made and dropped block by block, so that no plane of the grid's size is kept but the spectrum.

    Parameters
    ----------
    convolve
        The convolution with K on a grid (gy, gx), in :meth:`helioreduce.numerics.fft.Filter.threads`.
    shape
        Of the image, (ny, nx).
    otf
        K̂, of which only the shape matters here.
    """

    def __init__(self, convolve: fft.Filter, shape: tuple[int, int], otf: np.ndarray) -> None:
        self._filter, self._shape, self._width = convolve, shape, grid_of(otf)[1]
        before = [first for first, _ in margins(shape, otf)] or [0, 0]
        self._top, self._columns = before[0], slice(before[1], before[1] + shape[1])

    def __call__(self, image: Any, result: Any) -> Any:
        """Write the convolution of an image (ny, nx) into ``result``, which may be the image, and return it."""

        def load(rows: slice) -> None:
            """Transform rows of the grid."""
            lines, part = self._lines(rows)
            block = image[lines]
            if block.shape != (size := (rows.stop - rows.start, self._width)):
                block = backend.module_of(image).zeros(size, result.dtype)
                block[part, self._columns] = image[lines]
            self._filter.forward(rows, block)

        def back(rows: slice) -> None:
            """Transform rows back into those of the image."""
            lines, part = self._lines(rows)
            if lines.stop > lines.start:
                result[lines] = self._filter.backward(rows)[part, self._columns]

        self._filter.rows(load)
        self._filter.columns()
        self._filter.rows(back)
        return result

    def _lines(self, rows: slice) -> tuple[slice, slice]:
        """Return the rows of the image within some of the grid, and where in these they lie."""
        start, stop = (min(max(row - self._top, 0), self._shape[0]) for row in (rows.start, rows.stop))
        first = start + self._top - rows.start if stop > start else 0
        return slice(start, stop), slice(first, first + stop - start)
