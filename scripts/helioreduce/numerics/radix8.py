r"""Transforms of length 8ⁿ, sixteen side by side, one in each lane of a vector: no instruction has to look across lanes.

Forward transforms leave their frequencies in digit-reversed order and backward ones start from it: a convolution needs no
sorting. See :class:`helioreduce.numerics.blocks.Eights` for the arrays.

A transform goes through n passes of 8-point transforms and factors exp(−2πijk/8m), decimated in frequency (Gentleman & Sande
1966, AFIPS 29, 563). One pass of 4096 × 16 numbers takes 6 µs where vectors have 512 bits. The instructions are given to LLVM
as vectors: its own search in loops finds a tenth of that speed.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

#: Transforms side by side, and rows of the image per block (two of them in one complex number).
LANES, ROWS = 16, 32
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_INDEX = ir.IntType(64)
_ROOT_OF_HALF = math.sqrt(0.5)


@numba.njit(cache=True, nogil=True)
def aligned(shape):  # type: ignore[no-untyped-def]
    """An array of float32 that begins where a vector may: a vector across two cache lines takes twice as long."""
    size = 1
    for n in shape:
        size *= n
    room = np.empty(size + LANES, np.float32)
    start = -(room.ctypes.data // 4) % LANES
    return room[start : start + size].reshape(shape)


class _Complex:
    """Complex numbers, one in each lane, while instructions are written."""

    def __init__(self, builder: Any, re: Any, im: Any) -> None:
        self.builder, self.re, self.im = builder, re, im

    def __add__(self, other: _Complex) -> _Complex:
        return self._each("fadd", other)

    def __sub__(self, other: _Complex) -> _Complex:
        return self._each("fsub", other)

    def _each(self, operation: str, other: _Complex) -> _Complex:
        both = getattr(self.builder, operation)
        return _Complex(self.builder, both(self.re, other.re, flags=["contract"]), both(self.im, other.im, flags=["contract"]))

    def times(self, re: Any, im: Any) -> _Complex:
        """Product with a number given by its parts, each the same or not in all lanes."""
        b, may = self.builder, {"flags": ["contract"]}
        real = b.fsub(b.fmul(self.re, re, **may), b.fmul(self.im, im, **may), **may)
        return _Complex(b, real, b.fadd(b.fmul(self.im, re, **may), b.fmul(self.re, im, **may), **may))

    def scaled(self, factor: Any) -> _Complex:
        """Product with a real number."""
        return _Complex(self.builder, self.builder.fmul(self.re, factor), self.builder.fmul(self.im, factor))

    def swapped(self) -> _Complex:
        """Real and imaginary part exchanged: a forward transform between two exchanges is a backward one."""
        return _Complex(self.builder, self.im, self.re)

    def quarter(self) -> _Complex:
        """Product with −i."""
        return _Complex(self.builder, self.im, self.builder.fneg(self.re))

    def eighth(self) -> _Complex:
        """Product with exp(−iπ/4)."""
        turned = self + self.quarter()
        return turned.scaled(ir.Constant(_VECTOR, [_ROOT_OF_HALF] * LANES))


def _dft4(a: _Complex, b: _Complex, c: _Complex, d: _Complex) -> list[_Complex]:
    even, odd, between, turned = a + c, b + d, a - c, (b - d).quarter()
    return [even + odd, between + turned, even - odd, between - turned]


def _dft8(z: list[_Complex]) -> list[_Complex]:
    sums = [z[k] + z[k + 4] for k in range(4)]
    d0, d1, d2, d3 = (z[k] - z[k + 4] for k in range(4))
    odd = _dft4(d0, d1.eighth(), d2.quarter(), d3.eighth().quarter())
    return [one for pair in zip(_dft4(*sums), odd, strict=True) for one in pair]


def _idft8(z: list[_Complex]) -> list[_Complex]:
    return [one.swapped() for one in _dft8([one.swapped() for one in z])]


class _Memory:
    """An array's elements, while instructions are written."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self.data = builder, context.make_array(kind)(context, builder, value).data

    def _at(self, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [index]), _VECTOR.as_pointer())

    def load(self, index: Any) -> Any:
        """Sixteen neighbours."""
        return self.builder.load(self._at(index), align=4)

    def store(self, vector: Any, index: Any) -> None:
        """Write sixteen neighbours."""
        self.builder.store(vector, self._at(index), align=4)

    def everywhere(self, index: Any) -> Any:
        """One element in all lanes."""
        one = self.builder.load(self.builder.gep(self.data, [index]))
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = self.builder.insert_element(nothing, one, ir.IntType(32)(0))
        return self.builder.shuffle_vector(first, nothing, _lanes([0] * LANES))

    def complex(self, row: Any) -> _Complex:
        """Row of an array (n, 2, LANES)."""
        index = self.builder.mul(row, _INDEX(2 * LANES))
        return _Complex(self.builder, self.load(index), self.load(self.builder.add(index, _INDEX(LANES))))

    def put(self, z: _Complex, row: Any) -> None:
        """Write a row of an array (n, 2, LANES)."""
        index = self.builder.mul(row, _INDEX(2 * LANES))
        self.store(z.re, index)
        self.store(z.im, self.builder.add(index, _INDEX(LANES)))


