"""The array formulas that serve the GPU give what the compiled loops give; they run here on NumPy arrays."""

import numpy as np
import pytest
import scipy.fft

from helioreduce.aia import chain, error, kernels, psf, register
from helioreduce.aia.deconvolution import Psf, deconvolve
from helioreduce.image import Flag, Image
from helioreduce.numerics import backend, fft, spline, spline_arrays

SHAPE = (96, 128)


@pytest.fixture
def as_on_gpu(monkeypatch):
    """Every array is taken for one that lives elsewhere."""

    def switch():
        monkeypatch.setattr(backend, "on_host", lambda x: False)
        monkeypatch.setattr(backend, "module_of", lambda x: np)
        monkeypatch.setattr(fft, "_on_card", lambda: scipy.fft)

    return switch


@pytest.fixture
def frame(rng, level1_header):
    data = rng.gamma(2.0, 100.0, SHAPE).astype(np.float32)
    data[40:45, 50:55] = 0
    mask = np.zeros(SHAPE, np.uint8)
    mask[70:72, 30:33] = Flag.SATURATED
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
    np.testing.assert_array_equal(formulas.flags, loops.flags)


def test_registration(frame, as_on_gpu):
    loops = register.register(frame)
    as_on_gpu()
    formulas = register.register(frame)
    np.testing.assert_allclose(formulas.data, loops.data, rtol=1e-5, atol=2e-4)
    np.testing.assert_allclose(formulas.sigma, loops.sigma, rtol=1e-5)
    np.testing.assert_array_equal(formulas.flags, loops.flags)


def test_spline_coefficients(rng):
    plane = rng.normal(0, 1, (40, 50))
    np.testing.assert_allclose(spline_arrays.coefficients(plane), spline.coefficients(plane), atol=1e-6)


def test_error_plane(rng, as_on_gpu):
    counts = rng.normal(20, 30, SHAPE).astype(np.float32)
    counts[3, 4], counts[5, 6] = np.nan, np.inf
    factors = (1.1, 0.005, 1.5, 4e-4)
    loops = error.total_sigma(counts, *factors)
    as_on_gpu()
    with np.errstate(invalid="ignore"):
        formulas = error.total_sigma(counts, *factors)
    np.testing.assert_allclose(formulas, loops, rtol=3e-7)


TABLE = {"VER_NUM": 3, "DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "CHIANTI": 0.25, "EVEERR": 0.019}
LOSS = {"DATE": "2020-11-19T19:00:00", "T_STOP": "2020-01-01T00:00:00", "VER_NUM": 10, "EFFA_P2": 0.0, "EFFA_P3": 0.0}
NEVER = "switched off in the configuration"


@pytest.mark.parametrize("left_out", [{}, {"respike": NEVER}], ids=["with spikes", "without spikes"])
def test_whole_chain(rng, level1_header, as_on_gpu, left_out):
    """Respike, error, deconvolution, prep and scalar steps: every plane to rounding, mask and header alike."""
    data = rng.poisson(300, (96, 96)).astype(np.float32)
    data[5, 7], data[20:23, 30] = 200, np.nan
    level1_header.update(NSPIKES=1, CRPIX1=level1_header["CRPIX1"] - 1000, CRPIX2=level1_header["CRPIX2"] - 900)
    spikes = np.array([[905 * 4096 + 1007], [17000], [200]])
    meta = {"origin": "a table of the test", "version": "1", "sha256": "0" * 64}
    loss = {"WAVE_STR": "171_THIN", "T_START": "2010-03-24T00:00:00", "EFF_AREA": 2.0, "EFFA_P1": 0.0, **LOSS}
    later = {**loss, "T_START": "2012-01-01T00:00:00", "EFF_AREA": 1.1, "EFFA_P1": -1e-4}
    settings = {
        "quality": {},
        "systematic": {},
        "options": {"iterations": 5},
        "version": 10,
        "exposure_time": {"source": "auto", "error": False},
    }

    def reduced():
        tables = {"error_table": ([{"WAVELNTH": 171, **TABLE}], meta), "degradation_table": ([loss, later], meta)}
        given = settings | tables | {"spikes": (spikes, {}), "pointing": ([], meta), "psf": Psf(None)}
        return chain.reduce(Image(data, level1_header), given, left_out)

    loops = reduced()
    as_on_gpu()
    formulas = reduced()
    np.testing.assert_allclose(formulas.data, loops.data, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(formulas.sigma, loops.sigma, rtol=1e-3)
    np.testing.assert_array_equal(formulas.flags, loops.flags)
    assert "device=cpu" in str(loops.header) and "device=gpu" in str(formulas.header)
