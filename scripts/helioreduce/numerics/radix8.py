"""Fourier transforms of 2ᵏ or 3 · 2ᵏ numbers, many side by side, one in each lane of a vector.

No instruction has to look across lanes. Forward transforms leave their frequencies in the order of :func:`positions` and
backward ones start from it: a convolution needs no sorting. See :class:`helioreduce.numerics.blocks.Radix8` for the arrays.

A transform of n numbers is a pass of 2-, 4-, 8-, 3-, 6- or 12-point transforms, whichever leaves a power of eight, followed
by passes of 8-point transforms; a pass of r points multiplies by exp(−2πijk/rm), decimated in frequency (Gentleman & Sande
1966, AFIPS 29, 563). Six and twelve points are 3 × 2 and 3 × 4 without factors in between (Good 1958, JRSS B 20, 361). One pass
of 4096 × 16 numbers takes 6 µs where vectors have 512 bits. The instructions are given to LLVM as vectors: auto-vectorised
loops reach a tenth of the speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir

from helioreduce.numerics.vectors import Complex, Memory, aligned, index, instructions, selection

#: Shortest transform.
SHORTEST = 64


def is_length(n: int) -> bool:
    """Return whether these transforms take n numbers: 2ᵏ or 3 · 2ᵏ, from :data:`SHORTEST`."""
    power = n // 3 if n % 3 == 0 else n
    return n >= SHORTEST and power & (power - 1) == 0


def length(least: int) -> int:
    """Return the smallest length of these transforms that is at least ``least``."""
    power = 1 << max(least - 1, SHORTEST - 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= max(least, SHORTEST) else power


def first_radix(n: int) -> int:
    """Return the radix of the first forward pass of 2ᵏ points, 2, 4 or 8, or 3 · 2ᵏ, 3, 6 or 12; all others have radix 8."""
    if n % 3 == 0:
        return (3, 6, 12)[((n // 3).bit_length() - 1) % 3]
    return (8, 2, 4)[(n.bit_length() - 1) % 3]


def _rows_of_factors(radix: int) -> int:
    """Return the rows of the table of factors, of 8 each, that one butterfly takes."""
    return 1 if radix <= 8 else 2


def positions(n: int) -> np.ndarray:
    """Return where each frequency 0…n−1 lies after a forward transform: its digits reversed."""
    if n == 1:
        return np.zeros(1, np.int64)
    radix = first_radix(n)
    rest, digit = np.divmod(np.arange(n), radix)
    return digit * (n // radix) + positions(n // radix)[rest]


def factors(n: int, dtype: np.typing.DTypeLike) -> np.ndarray:
    """Return exp(−2πijk/rm) of all passes of n points, as (m + j, k, real or imaginary) with j < m and k < r.

    Those of a pass of 12 points take two rows each, from m + 2j.
    """
    radix = first_radix(n)
    result = np.zeros(((1 + _rows_of_factors(radix)) * n // radix, 8, 2), dtype)
    while n > 1:
        radix = first_radix(n)
        m, rows = n // radix, _rows_of_factors(radix)
        angle = -2 * np.pi / n * np.arange(m)[:, None] * np.arange(radix)
        part = result[m : m + rows * m].reshape(m, 8 * rows, 2)
        part[:, :radix], n = np.stack([np.cos(angle), np.sin(angle)], axis=-1), m
    return result


def _dft2(z: list[Complex]) -> list[Complex]:
    return [z[0] + z[1], z[0] - z[1]]


def _dft3(z: list[Complex]) -> list[Complex]:
    total, difference = z[1] + z[2], z[1] - z[2]
    middle, turned = z[0] - total.by(0.5), difference.quarter_turn().by(math.sqrt(0.75))
    return [z[0] + total, middle + turned, middle - turned]


def _dft4(z: list[Complex]) -> list[Complex]:
    even, odd = z[0] + z[2], z[1] + z[3]
    difference, turned = z[0] - z[2], (z[1] - z[3]).quarter_turn()
    return [even + odd, difference + turned, even - odd, difference - turned]


def _dft8(z: list[Complex]) -> list[Complex]:
    sums = [z[k] + z[k + 4] for k in range(4)]
    d0, d1, d2, d3 = (z[k] - z[k + 4] for k in range(4))
    odd = _dft4([d0, d1.eighth_turn(), d2.quarter_turn(), d3.eighth_turn().quarter_turn()])
    return [value for pair in zip(_dft4(sums), odd, strict=True) for value in pair]


def _dft_of_thrice(q: int, dft: Callable[[list[Complex]], list[Complex]]) -> Callable[[list[Complex]], list[Complex]]:
    """Return the transform of 3q points, made of those of 3 and of q, which have no common factor."""
    n, k1, k2 = 3 * q, q * pow(q, -1, 3), 3 * pow(3, -1, q)

    def transform(z: list[Complex]) -> list[Complex]:
        """Transform columns, then rows, of the points in the order that needs no factors."""
        columns = [_dft3([z[(q * i + 3 * j) % n] for i in range(3)]) for j in range(q)]
        result = list(z)
        for i in range(3):
            for j, value in enumerate(dft([column[i] for column in columns])):
                result[(k1 * i + k2 * j) % n] = value
        return result

    return transform


_DFT = {2: _dft2, 4: _dft4, 8: _dft8, 3: _dft3, 6: _dft_of_thrice(2, _dft2), 12: _dft_of_thrice(4, _dft4)}


def _inverse(dft: Callable[[list[Complex]], list[Complex]], z: list[Complex]) -> list[Complex]:
    return [value.swapped() for value in dft([value.swapped() for value in z])]


def _rows(builder: ir.IRBuilder, radix: int, first: ir.Value, m: ir.Value) -> list[ir.Value]:
    """Return the indices first + km of a butterfly."""
    return [builder.add(first, builder.mul(m, index(k))) for k in range(radix)]


def _factors_of(builder: ir.IRBuilder, factor: Memory, radix: int, m: ir.Value, j: ir.Value) -> list[tuple[ir.Value, ir.Value]]:
    """Return the factors k = 1…r−1 of a butterfly, real and imaginary."""
    row = builder.add(m, builder.mul(j, index(_rows_of_factors(radix))))
    start = builder.mul(row, index(16))
    parts = [factor.broadcast(builder.add(start, index(i))) for i in range(2, 2 * radix)]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _forward_butterfly(radix: int) -> Any:
    @instructions
    def butterfly(builder: ir.IRBuilder, work: Memory, factor: Memory, first: ir.Value, m: ir.Value, j: ir.Value) -> None:
        """Transform rows first + km of ``work`` (n, 2, lanes), then multiply by the factors."""
        rows = _rows(builder, radix, first, m)
        result = _DFT[radix]([work.load_complex(row) for row in rows])
        work.store_complex(result[0], rows[0])
        multipliers = _factors_of(builder, factor, radix, m, j)
        for z, row, multiplier in zip(result[1:], rows[1:], multipliers, strict=True):
            work.store_complex(z.times(*multiplier), row)

    return butterfly


def _backward_butterfly(radix: int) -> Any:
    @instructions
    def butterfly(builder: ir.IRBuilder, work: Memory, factor: Memory, first: ir.Value, m: ir.Value, j: ir.Value) -> None:
        """Undo the forward butterfly, times the radix."""
        rows = _rows(builder, radix, first, m)
        z = [work.load_complex(row) for row in rows]
        multipliers = [(re, builder.fneg(im)) for re, im in _factors_of(builder, factor, radix, m, j)]
        z[1:] = [value.times(*multiplier) for value, multiplier in zip(z[1:], multipliers, strict=True)]
        for value, row in zip(_inverse(_DFT[radix], z), rows, strict=True):
            work.store_complex(value, row)

    return butterfly


_forward2, _forward4, _forward8, _forward3, _forward6, _forward12 = (_forward_butterfly(radix) for radix in _DFT)
_backward2, _backward4, _backward8, _backward3, _backward6, _backward12 = (_backward_butterfly(radix) for radix in _DFT)


@instructions
def _filter8(builder: ir.IRBuilder, work: Memory, otf: Memory, first: ir.Value) -> None:
    """Do the last forward pass, the product with ``otf`` (n, lanes) and the first backward pass, of rows first…first+7."""
    rows = _rows(builder, 8, first, index(1))
    z = _dft8([work.load_complex(row) for row in rows])
    z = [value.scaled(otf.load(builder.mul(row, index(otf.lanes)))) for value, row in zip(z, rows, strict=True)]
    for value, row in zip(_inverse(_dft8, z), rows, strict=True):
        work.store_complex(value, row)


@instructions
def _transpose(builder, source, start, step, target, to, by):
    """Transpose a square of lanes × lanes: line i at start + i step of ``source`` becomes column i of lines at to + k by."""
    lanes = source.lanes
    lines = [source.load(builder.add(start, builder.mul(step, index(i)))) for i in range(lanes)]
    width = lanes // 2
    while width:
        low = selection([i if not i & width else i - width + lanes for i in range(lanes)])
        high = selection([i + width if not i & width else i + lanes for i in range(lanes)])
        for i in (i for i in range(lanes) if not i & width):
            a, b = lines[i], lines[i + width]
            lines[i], lines[i + width] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        width //= 2
    for i, line in enumerate(lines):
        target.store(line, builder.add(to, builder.mul(by, index(i))))


@instructions
def _split(builder: ir.IRBuilder, work: Memory, plus: ir.Value, minus: ir.Value, scratch: Memory, k: ir.Value) -> None:
    """Write 2A and 2B of rows k = plus and −k = minus, to lines k of the four squares of ``scratch``."""
    z, mirrored = work.load_complex(plus), work.load_complex(minus)
    total, difference = z + mirrored, z - mirrored
    for square, line in enumerate([total.re, difference.im, total.im, builder.fneg(difference.re)]):
        scratch.store(line, _line(builder, scratch, square, k))


@instructions
def _join(builder: ir.IRBuilder, scratch: Memory, k: ir.Value, work: Memory, plus: ir.Value, minus: ir.Value) -> None:
    """Write Z = A + iB to row plus, and that of −k to row minus."""
    a_re, a_im, b_re, b_im = (scratch.load(_line(builder, scratch, square, k)) for square in range(4))
    a, turned = Complex(builder, a_re, a_im), Complex(builder, builder.fneg(b_im), b_re)
    work.store_complex((a - turned).conjugate(), minus)
    work.store_complex(a + turned, plus)


def _line(builder: ir.IRBuilder, scratch: Memory, square: int, k: ir.Value) -> ir.Value:
    """Index of line k of a square of ``scratch`` (4, lanes, lanes)."""
    return builder.add(index(square * scratch.lanes**2), builder.mul(k, index(scratch.lanes)))


@numba.njit(cache=True, nogil=True)
def columns(spectrum, otf, factor, radix):
    """Multiply blocks of the spectrum (…, ny, 2, lanes) by their OTF (…, ny, lanes), between transforms along y.

    ``factor`` and ``radix`` are :func:`factors` and :func:`first_radix` of ny.
    """
    n = spectrum.shape[1]
    for block in range(len(spectrum)):
        part = spectrum[block]
        _forward_passes(part, factor, radix, 8)
        for first in range(0, n, 8):
            _filter8(part, otf[block], first)
        _backward_passes(part, factor, radix, 8)


@numba.njit(cache=True, nogil=True)
def forward(values, spectrum, row, factor, radix, order, work):
    """Transform rows (2 lanes, nx) of an image into the spectrum; ``row`` is the number of the first of them."""
    nx, lanes = values.shape[1], spectrum.shape[3]
    scratch = aligned((4, lanes, lanes), values.dtype)
    for x in range(0, nx, lanes):
        for part in range(2):
            _transpose(values, part * lanes * nx + x, nx, work, (2 * x + part) * lanes, 2 * lanes)
    _forward_passes(work, factor, radix, 1)
    for block in range(len(spectrum)):
        for i in range(min(lanes, nx // 2 + 1 - block * lanes)):
            k = block * lanes + i
            _split(work, order[k], order[-k], scratch, i)
        for square in range(4):
            to = ((block * spectrum.shape[1] + row + square // 2 * lanes) * 2 + square % 2) * lanes
            _transpose(scratch, square * lanes * lanes, lanes, spectrum, to, 2 * lanes)


@numba.njit(cache=True, nogil=True)
def backward(spectrum, row, factor, radix, order, work, values):
    """Transform the spectrum back into rows of the image, ``values`` (2 lanes, nx)."""
    nx, lanes = values.shape[1], spectrum.shape[3]
    scratch = aligned((4, lanes, lanes), values.dtype)
    for block in range(len(spectrum)):
        for square in range(4):
            start = ((block * spectrum.shape[1] + row + square // 2 * lanes) * 2 + square % 2) * lanes
            _transpose(spectrum, start, 2 * lanes, scratch, square * lanes * lanes, lanes)
        for i in range(min(lanes, nx // 2 + 1 - block * lanes)):
            k = block * lanes + i
            _join(scratch, i, work, order[k], order[-k])
    _backward_passes(work, factor, radix, 1)
    for x in range(0, nx, lanes):
        for part in range(2):
            _transpose(work, (2 * x + part) * lanes, 2 * lanes, values, part * lanes * nx + x, nx)


@numba.njit(cache=True, nogil=True)
def _forward_passes(work, factor, radix, last):
    """Do all forward passes along the first axis of ``work`` (n, 2, lanes), down to sub-transforms of ``last`` points."""
    m = len(work) // radix
    for j in range(m):
        if radix == 2:
            _forward2(work, factor, j, m, j)
        elif radix == 4:
            _forward4(work, factor, j, m, j)
        elif radix == 3:
            _forward3(work, factor, j, m, j)
        elif radix == 6:
            _forward6(work, factor, j, m, j)
        elif radix == 12:
            _forward12(work, factor, j, m, j)
        else:
            _forward8(work, factor, j, m, j)
    while m > last:
        m //= 8
        for group in range(0, len(work), 8 * m):
            for j in range(m):
                _forward8(work, factor, group + j, m, j)


@numba.njit(cache=True, nogil=True)
def _backward_passes(work, factor, radix, first):
    """Do all backward passes along the first axis of ``work`` (n, 2, lanes), from sub-transforms of ``first`` points."""
    m = first
    while radix * m < len(work):
        for group in range(0, len(work), 8 * m):
            for j in range(m):
                _backward8(work, factor, group + j, m, j)
        m *= 8
    for j in range(m):
        if radix == 2:
            _backward2(work, factor, j, m, j)
        elif radix == 4:
            _backward4(work, factor, j, m, j)
        elif radix == 3:
            _backward3(work, factor, j, m, j)
        elif radix == 6:
            _backward6(work, factor, j, m, j)
        elif radix == 12:
            _backward12(work, factor, j, m, j)
        else:
            _backward8(work, factor, j, m, j)