def _lanes(numbers: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), LANES), numbers)


def _instructions(write: Callable[..., None]) -> Any:
    """``write(builder, *arguments)`` as a function of compiled code; arrays among its arguments become :class:`_Memory`."""

    def typed(_: Any, *kinds: Any) -> Any:
        return numba.types.void(*kinds), body

    def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pairs = zip(signature.args, values, strict=True)
        write(builder, *(_Memory(context, builder, k, v) if isinstance(k, numba.types.Array) else v for k, v in pairs))
        return context.get_dummy_value()

    typed.__signature__ = inspect.signature(write)  # type: ignore[attr-defined]
    return intrinsic(typed)


def _eight(builder: Any, first: Any, m: Any) -> list[Any]:
    """Indices first + km of a butterfly, k = 0…7."""
    return [builder.add(first, builder.mul(m, _INDEX(k))) for k in range(8)]


def _factors_of(builder: Any, factor: _Memory, m: Any, j: Any) -> list[tuple[Any, Any]]:
    """The factors k = 1…7 of butterfly j in pass m."""
    start = builder.mul(builder.add(m, j), _INDEX(16))
    parts = [factor.everywhere(builder.add(start, _INDEX(i))) for i in range(2, 16)]
    return list(zip(parts[::2], parts[1::2], strict=True))


@_instructions
def _forward8(builder, work, factor, first, m, j):  # type: ignore[no-untyped-def]
    """8-point transforms of rows first + km of ``work`` (n, 2, LANES), then factors."""
    rows = _eight(builder, first, m)
    result = _dft8([work.complex(row) for row in rows])
    work.put(result[0], rows[0])
    for z, row, by in zip(result[1:], rows[1:], _factors_of(builder, factor, m, j), strict=True):
        work.put(z.times(*by), row)


@_instructions
def _backward8(builder, work, factor, first, m, j):  # type: ignore[no-untyped-def]
    """The inverse of :func:`_forward8`, times 8."""
    rows = _eight(builder, first, m)
    z = [work.complex(row) for row in rows]
    by = [(re, builder.fneg(im)) for re, im in _factors_of(builder, factor, m, j)]
    z[1:] = [one.times(*each) for one, each in zip(z[1:], by, strict=True)]
    for one, row in zip(_idft8(z), rows, strict=True):
        work.put(one, row)


@_instructions
def _filter8(builder, work, otf, first):  # type: ignore[no-untyped-def]
    """The last forward pass, the product with ``otf`` (n, LANES) and the first backward pass, of rows first…first+7."""
    rows = _eight(builder, first, _INDEX(1))
    z = _dft8([work.complex(row) for row in rows])
    z = [one.scaled(otf.load(builder.mul(row, _INDEX(LANES)))) for one, row in zip(z, rows, strict=True)]
    for one, row in zip(_idft8(z), rows, strict=True):
        work.put(one, row)


@_instructions
def _transpose(builder, source, start, step, target, to, by):  # type: ignore[no-untyped-def]
    """16 × 16 numbers: line i at start + i step of ``source`` becomes column i of lines at to + k by of ``target``."""

    def index(first: Any, i: int, step: Any) -> Any:
        return builder.add(first, builder.mul(step, _INDEX(i)))

    lines = [source.load(index(start, i, step)) for i in range(LANES)]
    for width in (8, 4, 2, 1):
        low = _lanes([i if not i & width else i - width + LANES for i in range(LANES)])
        high = _lanes([i + width if not i & width else i + LANES for i in range(LANES)])
        for i in (i for i in range(LANES) if not i & width):
            a, b = lines[i], lines[i + width]
            lines[i], lines[i + width] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
    for i, line in enumerate(lines):
        target.store(line, index(to, i, by))


