"""SPICE by one call each, from a level-2 file to maps."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.io import fits as astropy_fits

import helioreduce
from helioreduce import spice
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import binning, catalogue, files, initial, maps, prepare, simulate
from helioreduce.spice import level3 as planes_of


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    file = tmp_path_factory.mktemp("spice") / "level2.fits"
    planes, truth = simulate.raster(simulate.Settings(rows=12, columns=10))
    fits.write_planes(file, planes)
    return file, truth


@pytest.fixture(scope="module")
def fitted(raster):
    windows = spice.read_level2(raster[0])
    return spice.fit_lines(spice.prepare_windows(windows[:1]), thresholds={}, threads=1)


def test_a_raster_becomes_maps(fitted):
    radiances, velocities = spice.radiances(fitted), spice.velocities(fitted)
    assert [own.line for own in radiances.maps] == [own.line for own in velocities]
    data, sigma = radiances.maps[0].data, radiances.maps[0].sigma
    assert data.shape[-2:] == (12, 10)
    assert np.nanmedian(data / sigma) > 3
    assert abs(np.nanmedian(velocities[0].data)) < 1e-3  # relative to the median


def test_part_of_a_raster(raster):
    group = spice.prepare_windows(spice.read_level2(raster[0])[:1], area=[[2, 8], [0, 5]], despike=None)
    assert group.shape == (1, 6, 5)
    assert group.windows[0].name == group.name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"frames": 3}, "Give frames 1 or 2"),
        ({"factor": -1}, "a factor above 0"),
        ({"despike": True}, "spike is True. Give 3 or more, or None"),
        ({"despike": -1}, "Give 3 or more"),
    ],
)
def test_windows_are_prepared_with_values_that_the_workflow_takes(raster, wrong, message):
    windows = spice.read_level2(raster[0])[:1]
    with pytest.raises(InputError, match=message):
        spice.prepare_windows(windows, **wrong)


def test_windows_come_as_one_or_several_of_any_kind(raster):
    windows = spice.read_level2(raster[0])[:1]
    assert spice.prepare_windows(iter(windows), despike=None).name == windows[0].name
    assert spice.prepare_windows(windows[0], despike=None).name == windows[0].name
    with pytest.raises(InputError, match="there is no window"):
        spice.prepare_windows([])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"thresholds": {"A": 0.3}}, "a threshold is A: 0.3. Give relative errors above 0, or None, of I, x, s and B"),
        ({"thresholds": {"I": -0.3}}, "a threshold is I: -0.3"),
        ({"lines": ["fe_12 195"]}, "lines: there is no line 'fe_12 195'"),
        ({"lines": "fe_12 195"}, "lines: there is no line 'fe_12 195'"),
        ({"correlation": 2}, "the correlation is 2. Give a number from 0 to 1"),
    ],
)
def test_lines_are_fitted_with_values_that_the_workflow_takes(raster, wrong, message):
    prepared = spice.prepare_windows(spice.read_level2(raster[0])[:1], despike=None)
    with pytest.raises(InputError, match=message):
        spice.fit_lines(prepared, **wrong)


def test_velocities_have_a_zero_and_axes_that_there_are(fitted):
    with pytest.raises(InputError, match="no gradient along 'z'. Use x, y or both"):
        spice.velocities(fitted, gradients=["z"])
    with pytest.raises(InputError, match="'middle'. Use median, mean or rest"):
        spice.velocities(fitted, zero="middle")


def test_lines_that_were_not_fitted(fitted):
    with pytest.raises(InputError, match="has not been fitted"):
        spice.fip_bias([spice.radiances(fitted)], simulate.table(), ["fe_9 171.07", "ne_8 770.42"])


def test_a_level2_file_opens(raster):
    found = helioreduce.open(raster[0])
    assert all(cube.data.ndim == 4 for cube in found.values())


@pytest.fixture(scope="module")
def level3(raster, tmp_path_factory):
    windows = spice.read_level2(raster[0])
    settings = initial.Settings()
    group = prepare.recorded(spice.prepare_windows(windows[:1]), {}, raster[0].name)
    start = initial.estimate(group, catalogue.built_in(), settings)
    found = binning.fit_adaptive(group, start, binning.Settings())
    path = tmp_path_factory.mktemp("level3") / "own.fits"
    files.write_fitted(path, planes_of.planes(found, start, {}))
    return path, found


def test_a_fitted_raster_has_its_lines_by_name(level3):
    path, _ = level3
    own = spice.read_level3(path)
    assert own.lines == ["o_3 702.70", "o_3 703.87", "mg_9 706.02"] == [line.name for line in own]
    assert own["Mg IX 706.02"].name == own["mg_9 706.10"].name == "mg_9 706.02"
    assert "Mg IX 706.02" in repr(own)
    with pytest.raises(InputError, match=r"has not been fitted.*o_3 702.70"):
        own["ne_8 770.42"]


def test_its_maps_are_cubes_with_errors_and_places(level3):
    """Values of the fit to float32; place and time of every pixel from the cube as from the header."""
    path, found = level3
    line = spice.read_level3(path)["mg_9 706.02"]
    q, sigma = (found.found(2, values[:, 8]) for values in (found.fit.q, found.fit.sigma()))
    np.testing.assert_allclose(line.width.data, 2.3548200 * q, rtol=1e-6)
    np.testing.assert_allclose(line.width.uncertainty.array, 2.3548200 * sigma, rtol=2e-6)
    radiances = maps.radiances(found).maps[2]
    np.testing.assert_allclose(line.radiance.data, radiances.data, rtol=2e-6)
    assert line.radiance.unit == units.Unit("W / (m2 sr)")
    assert line.velocity.unit == units.Unit("km / s")
    assert line.velocity.meta["VZERO"] == pytest.approx(np.nanmedian(found.found(2, found.fit.q[:, 7])), rel=1e-7)
    place, _ = line.radiance.wcs.pixel_to_world(4, 7, 0)
    header = radiances.header
    assert place.Tx.to_value("arcsec") == pytest.approx(header["CRVAL1"] + (5 - header["CRPIX1"]) * header["CDELT1"], abs=0.01)


def test_a_raster_of_bins_alone_is_checked_and_says_what_is_not(level3, tmp_path):
    """The pixels of a bin are fitted by their mean, which is not in the file: χ² is compared for single pixels."""
    with astropy_fits.open(level3[0]) as hdus:
        for hdu in hdus:
            if hdu.name.endswith("LEVEL"):
                hdu.data[:] = 1
        hdus.writeto(tmp_path / "binned.fits", checksum=True)
    tests = str(Path(__file__).parents[1] / "products")
    for file, skips in ((level3[0], False), (tmp_path / "binned.fits", True)):
        log, made = tmp_path / "log", tmp_path / "made"
        arguments = ("spice", [str(file)], tests, str(made), str(log))
        command = f"import check; check.main(*{arguments!r})"
        subprocess.run([sys.executable, "-c", command], check=True, cwd=Path(helioreduce.__file__).parents[1])
        assert ("every pixel that was fitted is binned" in log.read_text()) is skips and made.exists()
        log.unlink()


def test_its_lines_are_drawn(level3):
    figure = spice.read_level3(level3[0])["o_3 703.87"].plot()
    assert len([axis for axis in figure.axes if axis.images]) >= 6
