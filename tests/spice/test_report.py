"""The page of a raster: complete in itself, for rasters and sit-and-stare series."""

import numpy as np
import pytest

from helioreduce.spice import binning, catalogue, composition, group, initial, level2, level3, maps, report, simulate


@pytest.mark.parametrize("place", [{"rows": 24, "columns": 8}, {"rows": 24, "columns": 1, "times": 8}])
def test_page_has_every_line_and_every_pixel(place):
    windows = level2.windows(simulate.raster(simulate.Settings(**place, rim=1))[0])
    fitted = []
    for number, window in enumerate(windows):
        own = group.from_planes(group.to_planes(group.join([window])))
        start = initial.estimate(own.windows, own.noise, catalogue.built_in())
        boxes = [binning.Level(1, 1, 1), binning.Level(1, 3, 1)]
        result = binning.fit_adaptive(own.cube, *own.variance, start, boxes, {"I": 0.1})
        fitted += level3.from_planes(level3.to_planes(f"window{number}", own, start, result, boxes))
    radiances, velocities = maps.radiances(fitted), maps.velocities(fitted, gradients=["y"])
    composed = maps.compositions(radiances, simulate.table(), ["s_4 750.22", "n_4 765.15", "o_3 703.87"], 9.0)
    page = report.page("raster", fitted, radiances, velocities, composed, [level2.quality(w) for w in windows])
    assert page.count("<img ") == 3 * 3 + 8 + 1
    assert "http:" not in page
    assert "https:" not in page
    assert "Mg IX 749.54" in page
    for group_fits in fitted:
        assert sum((group_fits.fit.status == code).sum() for code in (0, 1, 2)) == 24 * 8
    assert composed[0].data.shape == windows[0].shape
    assert np.isfinite(composed[1].data).any()
    assert composition.is_low("s_4 750.22")
