"""The quick view: light of the windows, and the page before any fit."""

import numpy as np
import pytest

from helioreduce.io import plots
from helioreduce.spice import catalogue, initial, level2, raster, simulate, view, view_figures
from helioreduce.spice.radiance import of_gaussian

JOINING = {"frames": 2, "factor": 1.0}


@pytest.fixture(scope="module")
def windows():
    planes, _ = simulate.raster(simulate.Settings(rows=20, columns=8, spikes=0))
    return level2.windows(planes)


def test_light_of_a_window_is_that_of_its_lines():
    """Noise-free lines on no background: the sum over the window is √(2π) I s, to 10⁻⁴, with samples missing or not."""
    wavelength = 770 + 0.1 * np.arange(80)
    shape = 0.5 * np.exp(-0.5 * ((wavelength - 774) / 0.35) ** 2)
    data = np.tile(shape[None, :, None, None], (1, 1, 3, 2)).astype(np.float32)
    data[0, :5, 1, 1] = np.nan  # where there is no light
    data[0, :60, 2, 0] = np.nan  # too few are left
    window = level2.Window("own", data, wavelength, {}, np.zeros(data.shape, np.uint8), np.zeros((1, 2)))
    light = view_figures.integrated(window, np.full(wavelength.shape, True))
    assert light[0, 0, 0] == pytest.approx(1e3 * of_gaussian(0.5, 0.35), rel=1e-4)
    assert light[0, 1, 1] == pytest.approx(light[0, 0, 0] * 80 / 75, rel=1e-4)
    assert np.isnan(light[0, 2, 0])


def test_the_page_has_every_window_and_the_starts_of_the_fits(windows):
    fits = {"all": raster.Fit([window.name for window in windows], [window.name for window in windows])}
    request = raster.Request(JOINING, {}, 4.5, False, {**MODEL, "start": {"ne_8 770.42 x": 770.2}}, {})
    known = catalogue.built_in()
    begun, refused = raster.begun(fits, {window.name: window for window in windows}, known, request)
    assert not refused
    with plots.look():
        page = view.page("mine", windows, [view.Begun(*own) for own in begun], known, ["a note"])
    for text in (*(window.name for window in windows), "a note", "770.200 (-0.220)", "ne_8 770.42 x"):
        assert text in page
    assert page.count("<img") == 2 * 3 + 1
    assert "http" not in page


def test_the_starts_are_those_of_the_fit(windows):
    fits = {"neon": raster.Fit([windows[2].name], [windows[2].name])}
    request = raster.Request(JOINING, {}, None, False, MODEL, {})
    (found,), _ = raster.begun(fits, {windows[2].name: windows[2]}, catalogue.built_in(), request)
    start = initial.estimate(found[0], catalogue.built_in(), initial.Settings.of(MODEL))
    np.testing.assert_array_equal(found[1].q, start.q)


MODEL = {
    "ties": [], "fixed": {}, "start": {}, "shared_width": False, "significance": 3,
    "limits": {"I": [0, 1000], "x": [-1, 1], "s": [0.2, 0.6], "B": [-10, 10]},
}  # fmt: skip
