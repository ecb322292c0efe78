"""Composition: injected biases come back, errors are true, and the unit does not matter."""

import numpy as np
import pytest
from scipy.optimize import minimize

from helioreduce.errors import InputError
from helioreduce.spice import composition, simulate
from helioreduce.spice.composition import Table

LINES = ["s_4 750.22", "s_5 786.47", "n_4 765.15", "n_3 991.59"]


@pytest.fixture(scope="module")
def table() -> Table:
    """Contribution functions of four lines, Gaussians in log T."""
    log_t = np.arange(4.5, 7.01, 0.05)
    peaks = {"s_4 750.22": (5.05, 0.14), "s_5 786.47": (5.20, 0.13), "n_4 765.15": (5.15, 0.12), "n_3 991.59": (4.95, 0.15)}
    functions = {n: np.tile(1e-20 * np.exp(-0.5 * ((log_t - c) / w) ** 2), (2, 1)) for n, (c, w) in peaks.items()}
    return Table(log_t, np.array([8.0, 12.0]), functions)


def test_two_and_two_lines_match_three_dems_exactly(table):
    ratio = composition.ratio(table, LINES, 9.0)
    assert ratio.phi < 1e-6
    assert min(*ratio.low.values(), *ratio.high.values()) >= 0
    assert ratio.high["n_4 765.15"] == 1


def test_coefficients_are_those_of_the_simplex_search(table):
    """The published way: Nelder–Mead on φ over three coefficients; within 2 %."""
    dems = composition.reference_dems(table.log_t)
    response = composition.responses(table, LINES, 9.0, dems)
    response = response / np.median(response.max(axis=0))

    def phi(c):
        return np.linalg.norm(response[:, :2] @ c[:2] / (response[:, 2] + response[:, 3] * c[2]) - 1)

    ratio = composition.ratio(table, LINES, 9.0, dems)
    ours = [*ratio.low.values(), ratio.high["n_3 991.59"]]
    found = minimize(phi, np.full(3, 0.5), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000})
    np.testing.assert_allclose(ours, found.x, rtol=0.02)


@pytest.mark.parametrize("bias", [1.0, 2.0, 4.0])
def test_injected_bias_comes_back(table, bias, rng):
    """Noise-free within 3 % for a reference DEM; with 5 % noise the pulls have width 0.9–1.1; the error is absolute."""
    ratio = composition.ratio(table, LINES, 9.0)
    response = composition.responses(table, LINES, 9.0, composition.reference_dems(table.log_t)[:1])[0]
    true = {n: r * composition.abundance(n) * (bias if n in ratio.low else 1) for n, r in zip(LINES, response, strict=True)}
    measured, sigma = composition.fip_bias(ratio, {n: np.array(v) for n, v in true.items()}, {})
    assert measured == pytest.approx(bias, rel=0.03)
    assert sigma == 0
    noisy = {n: v * (1 + 0.05 * rng.normal(size=20_000)) for n, v in true.items()}
    covariance = {(n, n): np.full(20_000, (0.05 * v) ** 2) for n, v in true.items()}
    measured, sigma = composition.fip_bias(ratio, noisy, covariance)
    assert ((measured - bias) / sigma).std() == pytest.approx(1, abs=0.1)
    scaled, error = composition.fip_bias(
        ratio, {n: 1e3 * v for n, v in noisy.items()}, {k: 1e6 * v for k, v in covariance.items()}
    )
    np.testing.assert_allclose(scaled, measured)  # the unit of the radiances does not matter,
    np.testing.assert_allclose(error, sigma)  # and the error has the bias's own


def test_a_line_that_takes_no_part_may_be_missing(table):
    """The least squares give one of two lines of a side the coefficient 0: where it was not found, the bias is still known."""
    ratio = composition.ratio(table, LINES, 9.0)
    idle = ratio._replace(low={**ratio.low, "mg_9 706.02": 0.0})
    values, known = {n: np.full(3, 2.0) for n in LINES}, {(n, n): np.full(3, 0.1) for n in LINES}
    expected = composition.fip_bias(ratio, values, known)
    found = composition.fip_bias(idle, {**values, "mg_9 706.02": np.full(3, np.nan)}, known)
    np.testing.assert_array_equal(found, expected)


