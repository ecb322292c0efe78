"""Choice of the transforms, threads, and good lengths."""

import numba
import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.numerics import fft, radix8


@pytest.mark.parametrize(
    ("shape", "dtype", "name"),
    [((64, 512), "float32", "radix8"), ((64, 512), "float64", "radix8"), ((1024, 2048), "float32", "radix8"),
     ((64, 500), "float32", "scipy"), ((96, 512), "float64", "radix8"), ((80, 512), "float64", "scipy"),
     ((32, 512), "float32", "scipy"),
     ((8, 8), "float32", "scipy"), ((64, 512), "longdouble", "scipy")],
)  # fmt: skip
def test_who_transforms_what(shape, dtype, name):
    assert fft.library(np.ones((shape[0], shape[1] // 2 + 1), dtype)) == name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(6, 10), (64, 64), (45, 8)])
def test_transform_and_back_in_the_precision_of_the_array(rng, shape, dtype):
    x = rng.random(shape).astype(dtype)
    spectrum = fft.rfft2(x)
    np.testing.assert_allclose(spectrum, np.fft.rfft2(x.astype(float)), atol=np.finfo(dtype).eps * x.size)
    back = fft.irfft2(spectrum, shape)
    assert back.dtype == x.dtype
    np.testing.assert_allclose(back, x, atol=10 * np.finfo(dtype).eps)


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_the_fast_grid_is_even_and_of_lengths_that_transform_quickly(ny, nx):
    shape = fft.fast_shape((ny, nx))
    own = all(radix8.is_length(n) for n in shape)
    for fast, least in zip(shape, (ny, nx), strict=True):
        assert fast >= least and fast % 2 == 0
        assert own or fast == 2 * scipy.fft.next_fast_len((least + 1) // 2, real=True)


@pytest.mark.parametrize(
    ("least", "shape"),
    [((777, 777), (1024, 1024)), ((730, 730), (768, 768)), ((1042, 1042), (1080, 1080)), ((4096, 65), (4096, 96))],
)
def test_own_transforms_may_have_twice_the_points(least, shape):
    """1536² has 2.02 times the points of 1080², 1024² only 1.6 times those of 800²."""
    assert fft.fast_shape(least) == shape


@pytest.mark.parametrize("nx", [64, 100])
def test_cleared_rows_are_those_of_zeros(rng, nx):
    otf, x = rng.random((64, nx // 2 + 1)).astype(np.float32), rng.random((64, nx)).astype(np.float32)
    x[32:] = 0
    blur, expected = fft.Filter(otf), fft.Filter(otf)(x)
    blur.rows(lambda rows: blur.forward(rows, x[rows]))
    blur.clear(slice(32, 64))
    blur.columns()
    np.testing.assert_array_equal(np.concatenate(blur.rows(lambda rows: blur.backward(rows).copy())), expected)


def test_threads_are_those_of_numba(monkeypatch):
    seen = []
    pool = fft.ThreadPoolExecutor

    def counted(number):
        seen.append(number)
        return pool(number)

    monkeypatch.setattr(fft, "ThreadPoolExecutor", counted)
    monkeypatch.setattr(numba, "get_num_threads", lambda: 3)
    with fft.Filter(np.ones((64, 33), np.float32)).threads() as shared:
        assert shared(np.ones((64, 64), np.float32)) == pytest.approx(1)
    assert seen == [3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(320, 320), (512, 514), (97, 100)])
def test_transforms_have_the_same_bits_whatever_the_threads(rng, dtype, shape):
    """SciPy 1.18 shares columns among its threads so that their number changes the last bits."""
    x = rng.normal(size=shape).astype(dtype)
    found, threads = [], numba.get_num_threads()
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            spectrum = fft.rfft2(x)
            found.append((spectrum, fft.irfft2(spectrum.copy(), shape)))
    finally:
        numba.set_num_threads(threads)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype.itemsize == dtype().itemsize * (2 if np.iscomplexobj(one) else 1)
    small = 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(found[0][0], scipy.fft.rfft2(x), atol=small * np.sqrt(x.size))
    np.testing.assert_allclose(found[0][1], x, atol=small)


def test_after_the_threads_the_caller_works_alone(rng):
    one = fft.Filter(np.ones((64, 33), np.float32))
    x = rng.random((64, 64), np.float32)
    with pytest.raises(KeyError), one.threads():
        raise KeyError
    assert one(x) == pytest.approx(x, abs=1e-6)
