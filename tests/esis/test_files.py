"""Files of ESIS: every value comes back, bit for bit, and the cube opens elsewhere."""

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest
from astropy.nddata import CCDData

from helioreduce.errors import InputError
from helioreduce.esis import camera, files, level3, readout
from helioreduce.esis.values import Aligned, Drift, Masks, Normalisation, Registered, Vignetting
from helioreduce.image import Image
from helioreduce.io import fits

FIRST = camera.FLIGHT.time_of(109) - timedelta(seconds=5)
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
    return Vignetting(*rng.normal(size=(4, 4)), 0.01, 1234, *rng.normal(size=(2, 3, 4)))


def equal(first, second):
    """Whether two values have the same fields, arrays bit for bit; headers are compared by the caller."""
    for field in fields(first):
        if field.name != "header":
            np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name), field.name)


def test_an_aligned_sequence_returns(tmp_path, aligned):
    files.write_aligned(tmp_path / "a.fits", aligned)
    read = files.read_aligned(tmp_path / "a.fits")
    equal(read, aligned)
    units = {name: fits.read_array(tmp_path / "a.fits", name)[1].get("BUNIT") for name in ("IMAGE", "SIGMA", "STOP", "LINEAR")}
    assert units == {"IMAGE": "photon", "SIGMA": "photon", "STOP": "pix", "LINEAR": None}
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
    normalisation = Normalisation(*rng.normal(size=(2, 3, 4)), rng.uniform(size=3))
    files.write_normalisation(tmp_path / "n.fits", normalisation, [120, 121, 123])
    equal(files.read_normalisation(tmp_path / "n.fits"), normalisation)
    factors, level = files.read_factors(tmp_path / "n.fits", 123)
    np.testing.assert_array_equal(factors, normalisation.factors[2])
    assert level == normalisation.transmission[2]


def test_the_cube_holds_data_error_mask_and_what_made_them(tmp_path, rng, vignetting):
    """CCDData reads it; every plane repeats the world coordinates; arrays return bit for bit."""
    first, second = fits.cards(LINE="O V 629.7", WAVELNTH=629.7), fits.cards()
    first["DATE-AVG"], second["DATE-AVG"] = "2019-09-30T18:06:06.647", "2019-09-30T18:06:16.647"
    cube = level3.empty([first, second], vignetting, SHAPE)
    cube.internal[:], cube.signal_to_noise[:], cube.transmission[:] = 0.9, rng.uniform(size=(2, 4)), (0.9, 1)
    cube.data[:], cube.sigma[:] = rng.normal(size=(2, *cube.data.shape))
    cube.quadratic[:], cube.stops[:] = rng.normal(size=cube.quadratic.shape), rng.normal(size=cube.stops.shape)
    files.write_cube(tmp_path / "ov.fits", cube)
    read = CCDData.read(tmp_path / "ov.fits")
    np.testing.assert_array_equal(read.data, cube.data)
    np.testing.assert_array_equal(read.uncertainty.array, cube.sigma)
    assert str(read.unit) == "ph / pix" and read.header["WAVELNTH"] == 629.7
    for name in ("UNCERT", "MASK"):
        stored, extension = fits.read_array(tmp_path / "ov.fits", name)
        assert stored.shape == cube.data.shape and extension["CTYPE4"] == "UTC" and extension["CUNIT1"] == "arcsec"
    names = {"CLEAR": "clear", "QUADRATIC": "quadratic", "STOP": "stops", "VIGNET": "vignetting", "FACTORS": "factors"}
    names |= {"AIRMASS": "transmission", "INTERNAL": "internal", "SNR": "signal_to_noise"}
    arrays, _ = fits.read_arrays(tmp_path / "ov.fits", *names, "TIME")
    for array, field in zip(arrays, [*names.values(), "seconds"], strict=True):
        np.testing.assert_array_equal(array, getattr(cube, field), field)