@_instructions
def _apart(builder, work, plus, minus, scratch, k):  # type: ignore[no-untyped-def]
    """2A and 2B of rows k = plus and −k = minus, to lines k of the four squares of ``scratch``."""
    z, mirrored = work.complex(plus), work.complex(minus)
    total, left = z + mirrored, z - mirrored
    for square, line in enumerate([total.re, left.im, total.im, builder.fneg(left.re)]):
        scratch.store(line, builder.add(_INDEX(square * LANES**2), builder.mul(k, _INDEX(LANES))))


@_instructions
def _together(builder, scratch, k, work, plus, minus):  # type: ignore[no-untyped-def]
    """Z = A + iB to row plus, and that of −k to row minus."""
    place = builder.mul(k, _INDEX(LANES))
    lines = [scratch.load(builder.add(_INDEX(square * LANES**2), place)) for square in range(4)]
    a, turned = _Complex(builder, *lines[:2]), _Complex(builder, builder.fneg(lines[3]), lines[2])
    mirrored = a - turned
    work.put(_Complex(builder, mirrored.re, builder.fneg(mirrored.im)), minus)
    work.put(a + turned, plus)


@numba.njit(cache=True, nogil=True)
def columns(spectrum, otf, factor):  # type: ignore[no-untyped-def]
    """Blocks of the spectrum (…, ny, 2, LANES) times their OTF (…, ny, LANES), between transforms along y."""
    n = spectrum.shape[1]
    for block in range(len(spectrum)):
        part, m = spectrum[block], n // 8
        while m > 1:
            _forward_pass(part, factor, m)
            m //= 8
        for first in range(0, n, 8):
            _filter8(part, otf[block], first)
        while 8 * m < n:
            m *= 8
            _backward_pass(part, factor, m)


@numba.njit(cache=True, nogil=True)
def forward(values, spectrum, row, factor, order, work):  # type: ignore[no-untyped-def]
    """Thirty-two rows (ROWS, nx) of the image, the first of them number ``row``, into the spectrum."""
    nx, scratch = values.shape[1], aligned((4, LANES, LANES))
    for x in range(0, nx, LANES):
        for part in range(2):
            _transpose(values, part * LANES * nx + x, nx, work, (2 * x + part) * LANES, 2 * LANES)
    m = nx // 8
    while m:
        _forward_pass(work, factor, m)
        m //= 8
    for block in range(len(spectrum)):
        for i in range(min(LANES, nx // 2 + 1 - block * LANES)):
            k = block * LANES + i
            _apart(work, order[k], order[-k], scratch, i)
        for square in range(4):
            to = ((block * spectrum.shape[1] + row + square // 2 * LANES) * 2 + square % 2) * LANES
            _transpose(scratch, square * LANES * LANES, LANES, spectrum, to, 2 * LANES)


@numba.njit(cache=True, nogil=True)
def backward(spectrum, row, factor, order, work, values):  # type: ignore[no-untyped-def]
    """Thirty-two rows of the image from the spectrum, into ``values`` (ROWS, nx)."""
    nx, scratch = values.shape[1], aligned((4, LANES, LANES))
    for block in range(len(spectrum)):
        for square in range(4):
            start = ((block * spectrum.shape[1] + row + square // 2 * LANES) * 2 + square % 2) * LANES
            _transpose(spectrum, start, 2 * LANES, scratch, square * LANES * LANES, LANES)
        for i in range(min(LANES, nx // 2 + 1 - block * LANES)):
            k = block * LANES + i
            _together(scratch, i, work, order[k], order[-k])
    m = 1
    while m < nx:
        _backward_pass(work, factor, m)
        m *= 8
    for x in range(0, nx, LANES):
        for part in range(2):
            _transpose(work, (2 * x + part) * LANES, 2 * LANES, values, part * LANES * nx + x, nx)


@numba.njit(cache=True, nogil=True)
def _forward_pass(work, factor, m):  # type: ignore[no-untyped-def]
    for group in range(0, len(work), 8 * m):
        for j in range(m):
            _forward8(work, factor, group + j, m, j)


@numba.njit(cache=True, nogil=True)
def _backward_pass(work, factor, m):  # type: ignore[no-untyped-def]
    for group in range(0, len(work), 8 * m):
        for j in range(m):
            _backward8(work, factor, group + j, m, j)
