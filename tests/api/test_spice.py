"""SPICE by one call each, from a level-2 file to maps."""

import numpy as np
import pytest

import helioreduce
from helioreduce import spice
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import simulate


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


def test_lines_that_were_not_fitted(fitted):
    with pytest.raises(InputError, match="has not been fitted"):
        spice.fip_bias([spice.radiances(fitted)], simulate.table(), ["fe_9 171.07", "ne_8 770.42"])


def test_a_level2_file_opens(raster):
    found = helioreduce.open(raster[0])
    assert all(cube.data.ndim == 4 for cube in found.values())
