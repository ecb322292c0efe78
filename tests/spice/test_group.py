"""Windows joined to groups: samples side by side, noise of each, places kept."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.wcs import WCS

from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.spice import group, level2, noise, simulate

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")


@pytest.fixture(scope="module")
def raster():
    return level2.windows(simulate.raster(simulate.Settings(rows=16, columns=6, spikes=0, rim=1))[0])


def test_spectra_are_the_windows_side_by_side(raster):
    own = group.join("own", raster[:2], frames=1, factor=1.5)
    n = raster[0].wavelength.size
    t, y, x = 0, 5, 3
    np.testing.assert_array_equal(own.cube[t, y, x, :n], raster[0].data[t, :, y, x])
    np.testing.assert_array_equal(own.cube[t, y, x, n:], raster[1].data[t, :, y, x])
    np.testing.assert_array_equal(own.spectra, own.cube.reshape(16 * 6, -1))
    a, b = own.variance
    for part, window in ((slice(n), raster[0]), (slice(n, None), raster[1])):
        expected = noise.of(window.header, frames=1, factor=1.5)
        assert set(a[part]) == {expected.a}
        assert set(b[part]) == {expected.b}


def test_masked_samples_are_missing_in_their_own_window(raster):
    own = group.join("own", raster[:2])
    n = raster[0].wavelength.size
    bad = np.zeros(own.cube.shape, bool)
    bad[0, 7, 2, n + 4] = True
    masked = own.with_mask(bad, Flag.SPIKE)
    assert np.isnan(masked.windows[1].data[0, 4, 7, 2])
    assert masked.windows[1].mask[0, 4, 7, 2] == Flag.SPIKE
    np.testing.assert_array_equal(masked.windows[0].data, own.windows[0].data)
    assert (masked.windows[1].mask != own.windows[1].mask).sum() == 1


def test_windows_of_different_shape_are_not_joined(raster):
    short = replace(raster[1], data=raster[1].data[:, :, 1:], mask=raster[1].mask[:, :, 1:])
    with pytest.raises(InputError, match="differ in shape"):
        group.join("own", [raster[0], short])


def test_area_keeps_the_place_on_the_sun(raster):
    cut = group.join("own", raster[:1], area=[[4, None], [2, 5]]).windows[0]
    assert cut.shape == (1, 12, 3)
    before, after = (WCS(w.header).pixel_to_world_values(x, y, 0, 0)[:2] for w, x, y in ((raster[0], 2, 4), (cut, 0, 0)))
    np.testing.assert_allclose(before, after, atol=1e-9)
    with pytest.raises(InputError, match="leaves nothing"):
        group.join("own", raster[:1], area=[[16, None], [None, None]])


def test_area_of_exposures_keeps_their_times():
    windows = level2.windows(simulate.raster(simulate.Settings(rows=8, columns=1, times=6, spikes=0, rim=0))[0])
    cut = group.join("own", windows[:1], area=[[None, None], [None, None], [2, 5]]).windows[0]
    assert cut.shape == (3, 8, 1)
    np.testing.assert_array_equal(cut.time, windows[0].time[2:5])
    np.testing.assert_array_equal(cut.data, windows[0].data[2:5])
    assert cut.header["CRPIX4"] == windows[0].header["CRPIX4"] - 2
