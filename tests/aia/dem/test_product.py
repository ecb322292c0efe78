"""The product: what is written is what was found, in pieces as at once, and opens as an NDCube."""

import dem_cases
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import aia_dem
from helioreduce.aia.dem import product
from helioreduce.aia.dem.inversion import CHANNELS, with_relative
from helioreduce.aia.dem.sets import Set
from helioreduce.aia.dem.status import Status
from helioreduce.aia.dem.value import DEM
from helioreduce.errors import InputError
from helioreduce.io import fits as files
from helioreduce.io import provenance

SETTINGS = {
    "method": "logsmooth", "relative_error": 0.1, "log_temperature": [5.5, 7.5], "bins": 30, "bands": [5.7, 6.3, 7.1],
    "chi2": 1, "smooth": 8,
}  # fmt: skip
HEADER = {
    "BUNIT": "DN/s", "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CDELT1": 0.6,
    "CDELT2": 0.6, "CRPIX1": 3.0, "CRPIX2": 2.0, "CRVAL1": 0.0, "CRVAL2": 0.0, "T_OBS": "2014-01-01T00:00:00",
    "DATE-OBS": "2014-01-01T00:00:00", "DEMRESP": "at_launch", "HGLN_OBS": 0.0, "HGLT_OBS": 3.0, "DSUN_OBS": 1.5e11,
}  # fmt: skip


def counts(shape=(9, 7)):
    data, sigma = dem_cases.draws(dem_cases.gaussian(6.15, 0.15, 3e28), shape[0] * shape[1], relative=0)
    planes = [np.moveaxis(np.reshape(plane, (*shape, 6)), -1, 0).astype(np.float32) for plane in (data, sigma)]
    planes[0][0, 0, 0], planes[1][1, 0, 1], planes[0][:, 1, 1] = np.nan, np.inf, np.nan
    return Set(*planes, fits.Header(HEADER))


def response_table():
    at, values = dem_cases.responses()
    columns = {
        f"{kind}_{c}": row * (0.5 if kind == "at_date" else 1)
        for kind in ("at_launch", "at_date")
        for c, row in zip(CHANNELS, values, strict=True)
    }
    return Table({"temperature": 10.0**at, **columns})


@pytest.fixture
def written(tmp_path):
    """A set and a response on disk, and the DEM that the script makes of them."""
    of = counts()
    files.write_cube(tmp_path / "set.fits", of.data, of.sigma, np.isnan(of.data).astype(np.uint8), of.header)
    response_table().write(tmp_path / "response.ecsv")
    aia_dem.main(str(tmp_path / "set.fits"), str(tmp_path / "response.ecsv"), SETTINGS, str(tmp_path / "dem.fits"))
    return tmp_path


def test_script_and_library_find_the_same(written):
    of = counts()
    asked = product.inversion(response_table(), "at_launch", SETTINGS)
    dem = DEM.of(of._replace(sigma=with_relative(of.sigma.astype(float), of.data.astype(float), 0.1)), asked)
    maps = product.read(written / "dem.fits", 1024)
    for name, values in {
        "": dem.dem,
        "UNCERT": dem.sigma,
        "EM": dem.bands,
        "LOGT": dem.logt,
        "CHI2": dem.chi2,
        "STATUS": dem.status,
    }.items():
        np.testing.assert_array_equal(maps.images[name], values.astype(maps.images[name].dtype), err_msg=name)
    np.testing.assert_array_equal(maps.images["OBSERVED"], of.data)
    np.testing.assert_allclose(maps.inversion.response, asked.response)
    assert maps.images["STATUS"][1, 1] & Status.NO_SOLUTION and maps.images["STATUS"][0, 1] & Status.SATURATED


