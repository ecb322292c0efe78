"""The error model: closed form, limits, and SolarSoft's numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.aia import error
from helioreduce.aia.channels import CHANNELS
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Image

ROW = {"DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "EVEERR": 0.019, "CHIANTI": 0.25}

COUNTS = [0, 10, 24.9, 25, 100, 1000, 10000]
# Values of aiapy.calibrate.estimate_error with SolarSoft's table V3, one sample.
PUBLISHED = """\
94   1.1896778 4.6005797 7.1128639 7.1325776 14.1139342 44.4892501 140.6420839
131  1.2280608 4.0296567 6.1794695 6.1997868 12.2157696 38.4535704 121.5450432
171  1.1992637 3.5578411 5.4199662 5.4427480 10.6854724 33.5983499 106.1863787
193  1.2472904 3.3430126 5.0506963 5.0747875  9.9169890 31.1362347  98.3902918
211  1.2472904 3.2180325 4.8443507 4.8700384  9.4974678 29.7996199  94.1603519
304  1.1896778 2.7432341 4.0778957 4.1137754  7.9653370 24.9344729  78.7689113
335  1.2280608 2.6959475 3.9812728 4.0217768  7.7572131 24.2522238  76.6037230
1600 1.1992637 1.6242639 2.1038615 2.3884821  4.3017074 13.1187942  41.3289671
1700 1.1992637 1.6025709 2.0620217 5.0814248  9.9483071 31.2529042  98.7648527
4500 1.1992637 1.4135888 1.6830429 17.4816017 34.9014455 110.3094052 348.8104136"""


@given(st.floats(-1e3, 1e5), st.sampled_from(CHANNELS))
def test_total_is_quadratic_sum_finite_and_at_least_the_camera_noise(counts, channel):
    terms = error.components(np.array(counts), channel, ROW)
    total = error.total(terms)
    assert np.isclose(total**2, sum(term**2 for term in terms.values()), rtol=1e-12)
    assert np.isfinite(total)
    assert total >= np.hypot(error.DARK_DN, 1.14)


def test_shot_noise_is_poisson(rng):
    """Counts made of photons: their scatter is the shot term, within the statistics of 10⁵ draws (5 σ: 1.1 %)."""
    photons = rng.poisson(400, 100_000)
    shot = error.components(np.array(400 * ROW["DNPERPHT"]), 171, ROW)["shot"]
    assert np.std(photons * ROW["DNPERPHT"]) == pytest.approx(shot, rel=0.011)


def test_one_pass_equals_components(rng, level1_header):
    counts = rng.uniform(-20, 2e4, (32, 32)).astype(np.float32)
    image = error.estimate(Image(counts, level1_header), ROW, systematic=("eve", "chianti"))
    expected = error.total(error.components(counts, 171, ROW, systematic=("eve", "chianti")))
    np.testing.assert_allclose(image.sigma, expected, rtol=3e-7)


def test_a_table_gives_the_row_of_the_channel_and_its_name(rng, level1_header):
    """Only the terms that are switched on count; the header names the table."""
    image = Image(rng.uniform(0, 2e4, (8, 8)).astype(np.float32), level1_header)
    rows = [ROW | {"VER_NUM": 3, "WAVELNTH": 94, "DNPERPHT": 99.0}, ROW | {"VER_NUM": 3, "WAVELNTH": 171}]
    meta = {"origin": "a test", "version": "3", "sha256": "0" * 64}
    found = error.from_table(image, (rows, meta), {"eve": True, "chianti": False})
    np.testing.assert_array_equal(found.sigma, error.estimate(image, ROW, systematic=("eve",)).sigma)
    assert "a test" in str(found.header) and "noise+eve" in str(found.header)


@pytest.mark.parametrize("compress", [14.4, 60.0])
@pytest.mark.parametrize("on_host", [True, False])
def test_lossless_below_25_and_rounded_at_least_above(level1_header, monkeypatch, compress, on_host):
    """One pass on the host and in array arithmetic: the components at the limits of shot noise and compression."""
    monkeypatch.setattr(error.backend, "on_host", lambda array: on_host)
    counts = np.array([[-20.0, -1.0, 0.0, 1.0, 24.99, 25.0, 25.01, 40.0, 1000.0, 14000.0]], np.float32)
    row = ROW | {"COMPRESS": compress}
    expected = error.total(error.components(counts, 171, row, systematic=("eve",)))
    sigma = error.estimate(Image(counts, level1_header), row, systematic=("eve",)).sigma
    np.testing.assert_allclose(sigma, expected, rtol=3e-7)
    assert np.isnan(error.total_sigma(np.full((1, 1), np.nan, np.float32), 1.0, 1.0, 1.0, 1.0)).all()


def test_rates_have_no_error_of_counts(level1_header):
    level1_header["BUNIT"] = "DN/s"
    with pytest.raises(InputError, match="rate"):
        error.estimate(Image(np.ones((16, 16), np.float32), level1_header), ROW)


def test_nan_stays_nan_and_negative_is_finite(level1_header):
    data = np.full((16, 16), -3.0, np.float32)
    data[2, 3] = np.nan
    sigma = error.estimate(Image(data, level1_header), ROW).sigma
    assert np.isnan(sigma[2, 3])
    assert np.isfinite(sigma).sum() == sigma.size - 1


def test_refusals(level1_header):
    image = Image(np.ones((16, 16), np.float32), level1_header)
    with pytest.raises(InputError, match="two estimates of one error"):
        error.estimate(image, ROW, systematic=("eve", "preflight"))
    with pytest.raises(InputError, match="no error term"):
        error.estimate(image, ROW, systematic=("guess",))
    with pytest.raises(AlreadyDone):
        error.estimate(error.estimate(image, ROW), ROW)


@pytest.mark.parametrize("line", PUBLISHED.splitlines(), ids=lambda line: line.split()[0])
def test_published_numbers(real, line):
    from helioreduce.aia import tables

    channel, *expected = line.split()
    rows = tables.parse((real / "aia/tables/aia_V3_error_table.txt").read_text())
    total = error.total(error.components(np.array(COUNTS), int(channel), tables.error_row(rows, int(channel))))
    np.testing.assert_allclose(total, np.array(expected, float), rtol=1e-6)


def test_published_systematics():
    def value(**options):
        return error.total(error.components(np.array(1000.0), 171, ROW, **options))

    assert value(systematic=("eve",)) == pytest.approx(38.5985636, rel=1e-6)
    assert value(systematic=("preflight",)) == pytest.approx(252.2475949, rel=1e-6)
    assert value(systematic=("chianti",)) == pytest.approx(252.2475949, rel=1e-6)
    assert value(n_sample=4) == pytest.approx(16.7696762, rel=1e-6)
