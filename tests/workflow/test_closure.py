"""Forward mock, backward reduction: every step must undo exactly what the embedded archive did. Full size."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from reruns import STATES
from scipy.ndimage import binary_erosion

from helioreduce.image import Flag
from helioreduce.io import fits as products

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]
SLOT = "20140101T000001"
TIME = f"{SLOT}_simulated"


@pytest.fixture(scope="module")
def run(tmp_path_factory, repository) -> Path:
    """A run of the whole workflow on two frames of the archive; HELIOREDUCE_RUN names a finished one to look at instead."""
    if "HELIOREDUCE_RUN" in os.environ:
        return Path(os.environ["HELIOREDUCE_RUN"])
    folder = tmp_path_factory.mktemp("closure")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(repository / "Snakefile"), "--cores", "2"]
    settings = ["--config", "aia=" + json.dumps({"channels": [171, 1600], "keep": STATES})]
    subprocess.run([*command, *settings], cwd=folder, check=True, capture_output=True, timeout=1700)
    return folder


@pytest.fixture(scope="module")
def truth(run):
    with fits.open(run / f"results/archive/frames/171/{SLOT}/truth.fits") as hdus:
        return {hdu.name: np.asarray(hdu.data) for hdu in hdus[1:]} | {"header": hdus[0].header}


@pytest.fixture
def state(run):
    def read(name, channel=171):
        time = TIME if channel < 1000 else next((run / f"results/aia/{name}/{channel}").iterdir()).stem
        return products.read(run / f"results/aia/{name}/{channel}/{time}.fits")

    return read


def pulls(image, truth, cosmic, step=1):
    """(result − truth)/σ on good pixels without particle hits, every ``step`` pixels."""
    good = (image.flags == 0) & (cosmic == 0) & np.isfinite(image.data)
    return ((image.data - truth) / image.sigma)[good][::step]


def scatter(values):
    """Standard deviation from the central 68 %, which outliers do not touch."""
    low, high = np.percentile(values, [15.865, 84.135])
    return (high - low) / 2


def test_respike_is_exact(state, truth):
    np.testing.assert_array_equal(state("respiked").data, truth["LEVEL05"])


def test_pulls_before_deconvolution(state, truth):
    """σ from measured counts: width 1 within 0.05 where photons are many enough that the counts give their own noise."""
    image = state("error")
    values = pulls(image, truth["EXPECTED"], truth["COSMIC"])
    bright = pulls(image, np.where(truth["EXPECTED"] > 20, truth["EXPECTED"], np.nan), truth["COSMIC"])
    bright = bright[np.isfinite(bright)]
    print(
        f"pulls of level 0.5: {values.mean():+.4f} ± {values.std():.4f}; above 20 DN {bright.mean():+.4f} ± {bright.std():.4f}"
    )
    assert values.std() == pytest.approx(1, abs=0.05)
    assert bright.std() == pytest.approx(1, abs=0.05)
    assert abs(bright.mean()) < 0.1


def test_deconvolution_comes_closer_to_the_truth(state, truth):
    """RMS distance from the unblurred scene, where it has structure: smaller by a factor; and the pulls that remain."""
    factor = truth["header"]["EXPTIME"] * truth["header"]["DEGRAD"]
    scene = truth["SCENE"] * factor
    before, after = state("error"), state("deconvolved")
    blurred = np.abs(truth["EXPECTED"] - scene)
    good = (after.flags == 0) & (truth["COSMIC"] == 0) & (blurred > np.percentile(blurred, 99.5))
    rms = [np.sqrt(np.mean((image.data - scene)[good] ** 2)) for image in (before, after)]
    bias = [np.mean((image.data - scene)[good & (scene < truth["EXPECTED"])]) for image in (before, after)]
    values = pulls(after, np.where(truth["EXPECTED"] > 20, scene, np.nan), truth["COSMIC"])
    values = values[np.isfinite(values)]
    faint = pulls(after, np.where(truth["EXPECTED"] < 5, scene, np.nan), truth["COSMIC"])
    print(f"rms {rms[0]:.2f} -> {rms[1]:.2f} DN (factor {rms[0] / rms[1]:.2f}); stray light {bias[0]:.2f} -> {bias[1]:.2f} DN")
    print(f"pulls after deconvolution, above 20 DN: {values.mean():+.4f} ± {values.std():.4f}, central {scatter(values):.4f}")
    print(f"below 5 DN, where no scene may be negative: ± {np.nanstd(faint):.4f}")
    assert rms[0] / rms[1] > 1.5
    assert abs(bias[1]) < abs(bias[0]) / 5
    assert values.std() == pytest.approx(1, abs=0.05)


def test_pointing_and_limb(run, state):
    """Level 1.5 at 1600 Å, whose limb is sharp: Sun centre within 0.05 px of CRPIX, radius within 0.15 px of R_SUN."""
    image = state("level1.5", 1600)
    x, y, radius = limb(image.data.astype(float), image.header)
    offset = np.hypot(x - (image.header["CRPIX1"] - 1), y - (image.header["CRPIX2"] - 1))
    print(f"limb fit: centre {offset:.4f} px, radius {radius - image.header['R_SUN']:+.4f} px off")
    assert (image.header["CRPIX1"], image.header["CDELT1"], image.data.shape) == (2048.5, 0.6, (4096, 4096))
    assert offset < 0.05
    assert abs(radius - image.header["R_SUN"]) < 0.15


def test_pointing_after_the_table(run, truth):
    """Sun centre of the table's row against the archive's truth: within 0.06 px."""
    from helioreduce import times
    from helioreduce.aia import pointing
    from helioreduce.io import ecsv

    rows, _ = ecsv.read(run / f"results/aia/tables/pointing/{TIME[:8]}.ecsv")
    image = products.read(run / f"results/aia/level1/171/{TIME}.fits")
    updated, _ = pointing.update(image, pointing.select(rows, times.parse(image.header["T_OBS"])))
    error = np.hypot(*(updated.header[f"CRPIX{i}"] - truth["header"][f"CRPIX{i}"] for i in (1, 2)))
    header = np.hypot(*(image.header[f"CRPIX{i}"] - truth["header"][f"CRPIX{i}"] for i in (1, 2)))
    print(f"pointing off by {header:.4f} px in the header, {error:.4f} px after the table")
    assert error <= 0.06


def test_outside_is_nan_and_flagged(state):
    image = state("normalised")
    np.testing.assert_array_equal(np.isnan(image.data), image.flagged(Flag.OUTSIDE | Flag.NO_DATA))


def limb(data, header):
    """Sun centre (x, y from 0) and radius, pixels: circle through the steepest point of the profile along 720 radii."""
    from scipy.ndimage import gaussian_filter, map_coordinates
    from scipy.optimize import least_squares

    x0, y0, r0 = header["CRPIX1"] - 1, header["CRPIX2"] - 1, header["R_SUN"]
    smooth = gaussian_filter(np.nan_to_num(data), 2)
    angle = np.deg2rad(np.arange(0, 360, 0.5))[:, None]
    r = r0 + np.arange(-12, 12, 0.05)
    profile = map_coordinates(smooth, [y0 + r * np.sin(angle), x0 + r * np.cos(angle)], order=3)
    slope = -np.gradient(profile, axis=1)
    best = np.array([centroid(r, row) for row in slope])

    def residual(p):
        return best - (p[2] + p[0] * np.cos(angle[:, 0]) + p[1] * np.sin(angle[:, 0]))

    fit = least_squares(residual, [0, 0, r0], loss="soft_l1", f_scale=0.1).x
    return x0 + fit[0], y0 + fit[1], fit[2]


def centroid(r, slope):
    """Place of the steepest fall: the parabola through the largest slope's neighbourhood."""
    i = int(np.argmax(slope[20:-20])) + 20
    a, b, _ = np.polyfit(r[i - 15 : i + 16], slope[i - 15 : i + 16], 2)
    return -b / (2 * a)


