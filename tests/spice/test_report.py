"""The page of a raster: complete in itself, for rasters and sit-and-stare series."""

from dataclasses import replace

import numpy as np
import pytest

from helioreduce.io import origin
from helioreduce.spice import binning, catalogue, composition, fit, group, initial, level2, maps, report, simulate
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


@pytest.mark.filterwarnings("error")
def test_a_raster_of_which_no_pixel_is_fitted_has_its_page():
    windows = level2.windows(simulate.raster(simulate.Settings(rows=24, columns=8, rim=1))[0])[:1]
    own = group.join("window0", windows)
    found = binning.fit_adaptive(own, initial.estimate(own, catalogue.built_in()), binning.Settings())
    missing = {name: getattr(found.fit, name) * np.nan for name in ("p", "packed", "chi2")}
    none = replace(found, fit=replace(found.fit, status=np.full_like(found.fit.status, fit.NOT_CONVERGED), **missing))
    quality = [level2.quality(own) for own in windows]
    for key in ("STUDY", "XPOSURE"):
        none.group.windows[0].header[key] = None
    radiances, velocities = maps.radiances(none), maps.velocities(none)
    page = report.page("raster", [none], [radiances], velocities, None, quality)
    assert f"<td>{fit.STATUS[fit.NOT_CONVERGED]}</td><td>192</td>" in page
    assert "-1.000" not in page and "None" not in page and "exposure unknown" in page


def test_all_lines_of_a_ratio_are_listed():
    cards = {f"LOW{number}": f"line {number} 1" for number in range(1, 11)} | {"LOGN": 9.0, "LCRPHI": 0.1, "LCRDEM": 0.1}
    assert [row[1] for row in report._ratio(cards).rows[:10]] == [f"line {number} 1" for number in range(1, 11)]
