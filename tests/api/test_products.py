"""One way to open whatever the package wrote."""

import numpy as np
import pytest
import sunpy.map
from astropy.io.fits import Header
from ndcube import NDCube

import helioreduce
from helioreduce.errors import InputError
from helioreduce.esis import camera, transforms
from helioreduce.esis import files as esis_files
from helioreduce.esis.values import Aligned, Cube
from helioreduce.image import Flag, Image
from helioreduce.io import ecsv, fits
from helioreduce.io.fits import Plane


@pytest.fixture
def image(level1_header, rng):
    level1_header["WAVEUNIT"] = "angstrom"
    return Image(rng.uniform(1, 9, (16, 16)).astype(np.float32), level1_header, np.ones((16, 16), np.float32))


def test_an_image_in_every_form(image, tmp_path):
    file = tmp_path / "image.fits"
    image.write(file)
    assert isinstance(helioreduce.open(file), Image)
    smap = helioreduce.open(file, "map")
    assert isinstance(smap, sunpy.map.GenericMap)
    assert smap.mask.shape == smap.uncertainty.array.shape == (16, 16)
    assert helioreduce.open(file, "ccddata").uncertainty is not None
    assert isinstance(helioreduce.open(file, "ndcube"), NDCube)
    with pytest.raises(InputError, match="no form 'table'"):
        helioreduce.open(file, "table")


def test_a_binned_image_is_one_image(image, tmp_path):
    file = tmp_path / "binned.fits"
    image.with_(shares=np.zeros((8, 16, 16), np.float32)).write(file)
    assert helioreduce.open(file).shares.shape == (8, 16, 16)


def test_a_level1_file(real):
    assert helioreduce.open(real / "aia/aia_171_cutout.fits").sigma is None


def test_esis_products(tmp_path, rng):
    planes = rng.uniform(1, 2, (4, 6, 7)).astype(np.float32)
    flags = np.zeros(planes.shape, np.uint8)
    flags[0, 1, 2] = Flag.NO_DATA
    maps = np.stack([transforms.nominal(number, (500, 500), (6, 7)).coefficients for number in range(1, 5)])
    stop = np.zeros((4, 8, 2))
    rest = (np.zeros((2, 2, 6)), np.zeros((2, 4)), np.zeros((6, 7)))
    esis_files.write_aligned(tmp_path / "aligned.fits", Aligned(planes, planes / 10, flags, maps, maps, stop, *rest, Header()))
    found = helioreduce.open(tmp_path / "aligned.fits")
    assert {"LINEAR", "QUADRATIC", "TARGET"} < set(found)
    assert not {"SIGMA", "BITS"} & set(found)  # they are in the cube
    np.testing.assert_array_equal(found["IMAGE"].uncertainty.array, planes / 10)
    assert found["IMAGE"].mask.sum() == 1
    cube = Cube(*(plane[None] for plane in (planes, planes / 10, flags)), flags[None] == 0, maps[None], stop[None],
                np.ones((1, 4)), np.ones(1), np.ones((1, 2, 2, 6)), np.ones((1, 4)), np.zeros(1), np.zeros((2, 4)),
                Header({"BUNIT": "ph"}))  # fmt: skip
    esis_files.write_cube(tmp_path / "level3.fits", cube)
    found = helioreduce.open(tmp_path / "level3.fits")
    angles = np.deg2rad([camera.dispersion_deg(number) for number in range(1, 5)])
    per_angstrom = np.cos(np.deg2rad(camera.ANAMORPHIC_DEG)) / camera.PIXEL_RATIO / 0.0366
    np.testing.assert_allclose(
        found["DISPERS"].data[0], per_angstrom * np.stack([np.cos(angles), np.sin(angles)], 1), rtol=1e-6
    )
    found = found["DATA"]
    assert found.data.shape == (1, 4, 6, 7)
    assert found.uncertainty.array.shape == found.mask.shape == found.data.shape


def test_spice_products(tmp_path):
    line, noise = np.ones((1, 4, 3), np.float32), Header({"NOISE_A": 9.0, "NOISE_B": 7.0})
    fits.write_planes(tmp_path / "radiance.fits", [
        Plane("ne_8 770.42", line, Header({"BUNIT": "W/m2/sr"})), Plane("ne_8 770.42 SIGMA", line / 10, Header()),
        Plane("Ne VIII COVARIANCE", np.ones((1, 1, 1, 4, 3), np.float32), Header()),
    ])  # fmt: skip
    found = helioreduce.open(tmp_path / "radiance.fits")
    assert list(found) == ["ne_8 770.42", "Ne VIII COVARIANCE"]
    assert found["ne_8 770.42"].uncertainty.array[0, 0, 0] == np.float32(0.1)
    fits.write_planes(tmp_path / "prepared.fits", [Plane("DATA0", line, noise), Plane("MASK0", np.uint8(line), Header())])
    found = helioreduce.open(tmp_path / "prepared.fits")
    assert (found.uncertainty.array == 4).all()  # √(9 + 7 · 1)
    assert found.mask.all()
    with pytest.raises(InputError, match="no form 'map'"):
        helioreduce.open(tmp_path / "prepared.fits", "map")


def test_saffrons_layout(tmp_path):
    plane, header = np.ones((1, 4, 3), np.float32), Header({"NOISE_A": 9.0, "NOISE_B": 7.0})
    names = ("", "wav", "wid", "int_err", "wav_err", "wid_err")
    stored = [Plane(name, plane * number, header) for number, name in enumerate(names, 1)]
    fits.write_planes(tmp_path / "line.fits", stored)
    found = helioreduce.open(tmp_path / "line.fits")
    assert {name: cube.uncertainty.array[0, 0, 0] for name, cube in found.items()} == {"DATA": 4, "wav": 5, "wid": 6}


def test_spikes_are_no_image(tmp_path):
    fits.write_arrays(tmp_path / "spikes.fits", {"SPIKES": np.ones((3, 5), np.int64), "POSITION": np.ones((2, 5))})
    assert set(helioreduce.open(tmp_path / "spikes.fits")) == {"SPIKES", "POSITION"}


def test_tables(tmp_path):
    ecsv.write(tmp_path / "error.ecsv", [{"A": 1}], {"origin": "here"})
    assert helioreduce.open(tmp_path / "error.ecsv").meta["origin"] == "here"


def test_a_file_without_arrays(tmp_path):
    fits.write_arrays(tmp_path / "empty.fits", {})
    with pytest.raises(InputError, match="holds no array"):
        helioreduce.open(tmp_path / "empty.fits")