def test_all_but_the_data_of_a_cube_are_compressed_without_loss(tmp_path, rng, vignetting):
    """Gaps and the outside take no room: with a third of the grid seen, σ and the masks take less than half of the data."""
    header = fits.cards(LINE="O V 629.7")
    header["DATE-AVG"] = "2019-09-30T18:06:06.647"
    cube = level3.empty([header], vignetting, (300, 310))
    cube.internal[:], cube.signal_to_noise[:] = 0.9, 4.0
    cube.data[..., 100:200, :], cube.sigma[..., 100:200, :] = rng.uniform(1, 30, (2, 1, 4, 100, 310))
    cube.mask[..., 100:200, :], cube.clear[..., 100:200, 10:] = 0, True
    files.write_cube(tmp_path / "120.fits", cube)
    assert (tmp_path / "120.fits").stat().st_size < 1.5 * cube.data.nbytes
    (sigma, mask, clear), _ = fits.read_arrays(tmp_path / "120.fits", "UNCERT", "MASK", "CLEAR")
    for stored, own in ((sigma, cube.sigma), (mask, cube.mask), (clear, cube.clear)):
        np.testing.assert_array_equal(stored, own)
    read = CCDData.read(tmp_path / "120.fits")
    np.testing.assert_array_equal(read.uncertainty.array, cube.sigma)
    np.testing.assert_array_equal(read.mask, cube.mask != 0)


def test_a_frame_knows_its_camera_and_a_bad_one_its_file(tmp_path):
    counts = np.zeros(camera.FRAME_SHAPE, np.uint16)
    fits.write(tmp_path / "good.fits", Image(counts, readout.header(3, 120)))
    frame = files.read_frame(tmp_path / "good.fits")
    assert frame.camera == 3 and frame.counts.shape == camera.FRAME_SHAPE
    fits.write(tmp_path / "small.fits", Image(counts[:10], readout.header(3, 120)))
    with pytest.raises(InputError, match=r"small\.fits: a frame of shape"):
        files.read_frame(tmp_path / "small.fits")


def test_a_registration_and_a_drift_return(tmp_path, rng):
    maps, stops, scene = rng.normal(size=(2, 4, 2, 6)), rng.normal(size=(4, 8, 2)), rng.normal(size=SHAPE).astype(np.float32)
    registered = Registered(*maps, stops, scene, fits.cards(LINE="O V 629.7"))
    files.write_registered(tmp_path / "r.fits", registered)
    equal(files.read_registered(tmp_path / "r.fits"), registered)
    series, places = rng.normal(size=(2, 3, 2)), rng.normal(size=(3, 3, 3))
    drift = Drift(np.array([120, 121, 122]), np.array([0.0, 10, 20]), *series, places, np.array([True, False, True]))
    files.write_drift(tmp_path / "d.fits", drift, fits.cards(CSYER1=5.0))
    read, header = files.read_drift(tmp_path / "d.fits")
    equal(read, drift)
    assert read.kept.dtype == bool and header["CSYER1"] == 5


def test_what_is_left_out_is_reported_apart_and_nothing_left_is_an_error(tmp_path, aligned):
    files.write_aligned(tmp_path / "a.fits", aligned)
    files.write_refused(tmp_path / "b.fits", fits.cards(REFUSED="no frame of ESIS1"))
    assert files.usable([tmp_path / "b.fits", tmp_path / "a.fits"]) == [1]
    with pytest.raises(InputError, match=r"no sequence can be used \(b: no frame of ESIS1\)"):
        files.usable([tmp_path / "b.fits"])


def test_a_sequence_keeps_its_good_frames(tmp_path):
    """A missing frame, one that is cut off, and one under another camera's name are named; the others are kept."""
    counts = np.zeros(camera.FRAME_SHAPE, np.uint16)
    for number, inside in ((1, 1), (2, 2), (4, 3)):
        fits.write(tmp_path / f"ESIS{number}_00120.fits", Image(counts, readout.header(inside, 120)))
    cut = tmp_path / "ESIS2_00120.fits"
    cut.write_bytes(cut.read_bytes()[:10_000])
    frames, refused = files.read_sequence(sorted(tmp_path.iterdir()))
    assert list(frames) == [1] and list(refused) == [2, 3, 4]
    assert refused[3] == "no frame of ESIS3"
    assert "ESIS2_00120.fits" in refused[2] and "ESIS4_00120.fits: CAM_ID says that it is of camera 3" in refused[4]
