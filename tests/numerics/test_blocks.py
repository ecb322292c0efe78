"""Convolutions by blocks: closed forms, and both kinds of transform beside NumPy's."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.numerics import blocks, fft

#: One side of each kind of first pass, full frames' kind, and two that are neither 2ᵏ nor 3 · 2ᵏ.
SHAPES = [(64, 64), (64, 512), (512, 64), (128, 256), (1024, 64), (64, 2048), (192, 384), (96, 1536), (48, 96), (90, 128)]
#: Rounding through log₂(ny nx) stages of random sign, with a factor three to spare, relative to the largest value.
ROUNDING = {"float32": 1e-6, "float64": 2e-15}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, 1), (7, -30)])
def test_cosine_is_the_mean_of_two_shifts(rng, shape, shift, dtype):
    x, (ny, nx) = rng.random(shape).astype(dtype), shape
    turns = (np.arange(ny)[:, None] * shift[0] % ny) / ny + (np.arange(nx // 2 + 1) * shift[1] % nx) / nx
    otf = np.cos(2 * np.pi * turns).astype(dtype)
    back = tuple(-n for n in shift)
    expected = (np.roll(x, shift, (0, 1)) + np.roll(x, back, (0, 1))) / 2
    assert fft.Filter(otf)(x) == pytest.approx(expected, abs=ROUNDING[dtype])


@given(st.sampled_from(SHAPES), st.sampled_from(sorted(ROUNDING)), st.integers(0, 2**32 - 1))
def test_any_symmetric_kernel_as_numpy_does(shape, dtype, seed):
    generator = np.random.default_rng(seed)
    otf = np.fft.rfft2(generator.random(shape)).real
    x = generator.standard_normal(shape).astype(dtype)
    expected = np.fft.irfft2(np.fft.rfft2(x.astype(float)) * otf, s=shape)
    assert np.abs(fft.Filter(otf.astype(dtype))(x) - expected).max() <= ROUNDING[dtype] * np.abs(expected).max()


def convolved(method, x):
    result = np.empty(x.shape)
    for rows in method.row_blocks:
        method.forward(rows, x[rows])
    for columns in method.column_blocks:
        method.filter(columns)
    for rows in method.row_blocks:
        result[rows] = method.backward(rows)
    return result


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("shape", [(64, 64), (512, 64), (256, 128)])
def test_both_kinds_agree(rng, shape, dtype):
    otf, x = np.fft.rfft2(rng.random(shape)).real.astype(dtype), rng.random(shape).astype(dtype)
    ours, theirs = convolved(blocks.Radix8(otf), x), convolved(blocks.Library(otf, scipy.fft), x)
    assert ours == pytest.approx(theirs, abs=ROUNDING[dtype] * theirs.max())


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("shape", SHAPES[1:])
def test_threads_do_not_touch_the_result(rng, shape, dtype):
    otf, x = np.fft.rfft2(rng.random(shape)).real.astype(dtype), rng.random(shape).astype(dtype)
    with fft.Filter(otf).threads() as threaded:
        several = threaded(x)
    assert np.array_equal(several, fft.Filter(otf)(x))


def test_rows_of_any_precision_are_taken(rng):
    otf, x = np.ones((64, 33), np.float32), rng.random((64, 64), np.float32)
    assert np.array_equal(fft.Filter(otf)(x.astype(float)), fft.Filter(otf)(x))


@pytest.mark.parametrize(("length", "size"), [(1, 1), (10, 3), (9, 3), (2, 5)])
def test_blocks_cover_once(length, size):
    covered = [np.arange(length)[block] for block in blocks.blocks(length, size)]
    assert np.concatenate(covered).tolist() == list(range(length))
    assert max(map(len, covered)) <= size
