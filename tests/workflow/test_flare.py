"""A small flare end to end: a broken exposure time, saturation, a light curve without a jump."""

import numpy as np
import pytest
from astropy.nddata import CCDData

from helioreduce.io import ecsv
from helioreduce.io import fits as products

EXPOSURES = {1: (2000, 2.0, 0.0001), 13: (37, 0.0049182, 0.0131644), 25: (40, 0.0395, 0.0002), 37: (2000, 2.0, 0.0001)}
DONE = "results/aia/normalised/171/20140101T0000{:02d}.fits"


def test_a_flare_with_a_broken_exposure_time_has_no_jump(site, cutout, snakemake):
    """1000 DN/s and rising, exposed for 37 ms to 2 s; the last frame is saturated in the middle."""
    for second, (commanded_ms, exptime, expsdev) in EXPOSURES.items():
        rate = 1000 + 10 * second
        counts = np.random.default_rng(second).poisson(rate * commanded_ms / 1000, (64, 64)).astype(np.int16)
        if second == 37:
            counts[20:40, 20:40] = 16383
        cutout(second, data=counts, EXPTIME=exptime, EXPSDEV=expsdev, AIMGSHCE=commanded_ms)
    picture = "results/aia/quicklook/171/20140101T000037.jpg"
    run = snakemake("light_curves", "results/aia/statistics.ecsv", picture, aia={"batch": 9, "steps": {"respike": False}})
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    assert "has a spread of 0.01316 s (EXPSDEV): divided by 0.037 s as commanded" in said
    rows, _ = ecsv.read(site / "results/aia/light_curves/171.ecsv")
    assert [row["EXPSRC"] for row in rows] == ["measured", "commanded", "measured", "measured"]
    means = np.array([row["mean"] for row in rows]) * [row["DEGFACT"] for row in rows]
    np.testing.assert_allclose(means[:3], [1010, 1130, 1250], rtol=0.04)
    assert rows[1]["sigma_exposure"] / rows[1]["mean"] == pytest.approx(0.002 / 0.037, rel=1e-12)
    assert rows[3]["saturated"] > 0.08 and rows[3]["limit"] > rows[3]["mean"]
    assert all(row["jump"] == 1 for row in ecsv.read(site / "results/aia/statistics.ecsv")[0])
    ccd, image = CCDData.read(site / DONE.format(37)), products.read(site / DONE.format(37))
    np.testing.assert_array_equal(ccd.mask, image.mask)
    assert 0.08 < ccd.mask.mean() < 0.2, "advice leaves no pixel out"
    assert image.flagged("edge").mean() > 0.9 and np.isinf(image.sigma[image.flagged("saturated")]).all()
    assert "deconvolved although small" in image.header["CAVEAT1"]
    assert (site / "results/figures/light_curves.png").stat().st_size > 10_000
