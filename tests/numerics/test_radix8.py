"""Transforms of 2ᵏ and 3 · 2ᵏ points beside the definition, and the order of their frequencies."""

import numba
import numpy as np
import pytest

from helioreduce.numerics import radix8, vectors

LENGTHS = [2**k for k in range(6, 13)] + [3 * 2**k for k in range(6, 10)]


@pytest.mark.parametrize("n", [1, 2, 4, 8, *LENGTHS])
def test_positions_are_a_permutation(n):
    assert sorted(radix8.positions(n)) == list(range(n))


def test_positions_of_powers_of_eight_reverse_the_octal_digits():
    for k, position in enumerate(radix8.positions(512)):
        assert f"{position:03o}" == f"{k:03o}"[::-1]


@pytest.mark.parametrize("least", [1, 64, 65, 96, 97, 128, 129, 192, 193, 4097, 6144, 6145])
def test_the_next_length_is_the_smallest_that_fits(least):
    lengths = sorted({2**k for k in range(6, 15)} | {3 * 2**k for k in range(5, 13)})
    assert radix8.length(least) == next(n for n in lengths if n >= least)
    assert radix8.is_length(radix8.length(least))


@pytest.mark.parametrize("n", LENGTHS)
def test_radices_multiply_to_the_length(n):
    rest = n // radix8.first_radix(n)
    assert radix8.first_radix(n) in ((3, 6, 12) if n % 3 == 0 else (2, 4, 8))
    assert rest & (rest - 1) == 0 and (rest.bit_length() - 1) % 3 == 0


@pytest.mark.parametrize("n", LENGTHS)
def test_factors_are_roots_of_unity(n):
    factors = radix8.factors(n, np.float64)
    while n > 1:
        radix = radix8.first_radix(n)
        m, rows = n // radix, 1 if radix <= 8 else 2
        table = factors[m : m + rows * m].reshape(m, 8 * rows, 2)
        values = table[:, :radix, 0] + 1j * table[:, :radix, 1]
        j, k = np.ogrid[:m, :radix]
        np.testing.assert_allclose(values, np.exp(-2j * np.pi * j * k / n), atol=1e-14)
        n = m


@numba.njit
def transformed(work, factor, radix, backward):
    if backward:
        radix8._backward_passes(work, factor, radix, 1)
    else:
        radix8._forward_passes(work, factor, radix, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", LENGTHS)
def test_is_the_fourier_transform_in_every_lane_and_back(rng, n, dtype):
    lanes = vectors.lanes(dtype)
    work = vectors.aligned((n, 2, lanes), np.dtype(dtype))
    work[...] = rng.standard_normal(work.shape)
    z = work[:, 0].astype(float) + 1j * work[:, 1]
    plan = radix8.factors(n, dtype), radix8.first_radix(n)
    scale = np.finfo(dtype).eps * np.sqrt(n)
    transformed(work, *plan, False)
    result = (work[:, 0] + 1j * work[:, 1])[radix8.positions(n)]
    np.testing.assert_allclose(result, np.fft.fft(z, axis=0), atol=5 * scale)
    transformed(work, *plan, True)
    np.testing.assert_allclose((work[:, 0] + 1j * work[:, 1]) / n, z, atol=scale)
