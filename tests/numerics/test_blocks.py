"""Convolutions by blocks: closed forms, and the transforms of full frames beside NumPy's."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.numerics import blocks, fft

SHAPES = [(64, 64), (64, 512), (512, 64), (48, 96)]


def frequencies(shape):
    return np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, 1), (7, -30)])
def test_cosine_is_the_mean_of_two_shifts(rng, shape, shift):
    x, (ky, kx) = rng.random(shape, np.float32), frequencies(shape)
    otf = np.cos(2 * np.pi * (ky * shift[0] + kx * shift[1])).astype(np.float32)
    back = tuple(-n for n in shift)
    expected = (np.roll(x, shift, (0, 1)) + np.roll(x, back, (0, 1))) / 2
    assert fft.Filter(otf)(x) == pytest.approx(expected, abs=1e-6)


@given(st.sampled_from(SHAPES), st.integers(0, 2**32 - 1))
def test_any_symmetric_kernel_as_numpy_does(shape, seed):
    """Rounding of float32 through log₂(ny nx) stages of random sign: 1e-6 of the largest value leaves a factor three."""
    generator = np.random.default_rng(seed)
    kernel = generator.random(shape)
    otf = np.fft.rfft2(kernel).real
    x = generator.standard_normal(shape).astype(np.float32)
    expected = np.fft.irfft2(np.fft.rfft2(x.astype(float)) * otf, s=shape)
    assert np.abs(fft.Filter(otf.astype(np.float32))(x) - expected).max() <= 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("shape", [(64, 64), (512, 64)])
def test_both_kinds_agree(rng, shape):
    otf = np.fft.rfft2(rng.random(shape)).real.astype(np.float32)
    x = rng.random(shape, np.float32)
    results = []
    for method in (blocks.Eights(otf), blocks.Library(otf, scipy.fft)):
        result = np.empty(shape)
        for rows in method.row_blocks:
            method.forward(rows, x[rows])
        for columns in method.column_blocks:
            method.filter(columns)
        for rows in method.row_blocks:
            result[rows] = method.backward(rows)
        results.append(result)
    assert results[0] == pytest.approx(results[1], abs=1e-6 * results[1].max())


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_threads_do_not_touch_the_result(rng, shape):
    otf = np.fft.rfft2(rng.random(shape)).real.astype(np.float32)
    x = rng.random(shape, np.float32)
    with fft.Filter(otf).threads() as threaded:
        several = threaded(x)
    assert np.array_equal(several, fft.Filter(otf)(x))


def test_rows_of_any_precision_are_taken(rng):
    otf, x = np.ones((64, 33), np.float32), rng.random((64, 64), np.float32)
    assert np.array_equal(fft.Filter(otf)(x.astype(float)), fft.Filter(otf)(x))


@pytest.mark.parametrize(
    ("shape", "dtype", "name"),
    [((64, 512), "float32", "radix8"), ((64, 512), "float64", fft.CPU_LIBRARY), ((64, 500), "float32", fft.CPU_LIBRARY),
     ((32, 512), "float32", fft.CPU_LIBRARY), ((8, 8), "float32", fft.CPU_LIBRARY)],
)  # fmt: skip
def test_who_transforms_what(shape, dtype, name):
    assert fft.library(np.ones((shape[0], shape[1] // 2 + 1), dtype)) == name
