"""The same images on a GPU as on the CPU, in bounded memory. Without one only the formulas are tested, in test_arrays."""

import numpy as np
import pytest

from helioreduce.aia import deconvolution, level15, psf, richardson_lucy
from helioreduce.image import Flag, Image
from helioreduce.numerics import backend
from helioreduce.runtime import device

GPU = device.module_for("auto")
pytestmark = pytest.mark.skipif(GPU is np, reason="no GPU answers through CuPy")
SIZE = 1024
OTF = psf.otf(171, shape=(SIZE, SIZE)).astype(np.float32)


@pytest.fixture
def frame(rng, level1_header):
    """Counts with a kernel of 12000 DN, saturated and missing pixels; a cut-out whose OTF is given."""
    data = rng.poisson(np.where(np.hypot(*np.indices((SIZE, SIZE)) - SIZE / 2) < 20, 12000, 300)).astype(np.float32)
    mask = np.zeros(data.shape, np.uint8)
    data[100, 200], mask[100, 200] = np.nan, Flag.NO_DATA
    data[500:503, 510], mask[500:503, 510] = 16383, Flag.SATURATED
    return Image(data, level1_header, np.sqrt(np.maximum(data, 1)), mask)


def on_gpu(function, frame, *arguments):
    where = device.Device("gpu")
    return where.download(where.run(function, where.upload(frame), *arguments))


def test_transfers_change_nothing(frame):
    back = on_gpu(lambda image: image, frame)
    for plane in ("data", "sigma", "mask"):
        np.testing.assert_array_equal(getattr(back, plane), getattr(frame, plane))


@pytest.mark.parametrize("options", [{}, {"accelerate": True, "iterations": 10}, {"tolerance": 0.05}], ids=str)
def test_deconvolution(frame, options):
    """To 5e-7 of the peak: the rounding of the transforms."""

    def run(image):
        return deconvolution.deconvolve(image, backend.module_of(image.data).asarray(OTF), **options)

    cpu, gpu = run(frame), on_gpu(run, frame)
    known = np.isfinite(cpu.data)
    assert np.abs(gpu.data - cpu.data)[known].max() <= 5e-7 * cpu.data[known].max()
    np.testing.assert_allclose(gpu.sigma, cpu.sigma, rtol=1e-4)
    np.testing.assert_array_equal(gpu.flags, cpu.flags)
    assert "device=gpu" in str(gpu.header["PRPARA1"])


def test_prep(frame):
    cpu, gpu = level15.prep(frame, None), on_gpu(level15.prep, frame, None)
    np.testing.assert_allclose(gpu.data, cpu.data, rtol=1e-5, atol=5e-7 * np.nanmax(cpu.data))
    np.testing.assert_allclose(gpu.sigma, cpu.sigma, rtol=1e-5)
    np.testing.assert_array_equal(gpu.flags, cpu.flags)


def test_memory_is_bounded(level1_header):
    """Three full frames through the chain stay within the limit of one process, and the fourth takes no more."""
    where = device.Device("gpu")
    data = np.full(psf.FULL_FRAME, 300, np.float32)
    optics, options = deconvolution.Psf(psf.otf(171).astype(np.float32)), {"iterations": 2}
    frame, taken = Image(data, level1_header, np.sqrt(data)), []
    for _ in range(4):
        restored = where.run(deconvolution.from_psf, where.upload(frame), optics, options)
        where.download(where.run(level15.prep, restored, None))
        taken.append(GPU.get_default_memory_pool().total_bytes())
    assert max(taken) <= device.GPU_MEMORY
    assert taken[-1] <= 1.1 * taken[1]


def test_the_otf_is_uploaded_once(frame):
    optics, options = deconvolution.Psf(OTF), deconvolution.Options()
    image = device.Device("gpu").upload(frame)
    assert optics.optics(image, options).otf is optics.optics(image, options).otf
    assert isinstance(richardson_lucy.noise_gain(optics.optics(image, options).otf, 3), GPU.ndarray)
