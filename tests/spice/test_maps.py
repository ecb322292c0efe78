"""Maps: the numbers of the fits where they converged, with line, window, unit and zero."""

from dataclasses import replace

import numpy as np
import pytest

from helioreduce.constants import SPEED_OF_LIGHT_KM_S
from helioreduce.errors import InputError
from helioreduce.spice import binning, catalogue, composition, fit, group, initial, level2, maps, simulate

LINES = ["s_4 750.22", "n_4 765.15", "o_3 703.87"]


@pytest.fixture(scope="module")
def fitted():
    """Fits of the three windows, by themselves; the first pixels of each did not converge."""
    result = []
    for number, window in enumerate(level2.windows(simulate.raster(simulate.Settings(rows=16, columns=6, rim=0))[0])):
        own = group.join(f"window{number}", [window])
        adaptive = binning.fit_adaptive(own, initial.estimate(own, catalogue.built_in()), binning.Settings())
        status = adaptive.fit.status.copy()
        status[:5] = fit.NOT_CONVERGED
        result.append(replace(adaptive, fit=replace(adaptive.fit, status=status)))
    return result


def test_maps_hold_what_was_found_and_nothing_else(fitted):
    """Where the fit converged with no parameter of the line at a bound; some pixels of the blend end at one."""
    assert any(own.at_bound(g).any() for own in fitted for g in range(len(own.fit.model.lines)))
    for own in fitted:
        found = maps.radiances(own)
        for g, line in enumerate(found.maps):
            converged = ((own.fit.status == fit.CONVERGED) & ~own.at_bound(g)).reshape(own.group.shape)
            assert (line.line, line.window) == (own.fit.model.lines[g].name, own.group.windows[0].name)
            np.testing.assert_array_equal(np.isfinite(line.data), converged)
            peak, _, width = own.fit.q[:, 3 * g : 3 * g + 3].T
            expected = np.sqrt(2 * np.pi) * peak * width / 10
            np.testing.assert_allclose(line.data[converged], expected.reshape(own.group.shape)[converged], rtol=1e-6)
            variance = found.covariance[g, g][converged]
            np.testing.assert_allclose(line.sigma[converged] ** 2, variance, rtol=1e-5)


def test_velocities_are_those_of_the_centres(fitted):
    own = fitted[2]
    for g, line in enumerate(maps.velocities(own)):
        centre = own.found(g, own.fit.q[:, 3 * g + 1])
        zero = np.nanmedian(centre)
        assert line.header["VZERO"] == pytest.approx(zero, rel=1e-12)
        assert line.header["BUNIT"] == "km/s"
        np.testing.assert_allclose(line.data, SPEED_OF_LIGHT_KM_S * (centre / zero - 1), rtol=1e-4, atol=1e-4)
        sigma = SPEED_OF_LIGHT_KM_S * own.fit.sigma()[:, 3 * g + 1].reshape(own.group.shape) / zero
        known = np.isfinite(line.sigma)
        np.testing.assert_allclose(line.sigma[known], sigma[known], rtol=1e-6)


def test_a_line_is_found_by_its_name(fitted):
    found = maps.velocities(fitted[2])
    assert maps.find(found, "ne_8 770.42") is found[1]
    with pytest.raises(InputError, match=r"'xx 1.00' has not been fitted.*n_4 765.15, ne_8 770.42"):
        maps.find(found, "xx 1.00")


def test_fip_bias_of_maps_is_that_of_the_numbers(fitted):
    radiances = [maps.radiances(own) for own in fitted]
    table = simulate.table()
    bias = maps.fip_bias(radiances, table, LINES, 9.0)
    every = {line.line: line for own in radiances for line in own.maps}
    ratio = composition.ratio(table, LINES, 9.0)
    variances = {(name, name): every[name].sigma.astype(float) ** 2 for name in LINES}  # lines of three windows
    expected, sigma = composition.fip_bias(ratio, {name: every[name].data for name in LINES}, variances)
    np.testing.assert_allclose(bias.bias, expected, rtol=1e-6)
    np.testing.assert_allclose(bias.noise, sigma, rtol=1e-4)
    np.testing.assert_allclose(bias.dem, np.abs(expected) * ratio.robustness, rtol=1e-6)
    assert bias.header["LOW1"].startswith("s_4 750.22 ")
    assert bias.header["LOGN"] == 9.0
    assert "LINE_ID" not in bias.header
    with pytest.raises(InputError, match="has not been fitted"):
        maps.fip_bias(radiances, table, ["c_3 977.03"], 9.0)


def test_label():
    assert maps.label("ne_8 770.42") == "Ne VIII 770.42"
    assert maps.label("unknown 770.10") == "unknown 770.10"