def test_the_moon_behind_stray_light_is_dark_again(tmp_path, repository):
    """A fifth of the light scattered over the whole detector, and taken away by the step with the same PSF."""
    wings = [{"kind": "power", "exponent": exponent, "weight": weight} for exponent, weight in ((2, 0.2), (3, 0.8))]
    stray = {"diffuse": 0.2, "wings": wings, "side": 8192}
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(repository / "Snakefile"), "--cores", "2"]
    settings = {
        "archive": {"psf": stray, "events": {"lunar_transit": ["171/*"]}},
        "aia": {"channels": [171], "psf": {"model": "parametric", **stray}, "deconvolve": {"method": "cg"}},
    }
    words = [f"{section}={json.dumps(value)}" for section, value in settings.items()]
    target = f"results/aia/deconvolved/171/{TIME}.fits"
    subprocess.run([*command, target, "--config", *words], cwd=tmp_path, check=True, capture_output=True, timeout=1700)
    known = tmp_path / f"results/archive/frames/171/{SLOT}/truth.fits"
    (expected, scene, cosmic), header = products.read_arrays(known, "EXPECTED", "SCENE", "COSMIC")
    image = products.read(tmp_path / target)
    scene = scene * (header["EXPTIME"] * header["DEGRAD"])
    moon = binary_erosion(scene == 0, iterations=30) & (cosmic == 0) & (image.flags == 0)
    pull = ((image.data - scene) / image.sigma)[moon]
    before, after = expected[moon].mean(dtype=float), image.data[moon].mean(dtype=float)
    print(f"behind the moon: {before:.2f} DN seen, {after:+.3f} DN deconvolved; pulls {pull.mean():+.4f} ± {pull.std():.4f}")
    assert before > 1 and abs(after) <= 0.1
