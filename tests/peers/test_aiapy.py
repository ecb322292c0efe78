"""aiapy on the same values. Where it differs, the reason is named."""

import astropy.units as u
import numpy as np
import pytest
from astropy.time import Time

from helioreduce import times
from helioreduce.aia import degradation, error, spikes, tables
from helioreduce.aia.channels import CHANNELS
from helioreduce.image import Image

aiapy = pytest.importorskip("aiapy")


@pytest.fixture
def full_header(level1_header):
    """A level-1 header with what SunPy wants to know of the observer."""
    level1_header.update(WAVEUNIT="angstrom", DSUN_OBS=1.471e11, HGLN_OBS=0.0, HGLT_OBS=-3.0, RSUN_OBS=975.3, RSUN_REF=696e6)
    return level1_header


@pytest.fixture
def sun(rng):
    """A disk with texture and photon noise, 4096²."""
    y, x = np.mgrid[-2048:2048, -2048:2048].astype(np.float32)
    disk = 400 * np.exp(-((np.hypot(x - 5, y + 1) / 1700) ** 8)) * (1 + 0.4 * np.sin(x / 9) * np.cos(y / 7))
    return rng.poisson(disk + 3).astype(np.float32)


def as_map(data, header):
    import sunpy.map

    cards = {key.lower(): value for key, value in header.items()}
    return sunpy.map.Map(data.astype(float), cards)


@pytest.mark.parametrize("version", [8, 10])
def test_degradation(real, version):
    from aiapy.calibrate import degradation as theirs
    from aiapy_tables import get_correction_table, of_version

    path = real / f"aia/tables/{ {8: 'aia_V8_20171210_050627', 10: 'aia_V10_20201119_190000'}[version] }_response_table.txt"
    rows, peer = tables.parse(path.read_text()), get_correction_table(path)
    for channel in CHANNELS[:-1]:
        for date in ("2010-05-01", "2011-03-01", "2014-01-01T00:00:12", "2018-07-01", "2025-01-01"):
            expected = theirs(channel * u.angstrom, Time(date), correction_table=peer, **of_version(version)).value.item()
            value, _ = degradation.factor(rows, channel, version, times.parse(date))
            assert value == pytest.approx(expected, rel=1e-6), (channel, date)


@pytest.mark.parametrize("terms", [(), ("eve", "chianti"), ("preflight",)], ids=lambda terms: "+".join(terms) or "noise")
@pytest.mark.parametrize("channel", CHANNELS)
def test_error(real, channel, terms):
    from aiapy.calibrate import estimate_error
    from aiapy_tables import get_error_table

    path = real / "aia/tables/aia_V3_error_table.txt"
    counts = np.array([0, 1, 24.9, 25, 300, 12000.0])
    options = {f"include_{term}": True for term in terms}
    unit = u.DN / u.pix
    expected = estimate_error(counts * unit, channel * u.angstrom, error_table=get_error_table(path), **options).value
    row = tables.error_row(tables.parse(path.read_text()), channel)
    np.testing.assert_allclose(error.total(error.components(counts, channel, row, systematic=terms)), expected, rtol=1e-6)


def test_negative_counts_have_an_error_here_and_none_there(real):
    """aiapy takes the root of a negative number of photons; a negative count has read noise like any other."""
    from aiapy.calibrate import estimate_error
    from aiapy_tables import get_error_table

    path = real / "aia/tables/aia_V3_error_table.txt"
    with np.errstate(invalid="ignore"):
        theirs = estimate_error([-2.0] * u.DN / u.pix, 171 * u.angstrom, error_table=get_error_table(path))
    row = tables.error_row(tables.parse(path.read_text()), 171)
    assert np.isnan(theirs.value[0])
    assert np.isfinite(error.total(error.components(np.array([-2.0]), 171, row)))[()]


@pytest.mark.full
def test_respike(full_header, sun, rng):
    from aiapy.calibrate import respike
    from sunpy.map.mapbase import PixelPair

    index = rng.choice(sun.size, 4000, replace=False)
    listed = np.array([index, rng.integers(100, 9000, index.size), sun.ravel()[index]])
    full_header["NSPIKES"] = index.size
    y, x = np.divmod(index, 4096)
    theirs = respike(as_map(sun, full_header), spikes=(PixelPair(x * u.pix, y * u.pix), listed[1]))
    np.testing.assert_array_equal(spikes.respike(Image(sun, full_header), listed.astype(np.int64)).data, theirs.data)
