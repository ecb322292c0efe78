"""A cube as a series: what is written is read back, lazily, by its names; what is missing reads as missing."""

from datetime import timedelta

import numpy as np
import pytest
from astropy.io.fits import Header
from cubes import START, grid, images, members, slots, stored

from helioreduce import times
from helioreduce.aia.cube import series
from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import stores

xarray = pytest.importorskip("xarray", reason="xarray is not installed: the environment is older than the lock")


def test_planes_and_coordinates_come_back(tmp_path):
    """Every image at its slot and channel to the last bit; T_OBS of each frame; arcsec of each pixel."""
    cube = stores.read(stored(tmp_path / "cube.zarr"))
    assert cube["data"].dims == ("time", "channel", "y", "x")
    assert [str(cube[name].dtype) for name in ("data", "sigma", "mask")] == ["float32", "float32", "uint8"]
    for slot, channel, image in images():
        place = cube.isel(time=slot, channel=channel)
        np.testing.assert_array_equal(place["data"], image.data)
        np.testing.assert_array_equal(place["sigma"], image.sigma)
        np.testing.assert_array_equal(place["mask"], image.flags)
        seconds = (place["t_obs"].values - cube["time"].values[0]) / np.timedelta64(1, "s")
        assert seconds == pytest.approx(12 * slot + 1.34 + channel)
        assert float(place["exptime"]) == pytest.approx(2.0)
    tx, ty = grid().coordinates()
    np.testing.assert_allclose(cube["Tx"], tx)
    np.testing.assert_allclose(np.diff(cube["Ty"]), 0.6)
    assert ty[0] == pytest.approx((1600 - 2047.5) * 0.6)
    assert cube["data"].attrs["ancillary_variables"] == "sigma mask" and cube["data"].attrs["units"] == "DN / s"
    assert cube["mask"].attrs["flag_meanings"].split()[list(cube["mask"].attrs["flag_masks"]).index(32)] == "no_data"


def test_a_missing_image_is_no_number(tmp_path):
    """NaN and NO_DATA where no image came, and no time of an exposure."""
    cube = stores.read(stored(tmp_path / "cube.zarr"))
    gap = cube.isel(time=3, channel=1)
    assert np.isnan(gap["data"]).all() and np.isnan(gap["sigma"]).all() and (gap["mask"] == int(Flag.NO_DATA)).all()
    assert np.isnat(gap["t_obs"].values)


def test_a_light_curve_with_its_error_takes_two_lines(tmp_path):
    """As the page on cubes has it: pixels without data count in neither; a frame that is missing has no error."""
    stored(tmp_path / "cube.zarr")
    cube = xarray.open_zarr(tmp_path / "cube.zarr").load()
    cube["data"][5, :, :, :4] = cube["sigma"][5, :, :, :4] = np.nan
    cube["data"][7] = cube["sigma"][7] = np.nan
    cube["correlation"][:] = 1.5
    cube = cube.sel(channel=171)
    mean = cube.data.mean(("x", "y"))
    sigma = (cube.correlation * (cube.sigma**2).sum(("x", "y"))) ** 0.5 / cube.data.count(("x", "y"))
    seen = cube.sigma[5].values[:, 4:]
    assert float(sigma[5]) == pytest.approx(np.sqrt(1.5 * np.sum(seen**2)) / seen.size)
    assert mean.sizes == {"time": 30} and np.isnan(mean[7]) and np.isnan(sigma[7]) and (sigma.drop_isel(time=7) > 0).all()


def test_it_is_lazy_and_opens_elsewhere(tmp_path):
    """Dask arrays in xarray, dask and NDCube; the header in its attributes is a WCS that SunPy's frames understand."""
    import dask.array
    import ndcube
    from astropy.wcs import WCS

    path = stored(tmp_path / "cube.zarr")
    cube = stores.read(path, chunks={})
    assert isinstance(cube["data"].data, dask.array.Array)
    assert dask.array.from_zarr(str(path / "data")).shape == cube["data"].shape
    wcs = WCS(Header.fromstring(cube.attrs["wcs"], sep="\n"))
    x, y = wcs.wcs_pix2world(0, 0, 0)
    assert (float(x) * 3600 + 648000) % 1296000 - 648000 == pytest.approx(float(cube["Tx"][0]), abs=0.02)
    assert float(y) * 3600 == pytest.approx(float(cube["Ty"][0]), abs=0.02)
    one = ndcube.NDCube(cube["data"].isel(time=0, channel=0).data, wcs=wcs, uncertainty=None)
    assert isinstance(one[2:5, 2:9].data, dask.array.Array)


def test_refusals():
    header = members()[0].header
    with pytest.raises(InputError, match="no image"):
        series.dataset(grid(), slots(), [171], [])
    with pytest.raises(InputError, match="share"):
        series.dataset(grid(), slots(), [171], [series.Member(0, 0, header)] * 2)
    other = header.copy()
    other["BUNIT"] = "DN"
    with pytest.raises(InputError, match="DN and DN / s"):
        series.dataset(grid(), slots(), [171], [series.Member(0, 0, header), series.Member(1, 0, other)])


def test_the_axis_of_time_is_that_of_the_slots(tmp_path):
    cube = stores.read(stored(tmp_path / "cube.zarr"))
    assert str(cube["time"].values[0])[:19] == f"{START:%Y-%m-%dT%H:%M:%S}"
    assert np.diff(cube["time"].values).tolist() == [int(timedelta(seconds=12).total_seconds() * 1e9)] * 29


def test_times_after_a_leap_second_are_those_of_the_clock():
    """The standard calendar of CF has no leap second: of TAI seconds every reader would make a time that is 1 s late."""
    places = [times.parse(time) for time in ("2016-12-31T23:59:49", "2017-01-01T00:00:00")]
    cards = {"QUALITY": 0, "BUNIT": "DN/s"}
    headers = [Header({"T_OBS": time, **cards}) for time in ("2016-12-31T23:59:50.34Z", "2017-01-01T00:00:01.34Z")]
    found = [series.Member(place, 0, header) for place, header in enumerate(headers)]
    cube = xarray.decode_cf(series.dataset(grid(), places, [171], found))
    assert [str(time)[:19] for time in cube["time"].values] == ["2016-12-31T23:59:49", "2017-01-01T00:00:00"]
    assert [str(time)[:22] for time in cube["t_obs"].values[:, 0]] == ["2016-12-31T23:59:50.34", "2017-01-01T00:00:01.34"]
