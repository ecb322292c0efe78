"""LLVM instructions on vectors of 512 bits: complex numbers side by side, one in each lane.

An :func:`instructions` function runs while a compiled function is being compiled, and emits instructions into it. Arrays
among its arguments decide the precision: 16 lanes of float32 or 8 of float64.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

_BYTES = 64
_INDEX = ir.IntType(64)
_CONTRACT = ("contract",)


def lanes(dtype: np.typing.DTypeLike) -> int:
    """Return the numbers in one vector: 16 of float32, 8 of float64."""
    return _BYTES // np.dtype(dtype).itemsize


@numba.njit(cache=True, nogil=True)
def aligned(shape, dtype):
    """Return an empty array that starts at a multiple of 64 bytes; a vector across two cache lines takes twice as long."""
    size = 1
    for n in shape:
        size *= n
    room = np.empty(size + _BYTES, dtype)
    start = -(room.ctypes.data // room.itemsize) % (_BYTES // room.itemsize)
    return room[start : start + size].reshape(shape)


class Complex:
    """A vector of complex numbers."""

    def __init__(self, builder: ir.IRBuilder, re: ir.Value, im: ir.Value) -> None:
        self.builder, self.re, self.im = builder, re, im

    def __add__(self, other: Complex) -> Complex:
        add = self.builder.fadd
        return Complex(self.builder, add(self.re, other.re, flags=_CONTRACT), add(self.im, other.im, flags=_CONTRACT))

    def __sub__(self, other: Complex) -> Complex:
        sub = self.builder.fsub
        return Complex(self.builder, sub(self.re, other.re, flags=_CONTRACT), sub(self.im, other.im, flags=_CONTRACT))

    def times(self, re: ir.Value, im: ir.Value) -> Complex:
        """Return the product with the complex numbers re + i im."""
        b, fused = self.builder, {"flags": _CONTRACT}
        real = b.fsub(b.fmul(self.re, re, **fused), b.fmul(self.im, im, **fused), **fused)
        return Complex(b, real, b.fadd(b.fmul(self.im, re, **fused), b.fmul(self.re, im, **fused), **fused))

    def scaled(self, factor: ir.Value) -> Complex:
        """Return the product with real numbers."""
        return Complex(self.builder, self.builder.fmul(self.re, factor), self.builder.fmul(self.im, factor))

    def by(self, factor: float) -> Complex:
        """Return the product with one real number."""
        return self.scaled(ir.Constant(self.re.type, [factor] * self.re.type.count))

    def conjugate(self) -> Complex:
        """Return the complex conjugate."""
        return Complex(self.builder, self.re, self.builder.fneg(self.im))

    def swapped(self) -> Complex:
        """Exchange real and imaginary part: a forward transform between two exchanges is a backward one."""
        return Complex(self.builder, self.im, self.re)

    def quarter_turn(self) -> Complex:
        """Return the product with −i."""
        return Complex(self.builder, self.im, self.builder.fneg(self.re))

    def eighth_turn(self) -> Complex:
        """Return the product with exp(−iπ/4)."""
        return (self + self.quarter_turn()).by(math.sqrt(0.5))


class Memory:
    """The elements of an array, by their flat index."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: numba.types.Array, value: ir.Value) -> None:
        self.builder, self.data = builder, context.make_array(kind)(context, builder, value).data
        self.bytes, self.lanes = np.dtype(str(kind.dtype)).itemsize, lanes(str(kind.dtype))
        self.vector = ir.VectorType(context.get_data_type(kind.dtype), self.lanes)

    def load(self, index: ir.Value) -> ir.Value:
        """Return a vector of neighbours."""
        return self.builder.load(self._pointer(index), align=self.bytes)

    def store(self, vector: ir.Value, index: ir.Value) -> None:
        """Write a vector of neighbours."""
        self.builder.store(vector, self._pointer(index), align=self.bytes)

    def broadcast(self, index: ir.Value) -> ir.Value:
        """Return one element in all lanes."""
        element = self.builder.load(self.builder.gep(self.data, [index]))
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, element, ir.IntType(32)(0))
        return self.builder.shuffle_vector(first, undefined, selection([0] * self.lanes))

    def load_complex(self, row: ir.Value) -> Complex:
        """Return one row of an array (n, 2, lanes)."""
        re, im = self._parts(row)
        return Complex(self.builder, self.load(re), self.load(im))

    def store_complex(self, z: Complex, row: ir.Value) -> None:
        """Write one row of an array (n, 2, lanes)."""
        re, im = self._parts(row)
        self.store(z.re, re)
        self.store(z.im, im)

    def _parts(self, row: ir.Value) -> tuple[ir.Value, ir.Value]:
        re = self.builder.mul(row, _INDEX(2 * self.lanes))
        return re, self.builder.add(re, _INDEX(self.lanes))

    def _pointer(self, index: ir.Value) -> ir.Value:
        return self.builder.bitcast(self.builder.gep(self.data, [index]), self.vector.as_pointer())


def selection(numbers: Sequence[int]) -> ir.Constant:
    """Return the lanes that a shuffle takes."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), list(numbers))


def index(number: int) -> ir.Constant:
    """Return a constant index."""
    return _INDEX(number)


def instructions(write: Callable[..., None]) -> Any:
    """Make ``write(builder, *arguments)`` callable from compiled code; arrays among its arguments become :class:`Memory`."""

    def typed(_: Any, *kinds: Any) -> Any:
        """Return the signature and the code of a call."""
        return numba.types.void(*kinds), body

    def body(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        """Write the code, with arrays as memory."""
        pairs = zip(signature.args, values, strict=True)
        write(builder, *(Memory(context, builder, k, v) if isinstance(k, numba.types.Array) else v for k, v in pairs))
        return context.get_dummy_value()

    typed.__dict__["__signature__"] = inspect.signature(write)  # numba takes the number of arguments from it
    return intrinsic(typed)
