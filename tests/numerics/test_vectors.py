"""Complex vectors as instructions: their arithmetic beside NumPy's, and where arrays begin."""

import numba
import numpy as np
import pytest

from helioreduce.numerics import vectors

#: Each result of the test's instructions as NumPy has it; a and b are complex, f real.
EXPECTED = {
    "sum": lambda a, b, f: a + b,
    "difference": lambda a, b, f: a - b,
    "product": lambda a, b, f: a * b,
    "scaled": lambda a, b, f: a * f,
    "conjugate": lambda a, b, f: a.conj(),
    "swapped": lambda a, b, f: a.imag + 1j * a.real,
    "quarter turn": lambda a, b, f: a * -1j,
    "eighth turn": lambda a, b, f: a * np.exp(-0.25j * np.pi),
    "broadcast": lambda a, b, f: np.full_like(a, a[2].real),
}


@vectors.instructions
def compute(builder, numbers, factor, results):
    a, b = numbers.load_complex(vectors.index(0)), numbers.load_complex(vectors.index(1))
    f, one = factor.load(vectors.index(0)), numbers.broadcast(vectors.index(2))
    zero = builder.fsub(one, one)
    values = [a + b, a - b, a.times(b.re, b.im), a.scaled(f), a.conjugate(), a.swapped(), a.quarter_turn(), a.eighth_turn()]
    for row, value in enumerate([*values, vectors.Complex(builder, one, zero)]):
        results.store_complex(value, vectors.index(row))


@numba.njit
def run(numbers, factor, results):
    compute(numbers, factor, results)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arithmetic(rng, dtype):
    lanes = vectors.lanes(dtype)
    numbers = rng.standard_normal((2, 2, lanes)).astype(dtype)
    factor, results = rng.standard_normal(lanes).astype(dtype), np.empty((len(EXPECTED), 2, lanes), dtype)
    run(numbers, factor, results)
    a, b = numbers[:, 0] + 1j * numbers[:, 1]
    for (name, expected), result in zip(EXPECTED.items(), results, strict=True):
        value = result[0] + 1j * result[1]
        np.testing.assert_allclose(value, expected(a, b, factor), atol=8 * np.finfo(dtype).eps, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (3, 5), (7, 2, 16)])
def test_arrays_begin_at_a_cache_line(shape, dtype):
    for _ in range(5):
        array = vectors.aligned(shape, np.dtype(dtype))
        assert array.shape == shape and array.dtype == dtype
        assert array.ctypes.data % 64 == 0
