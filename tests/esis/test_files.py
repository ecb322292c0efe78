"""Files of ESIS: every value comes back, bit for bit, and the cube opens elsewhere."""

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest
from astropy.nddata import CCDData

from helioreduce.errors import InputError
from helioreduce.esis import camera, files, level3, readout
from helioreduce.esis.values import Aligned, Masks, Normalisation, Vignetting
from helioreduce.image import Image
from helioreduce.io import fits

FIRST = camera.time_of(109) - timedelta(seconds=5)
SHAPE = (30, 40)


@pytest.fixture
def aligned(rng):
    planes = rng.normal(size=(2, 4, *SHAPE)).astype(np.float32)
    bits = rng.integers(0, 255, (4, *SHAPE)).astype(np.uint8)
    maps, stops = rng.normal(size=(2, 4, 2, 6)), rng.normal(size=(4, 8, 2))
    internal, aim, target = rng.normal(size=(2, 2, 6)), rng.normal(size=(2, 4)), rng.normal(size=SHAPE)
    header = fits.cards(LINE="O V 629.7")
    header["DATE-AVG"] = "2019-09-30T18:06:06.647"
    return Aligned(*planes, bits, *maps, stops, internal, aim, target, header)


@pytest.fixture
def vignetting(rng):
    return Vignetting(*rng.normal(size=(4, 4)), 0.01, 1234, rng.normal(size=(3, 4)))


def equal(first, second):
    """Whether two values have the same fields, arrays bit for bit; headers are compared by the caller."""
    for field in fields(first):
        if field.name != "header":
            np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name), field.name)


def test_an_aligned_sequence_returns(tmp_path, aligned):
    files.write_aligned(tmp_path / "a.fits", aligned)
    read = files.read_aligned(tmp_path / "a.fits")
    equal(read, aligned)
    assert read.header["LINE"] == "O V 629.7"
    assert files.read_time(tmp_path / "a.fits") == FIRST


def test_masks_return(tmp_path, rng, aligned):
    lit, clear = rng.uniform(size=(2, 4, *SHAPE)) > 0.5
    masks = Masks(lit, clear, tuple(rng.normal(size=(2, n, 2)) for n in (8, 9, 10, 11)))
    files.write_masks(tmp_path / "m.fits", masks, aligned.header)
    read = files.read_masks(tmp_path / "m.fits")
    np.testing.assert_array_equal((read.lit, read.clear), (lit, clear))
    assert read.lit.dtype == bool
    for outline, expected in zip(read.outlines, masks.outlines, strict=True):
        np.testing.assert_array_equal(outline, expected)


def test_vignetting_and_normalisation_return(tmp_path, rng, vignetting):
    files.write_vignetting(tmp_path / "v.fits", vignetting)
    equal(files.read_vignetting(tmp_path / "v.fits"), vignetting)
    normalisation = Normalisation(*rng.normal(size=(2, 3, 4)))
    files.write_normalisation(tmp_path / "n.fits", normalisation)
    equal(files.read_normalisation(tmp_path / "n.fits"), normalisation)


def test_the_cube_holds_data_error_mask_and_what_made_them(tmp_path, rng, vignetting):
    """CCDData reads it; every plane repeats the world coordinates; arrays return bit for bit."""
    cube = level3.empty([FIRST, FIRST + timedelta(seconds=10)], camera.LINES["ov"], vignetting, SHAPE)
    cube.data[:], cube.sigma[:] = rng.normal(size=(2, *cube.data.shape))
    cube.quadratic[:], cube.stops[:] = rng.normal(size=cube.quadratic.shape), rng.normal(size=cube.stops.shape)
    files.write_cube(tmp_path / "ov.fits", cube)
    read = CCDData.read(tmp_path / "ov.fits")
    np.testing.assert_array_equal(read.data, cube.data)
    np.testing.assert_array_equal(read.uncertainty.array, cube.sigma)
    assert str(read.unit) == "ph" and read.header["WAVELNTH"] == 629.7
    for name in ("UNCERT", "MASK"):
        stored, extension = fits.read_array(tmp_path / "ov.fits", name)
        assert stored.shape == cube.data.shape and extension["CTYPE4"] == "UTC" and extension["CUNIT1"] == "arcsec"
    names = {"CLEAR": "clear", "QUADRATIC": "quadratic", "STOP": "stops", "VIGNET": "vignetting", "FACTORS": "factors"}
    arrays, _ = fits.read_arrays(tmp_path / "ov.fits", *names, "TIME")
    for array, field in zip(arrays, [*names.values(), "seconds"], strict=True):
        np.testing.assert_array_equal(array, getattr(cube, field), field)


def test_a_frame_knows_its_camera_and_a_bad_one_its_file(tmp_path):
    counts = np.zeros(camera.FRAME_SHAPE, np.uint16)
    fits.write(tmp_path / "good.fits", Image(counts, readout.header(3, 120)))
    frame = files.read_frame(tmp_path / "good.fits")
    assert frame.camera == 3 and frame.counts.shape == camera.FRAME_SHAPE
    fits.write(tmp_path / "small.fits", Image(counts[:10], readout.header(3, 120)))
    with pytest.raises(InputError, match=r"small\.fits: a frame of shape"):
        files.read_frame(tmp_path / "small.fits")
