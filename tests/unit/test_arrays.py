"""The array formulas that serve the GPU give what the compiled loops give; they run here on NumPy arrays."""

import logging
import sys

import numpy as np
import pytest
import scipy.fft

from helioreduce import arrays, fft
from helioreduce.aia import kernels, psf, register, spline, spline_arrays
from helioreduce.aia.deconvolve import deconvolve
from helioreduce.errors import InputError
from helioreduce.image import Image, Mask

SHAPE = (96, 128)


@pytest.fixture
def as_on_gpu(monkeypatch):
    """Every array is taken for one that lives elsewhere."""

    def switch():
        monkeypatch.setattr(arrays, "on_host", lambda x: False)
        monkeypatch.setattr(arrays, "module_of", lambda x: np)
        monkeypatch.setattr(fft, "_library", lambda x: scipy.fft)

    return switch


@pytest.fixture
def frame(rng, level1_header):
    data = rng.gamma(2.0, 100.0, SHAPE).astype(np.float32)
    data[40:45, 50:55] = 0
    mask = np.zeros(SHAPE, np.uint8)
    mask[70:72, 30:33] = Mask.SATURATED
    level1_header.update(CRPIX1=60.0, CRPIX2=40.0, CROTA2=11.0)
    return Image(data, level1_header, np.sqrt(data + 1), mask)


def test_elementwise_formulas(rng, as_on_gpu):
    data, model = rng.gamma(2.0, 10.0, (2, *SHAPE)).astype(np.float32)
    data[3, 4], data[5, 6], model[7, 8], model[9, 9] = np.nan, 0, 0, -1e-5
    estimate, change = rng.gamma(2.0, 10.0, SHAPE), rng.normal(0, 0.8, SHAPE)

    def results():
        corrected = estimate.copy()
        kernels.correct(corrected, change)
        return kernels.excess(data, model.copy(), 1e-4), corrected, kernels.deviance(data, model)

    loops = results()
    as_on_gpu()
    for ours, theirs in zip(results(), loops, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"accelerate": True, "tolerance": 1e-9}, {"redraws": 2}])
def test_deconvolution(frame, as_on_gpu, options):
    otf = psf.otf(171, shape=SHAPE).astype(np.float32)
    loops = deconvolve(frame, otf, 10, **options)
    as_on_gpu()
    formulas = deconvolve(frame, otf, 10, **options)
    np.testing.assert_allclose(formulas.data, loops.data, rtol=1e-4, atol=2e-3)
    np.testing.assert_allclose(formulas.sigma, loops.sigma, rtol=1e-3, atol=2e-3)
    np.testing.assert_array_equal(formulas.mask, loops.mask)


def test_registration(frame, as_on_gpu):
    loops = register.register(frame)
    as_on_gpu()
    formulas = register.register(frame)
    np.testing.assert_allclose(formulas.data, loops.data, rtol=1e-5, atol=2e-4)
    np.testing.assert_allclose(formulas.sigma, loops.sigma, rtol=1e-5)
    np.testing.assert_array_equal(formulas.mask, loops.mask)


def test_spline_coefficients(rng):
    plane = rng.normal(0, 1, (40, 50))
    np.testing.assert_allclose(spline_arrays.coefficients(plane), spline.coefficients(plane), atol=1e-6)


def test_device_falls_back_with_a_warning(monkeypatch, caplog, capsys):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with caplog.at_level(logging.WARNING, "helioreduce"):
        assert arrays.Device("cpu").module is arrays.Device("auto").module is np
        assert not caplog.records
        assert arrays.Device("gpu").module is np
    assert "going on with the CPU" in caplog.text
    assert "going on with the CPU" in capsys.readouterr().err
    with pytest.raises(InputError, match="auto, cpu or gpu"):
        arrays.Device("tpu")


def test_cpu_never_touches_cupy_and_moves_nothing(monkeypatch, frame):
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it would raise
    where = arrays.Device("cpu")
    assert where.upload(frame) is frame
    assert where.download(frame) is frame
    assert where.run(max, 2, 3) == 3
