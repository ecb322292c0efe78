"""Files: what is written comes back, line by line and window by window."""

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import (
    binning,
    catalogue,
    files,
    group,
    initial,
    level2,
    maps,
    prepare,
    radiance,
    saffron_layout,
    simulate,
)


@pytest.fixture(scope="module")
def raster():
    return level2.windows(simulate.raster(simulate.Settings(rows=16, columns=6, rim=1))[0])


@pytest.fixture(scope="module")
def fitted(raster):
    """Fits of the two windows with magnesium, and of the third."""
    result = []
    for own in (group.join("window0-1", raster[:2]), group.join("window2", raster[2:])):
        start = initial.estimate(own, catalogue.built_in())
        result.append(binning.fit_adaptive(own, start, binning.Settings()))
    return result


def test_prepared_group_comes_back(raster, tmp_path):
    joined = group.join("window0-1", raster[:2])
    own, facts = prepare.prepare(joined, catalogue.built_in(), initial.Settings(), threshold=4.5, denoise=False)
    files.write_prepared(tmp_path / "prepared.fits", prepare.recorded(own, facts, "level2.fits"))
    back = files.read_prepared(tmp_path / "prepared.fits", "window0-1")
    assert [window.name for window in back.windows] == [window.name for window in own.windows]
    np.testing.assert_array_equal(back.cube, own.cube)
    np.testing.assert_allclose(back.variance, own.variance, rtol=1e-15)
    for window, other in zip(back.windows, own.windows, strict=True):
        np.testing.assert_array_equal(window.mask, other.mask)
        np.testing.assert_array_equal(window.time, other.time)
        np.testing.assert_array_equal(window.wavelength, other.wavelength)
        assert f"spikes={facts['spikes']}" in window.header["PRPARA1"]
    fits.write_arrays(tmp_path / "other.fits", {"A": np.zeros((3, 3))})
    with pytest.raises(InputError, match=r"other.fits: holds no prepared window"):
        files.read_prepared(tmp_path / "other.fits", "x")


def test_radiances_come_back_with_their_lines_and_covariance(fitted, tmp_path):
    given = [maps.radiances(own) for own in fitted]
    files.write_radiances(tmp_path / "radiance.fits", given)
    back = files.read_radiances(tmp_path / "radiance.fits")
    assert [own.group for own in back] == ["window0-1", "window2"]
    for group_back, group_given, own in zip(back, given, fitted, strict=True):
        np.testing.assert_array_equal(group_back.covariance, group_given.covariance)
        values, covariance = radiance.of_fit(own.fit)
        for g, (line, other) in enumerate(zip(group_back.maps, group_given.maps, strict=True)):
            used = (own.fit.status == 1) & ~own.at_bound(g)
            assert np.isnan(line.data.ravel()[~used]).all()
            assert line.line == own.fit.model.lines[g].name
            assert line.header["BUNIT"] == "W/m2/sr"
            np.testing.assert_array_equal(line.data, other.data)
            np.testing.assert_allclose(line.data.ravel()[used], values[used, g], rtol=1e-6)
            np.testing.assert_allclose(line.sigma.ravel()[used] ** 2, covariance[used, g, g], rtol=1e-5)


def test_each_step_is_recorded_once(fitted, tmp_path):
    files.write_radiances(tmp_path / "radiance.fits", [maps.radiances(own) for own in fitted])
    files.write_velocities(tmp_path / "velocity.fits", [m for own in fitted for m in maps.velocities(own)], {"zero": "median"})
    for name in ("radiance", "velocity"):
        for header in fits.read_headers(tmp_path / f"{name}.fits"):
            steps = [header[key] for key in header if key.startswith("PRSTEP")]
            assert steps.count(name) == 1


def test_velocities_come_back_with_their_zero(fitted, tmp_path):
    given = [own for group_fits in fitted for own in maps.velocities(group_fits)]
    files.write_velocities(tmp_path / "velocity.fits", given, {"zero": "median"})
    back = files.read_velocities(tmp_path / "velocity.fits")
    assert [own.line for own in back] == [line.name for own in fitted for line in own.fit.model.lines]
    for own, other in zip(back, given, strict=True):
        np.testing.assert_array_equal(own.data, other.data)
        np.testing.assert_array_equal(own.sigma, other.sigma)
        assert own.header["VZERO"] == other.header["VZERO"]


def test_composition_comes_back(fitted, tmp_path):
    files.write_table(tmp_path / "table.npz", simulate.table())
    lines = ["s_4 750.22", "n_4 765.15", "o_3 703.87"]
    given = maps.fip_bias([maps.radiances(own) for own in fitted], files.read_table(tmp_path / "table.npz"), lines, 9.0)
    files.write_composition(tmp_path / "composition.fits", given, {"log_n": 9.0}, str(tmp_path / "table.npz"))
    back = files.read_composition(tmp_path / "composition.fits")
    for name in ("bias", "noise", "dem"):
        np.testing.assert_array_equal(getattr(back, name), getattr(given, name))
    for ours, theirs in zip(back.graph, given.graph, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert back.header["LOGN"] == 9.0


def test_saffron_layout_is_six_images_and_no_pickle(fitted, tmp_path):
    identity, planes = saffron_layout.line_planes(fitted[0], 2)
    assert identity == "0706.02-mg_9"
    path = tmp_path / "line.fits"
    fits.write_planes(path, planes)
    with astropy_fits.open(path) as hdus:
        assert [hdu.header["MEASRMNT"] for hdu in hdus] == ["int", "wav", "wid", "int_err", "wav_err", "wid_err"]
        assert all(hdu.is_image and hdu.data.shape == (1, 16, 6) for hdu in hdus)
        assert hdus[0].header["LINE_ID"] == "0706.02-mg_9"
        assert hdus[0].header["ION"] == "mg_9"
        assert hdus[1].header["WAVELENGTH"] == 706.02
        found = ~fitted[0].at_bound(2) & (fitted[0].fit.status == 1)
        np.testing.assert_array_equal(hdus[1].data.ravel(), np.where(found, fitted[0].fit.q[:, 7], np.nan))
    assert [plane.header["MEASRMNT"] for plane in saffron_layout.background_planes(fitted[0])] == ["bg", "bg_err"] * 2


def test_catalogue_of_a_file_or_the_built_in_one(tmp_path):
    assert catalogue.read_catalogue("") == catalogue.built_in()
    path = tmp_path / "lines.json"
    path.write_text(catalogue.built_in().add_line("n_5", 1238.82).dump())
    assert catalogue.read_catalogue(path).find(1238.5).ion == "n_5"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"lines.json: is not a line catalogue"):
        catalogue.read_catalogue(path)