def test_correlated_radiances_are_counted(table):
    ratio = composition.ratio(table, LINES, 9.0)
    values = {n: np.array(1.0) for n in LINES}
    alone = {(n, n): np.array(0.01) for n in LINES}
    both = {**alone, ("s_4 750.22", "s_5 786.47"): np.array(0.009)}
    assert composition.fip_bias(ratio, values, both)[1] > composition.fip_bias(ratio, values, alone)[1]


def test_density_is_interpolated_and_limited(table):
    bent = Table(table.log_t, np.array([8.0, 10.0]), {n: f * np.array([[1.0], [3.0]]) for n, f in table.functions.items()})
    np.testing.assert_allclose(bent.at("s_4 750.22", 9.0), 2 * bent.at("s_4 750.22", 8.0))
    with pytest.raises(InputError, match="outside the table"):
        bent.at("s_4 750.22", 11)
    with pytest.raises(InputError, match="no line 's_4 760.00'"):
        bent.at("s_4 760.00", 9)
    with pytest.raises(InputError, match="high first ionisation"):
        composition.ratio(bent, LINES[:2], 9.0)


def test_synthetic_table_makes_the_lines_of_the_simulation():
    """R = A ∫ G DEM dT / 4π of the mean Sun is the radiance of each line's given peak."""
    own = simulate.table()
    dem = composition.reference_dems(own.log_t)[:1]
    for line in (line for window in simulate.WINDOWS for line in window.lines):
        response = composition.responses(own, [line.name], 9.0, dem)[0, 0] * composition.abundance(line.name) / (4 * np.pi)
        assert response == pytest.approx(np.sqrt(2 * np.pi) * line.peak * simulate.WIDTH / 10, rel=1e-9)


def test_own_dems_are_made_exact(table):
    """Two sides of two lines are exact for any three DEMs (where the solution is positive), and not for others."""
    log_t = np.linspace(4.0, 8.0, 200)
    own = [np.stack([log_t, -0.5 * ((log_t - c) / 0.3) ** 2 / np.log(10)]) for c in (4.9, 5.05, 5.2)]
    ratio = composition.ratio(table, LINES, 9.0, composition.on_grid(table.log_t, own))
    np.testing.assert_allclose(ratio.graph.reference, 1, atol=0.02)
    assert ratio.low != composition.ratio(table, LINES, 9.0).low
    assert ratio.graph.functions.shape == (3, table.log_t.size)
    assert ratio.graph.functions[1:].max() == 1
    assert ratio.robustness == pytest.approx(np.sqrt(np.mean((ratio.graph.trial - 1) ** 2)))


def test_dems_are_interpolated_in_log_and_zero_outside():
    own = composition.on_grid(np.array([4.5, 5.25, 6.5]), [np.array([[5.0, 5.5, 6.0], [20.0, 22.0, 21.0]])])
    np.testing.assert_allclose(own, [[0, 1e21, 0]])


def test_sides_move_a_line(table):
    """Sulphur on the high side: its radiance divides, and the bias of enriched sulphur falls below 1."""
    moved = {"s_4 750.22": "high"}
    ratio = composition.ratio(table, LINES, 9.0, sides=moved)
    assert list(ratio.high) == ["s_4 750.22", "n_4 765.15", "n_3 991.59"]
    assert list(ratio.low) == ["s_5 786.47"]
    assert composition.is_low("s_4 750.22")
    assert not composition.is_low("s_4 750.22", moved)
    with pytest.raises(InputError, match="low first ionisation"):
        composition.ratio(table, LINES, 9.0, sides=dict.fromkeys(LINES, "high"))
