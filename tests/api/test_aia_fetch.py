"""Level 1 by one call, from an archive that speaks JSOC's protocol."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from helioreduce import Image, aia
from helioreduce.errors import InputError
from helioreduce.io import jsoc_files


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return aia.fetch("2014-01-01T00:00:00", [171, 1600], folder=tmp_path_factory.mktemp("level1"), npix=128)


def test_images_with_their_spikes(files):
    assert [file.name.split(".")[-3] for file in files] == ["171", "1600"]
    assert all(file.name.endswith("_simulated.fits") for file in files)
    image = Image.read(files[0])
    assert image.header["LVL_NUM"] == 1
    assert "SIMULATED" in image.header["ORIGIN"]
    spikes = files[0].with_name(files[0].name.replace("image_lev1", "spikes"))
    assert jsoc_files.read_spikes(spikes)[0].shape[0] == 3


def test_what_is_there_is_not_fetched_again(files):
    before = [file.stat().st_mtime_ns for file in files]
    assert aia.fetch("2014-01-01T00:00:00", [171, 1600], folder=files[0].parents[1], npix=128) == files
    assert [file.stat().st_mtime_ns for file in files] == before


def test_another_sun_does_not_pass_for_the_first(files):
    (other,) = aia.fetch("2014-01-01T00:00:00", 1600, folder=files[0].parents[1], npix=64)
    assert (Image.read(files[1]).data.shape, Image.read(other).data.shape) == ((128, 128), (64, 64))


def test_frames_are_chosen_by_keyword(files):
    wanted = {"folder": files[0].parents[1], "npix": 128}
    assert aia.fetch("2014-01-01", 171, keep=lambda keywords: float(keywords["EXPTIME"]) > 1e3, **wanted) == []
    assert aia.fetch("2014-01-01", 171, keep=lambda keywords: float(keywords["EXPTIME"]) < 1e3, **wanted) == files[:1]


def test_spikes_of_an_image_on_the_sun(files):
    from helioreduce.archive.server import serve

    with serve(files[0].parent / "simulated") as url:
        values = aia.fetch_spikes(files[0], url)
    beside = files[0].with_name(files[0].name.replace("image_lev1", "spikes"))
    np.testing.assert_array_equal(values, jsoc_files.read_spikes(beside)[0])
    where = aia.locate_spikes(files[0])
    assert isinstance(where, SkyCoord)
    assert where.shape == values.shape[1:]
    with pytest.raises(InputError):
        aia.fetch_spikes(files[1], url)


@pytest.mark.parametrize("source", ["JSOC", "vso", "jsoc.stanford.edu"])
def test_a_source_that_is_no_archive_is_refused(tmp_path, source):
    with pytest.raises(InputError, match=f"'{source}' is no archive. Give jsoc, simulated, or an address"):
        aia.fetch("2014-01-01", 171, source, folder=tmp_path)


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: cannot be written"):
        aia.fetch("2014-01-01", 171, folder=tmp_path / "file")
