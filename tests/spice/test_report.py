"""The page of a raster: complete in itself, for rasters and sit-and-stare series."""

import numpy as np
import pytest

from helioreduce.io import origin
from helioreduce.spice import binning, catalogue, composition, group, initial, level2, maps, report, simulate
from helioreduce.spice.fitted import Box


@pytest.mark.parametrize("place", [{"rows": 24, "columns": 8}, {"rows": 24, "columns": 1, "times": 8}])
def test_page_has_every_line_and_every_pixel(place):
    windows = level2.windows(simulate.raster(simulate.Settings(**place, rim=1))[0])
    fitted = []
    for number, window in enumerate(windows):
        own = group.join(f"window{number}", [window])
        start = initial.estimate(own, catalogue.built_in())
        fitted.append(binning.fit_adaptive(own, start, binning.Settings((Box(1, 1, 1), Box(1, 3, 1)), {"I": 0.1})))
    radiances = [maps.radiances(own) for own in fitted]
    velocities = [line for own in fitted for line in maps.velocities(own, gradients=["y"])]
    composed = maps.fip_bias(radiances, simulate.table(), ["s_4 750.22", "n_4 765.15", "o_3 703.87"], 9.0)
    name = "raster <b>&amp;"
    with origin.saying([origin.WORDS]):
        page = report.page(name, fitted, radiances, velocities, composed, [level2.quality(w) for w in windows])
    assert f"<p class=said>{origin.WORDS}</p>" in page
    assert page.count("<img ") == 3 * 3 + 8 + 2  # the maps and graphs of the composition
    assert "http:" not in page
    assert "https:" not in page
    assert "Mg IX 749.54" in page
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;amp;" in page
    for own in fitted:
        assert sum((own.fit.status == code).sum() for code in (0, 1, 2)) == 24 * 8
        for text, count in report._counts(own).rows[:3]:
            assert f"<td>{text}</td><td>{count}</td>" in page
    assert composed.bias.shape == windows[0].shape
    assert np.isfinite(composed.noise).any()
    assert composition.is_low("s_4 750.22")
    without = report.page(name, fitted, radiances, velocities, None, [level2.quality(w) for w in windows])
    assert "FIP bias" in page
    assert "FIP bias" not in without