def test_pieces_are_the_whole(written, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    arguments = str(written / "set.fits"), str(written / "response.ecsv"), SETTINGS
    aia_dem.main(*arguments, str(written / "a/dem.fits"))
    monkeypatch.setattr(product, "PIXELS", 14)
    aia_dem.main(*arguments, str(written / "b/dem.fits"))
    assert (written / "a/dem.fits").read_bytes() == (written / "b/dem.fits").read_bytes()


def test_header_says_what_it_was_made_with(written):
    header = files.read_header(written / "dem.fits")
    (step,) = provenance.history(header)
    assert "method=logsmooth" in step["parameters"] and provenance.sha256(written / "response.ecsv") in step["reference"]
    assert header["BUNIT"] == "cm-5 K-1" and header["DEMRESP"] == "at_launch"
    with fits.open(written / "dem.fits", checksum=True) as hdus:
        assert {hdu.name for hdu in hdus} >= {
            "UNCERT",
            "EM",
            "EMUNCERT",
            "LOGT",
            "LOGTERR",
            "CHI2",
            "STATUS",
            "MODEL",
            "OBSERVED",
        }
        np.testing.assert_allclose(hdus["TEMPERATURES"].data["LOWER"], np.linspace(5.5, 7.5, 31)[:-1])


def test_data_that_are_not_corrected_take_the_dated_response(written):
    with fits.open(written / "set.fits", mode="update") as hdus:
        hdus[0].header["DEMRESP"] = "at_date"
    aia_dem.main(str(written / "set.fits"), str(written / "response.ecsv"), SETTINGS, str(written / "dated.fits"))
    launch, dated = (product.read(written / name, 1024).images["EM"] for name in ("dem.fits", "dated.fits"))
    assert np.nanmedian(dated / launch) == pytest.approx(2, rel=0.05)


def test_opens_as_an_ndcube_with_an_axis_of_temperature(written):
    ndcube = pytest.importorskip("ndcube", reason="the optional package ndcube is not installed")
    cube = DEM.of(counts(), dem_cases.inversion()).to_ndcube()
    assert isinstance(cube, ndcube.NDCube) and cube.shape == (30, 9, 7) and cube.unit.to_string() == "1 / (K cm5)"
    np.testing.assert_allclose(cube.axis_world_coords(0)[0].to_value("K"), 10 ** dem_cases.inversion().logt, rtol=1e-12)


def test_bands_that_are_edges_have_an_error_and_others_do_not(tmp_path):
    dem = DEM.of(counts(), dem_cases.inversion())
    value, sigma = dem.em(5.9, 6.3)
    np.testing.assert_allclose(value, dem.bands[1] + dem.bands[2], rtol=1e-10)
    correlated = dem.covariance[1, 1] + dem.covariance[2, 2] + 2 * dem.covariance[1, 2]
    np.testing.assert_allclose(sigma, np.sqrt(correlated), rtol=1e-10)
    assert np.isnan(dem.em(5.95, 6.3)[1]).all()
    assert dem.temperature()[0] is dem.logt
    dem.write(tmp_path / "dem.fits")
    np.testing.assert_array_equal(product.read(tmp_path / "dem.fits", 1024).images["EM"], dem.bands.astype(np.float32))


@pytest.mark.parametrize("kind", [bool, np.uint8, float])
def test_masked_pixels_are_left_out_and_no_other_changes(kind):
    mask = np.zeros((9, 7), bool)
    mask[4, 4] = True
    whole, part = DEM.of(counts(), dem_cases.inversion()), DEM.of(counts(), dem_cases.inversion(), mask.astype(kind))
    assert part.status[4, 4] == Status.SKIPPED and np.isnan(part.dem[:, 4, 4]).all()
    np.testing.assert_array_equal(part.dem[:, ~mask], whole.dem[:, ~mask])


def test_a_response_without_a_channel_is_refused():
    table = response_table()
    table.remove_column("at_launch_335")
    with pytest.raises(InputError, match="no column at_launch_335"):
        product.inversion(table, "at_launch", SETTINGS)


@pytest.mark.parametrize("name", ["temperature", "at_launch_335"])
def test_a_response_with_an_empty_cell_is_refused(name):
    """Behind an empty cell Astropy keeps 0, which would count as the least response."""
    table = Table(response_table(), masked=True)
    table[name].mask[3] = True
    with pytest.raises(InputError, match=f"column {name} has empty cells"):
        product.inversion(table, "at_launch", SETTINGS)
