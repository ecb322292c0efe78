"""ESIS from one line of configuration: a simulated flight to level 3; then frames in a folder, some of them bad."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from external import Project
from PIL import Image

from helioreduce.esis import simulate
from helioreduce.io import ecsv

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("esis")


@pytest.fixture(scope="module")
def run(folder, repository):
    """Run snakemake in the folder with these settings of ``esis``."""

    def snakemake(*arguments, **esis):
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(repository / "Snakefile"), "--cores", "2", *arguments]
        environment = {**os.environ, "PWD": str(folder), "PYTHONPATH": ""}
        settings = ["--config", f"esis={json.dumps(esis)}"]
        return subprocess.run(
            [*command, *settings], cwd=folder, capture_output=True, text=True, timeout=800, env=environment, check=False
        )

    return snakemake


@pytest.fixture(scope="module")
def flight(run, folder):
    """A simulated flight of three sequences, reduced."""
    done = run("esis", simulate={"sequences": 3})
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "results" / "esis"


def test_a_fresh_clone_reduces_a_flight_without_any_data(flight):
    """Level 3 of three sequences and four cameras; slopes to 2 % after the whole chain from raw counts, gains to 1 %."""
    for sequence in (120, 121, 122):
        with fits.open(flight / f"level3/simulated/ov/{sequence:05d}.fits") as hdus:
            assert hdus[0].data.shape == (1, 4, 1270, 1270)
            assert hdus[0].header["ESIS_L3"] == "COMPLETE" and hdus[0].header["SEQUENCE"] == str(sequence)
            assert 0.4 < np.isfinite(hdus[0].data).mean() < 0.8
            assert ((hdus["MASK"].data == 0) <= np.isfinite(hdus[0].data)).all()
    with fits.open(flight / "vignetting/simulated/ov.fits") as hdus:
        np.testing.assert_allclose(hdus["SLOPES"].data[0], simulate.SLOPES, rtol=0.02)
        np.testing.assert_allclose(hdus["GAINS"].data[0], simulate.GAINS, rtol=0.01)
    assert len(list((flight / "figures/simulated/ov").glob("*.png"))) == 6
    rows, meta = ecsv.read(flight / "compared/simulated/ov/sequences.ecsv")
    assert [row["exposure"] for row in rows] == [120, 121, 122] and "SIMULATED" in meta["simulate"]
    assert all(row["left_out"] == "" and row["snr_2"] > 1 and 0.9 < row["airmass"] <= 1 for row in rows)
    with Image.open(flight / "compared/simulated/ov/movie.gif") as movie:
        assert movie.n_frames == 3


def test_a_second_run_has_nothing_to_do(flight, run):
    again = run("esis", simulate={"sequences": 3})
    assert "Nothing to be done" in again.stdout + again.stderr


def test_bad_frames_cost_no_more_than_they_must(flight, run, folder):
    """A missing camera costs that camera, two bad ones their sequence; both are reported, and the run goes through."""
    given = folder / "given"
    given.mkdir()
    for path in (flight / "level0").glob("ESIS*.fits"):
        (given / path.name).write_bytes(path.read_bytes())
    (given / "ESIS3_00121.fits").unlink()
    (given / "ESIS1_00122.fits").unlink()
    cut = given / "ESIS2_00122.fits"
    cut.write_bytes(cut.read_bytes()[:1_000_000])
    done = run("esis", directory="given", darks=[[97, 103]])
    assert done.returncode == 0, done.stderr[-3000:]
    log = {n: (folder / "results" / "logs" / "esis_level1/2019" / f"{n:05d}.log").read_text() for n in (121, 122)}
    assert "no frame of ESIS3" in log[121]
    assert "ESIS2_00122.fits" in log[122] and "cannot be read as FITS" in log[122]
    for sequence, there in ((120, [True] * 4), (121, [True, True, False, True])):
        data = fits.getdata(flight / f"level3/2019/ov/{sequence:05d}.fits")
        assert np.isfinite(data[0]).any(axis=(1, 2)).tolist() == there
    assert "no frame of ESIS1" in fits.getheader(flight / "level3/2019/ov/00122.fits")["REFUSED"]
    rows, _ = ecsv.read(flight / "compared/2019/ov/sequences.ecsv")
    assert [row["exposure"] for row in rows] == [120, 121, 122]
    assert np.isnan(rows[1]["snr_3"]) and not np.isnan(rows[1]["snr_4"])
    assert "no frame of ESIS1" in rows[2]["left_out"] and np.isnan(rows[2]["airmass"])
    assert "is left out" in done.stderr


def test_another_flight_is_reduced_by_its_table_alone(flight, run, folder, repository):
    """The simulated frames as those of cameras with twice the gain: twice the photons, in folders of the flight's name."""
    shutil.copytree(flight / "level0", folder / "later", ignore=shutil.ignore_patterns("t*"))
    text = (repository / "scripts/helioreduce/esis/flights/2019.toml").read_text()
    gains = text.partition("gain = ")[2].partition("]]")[0] + "]]"
    (folder / "second.toml").write_text(text.replace(gains, str((2 * np.array(json.loads(gains))).tolist())))
    done = run("esis", directory="later", flight="second.toml", lights=[120, 120], darks=[[97, 103]])
    assert done.returncode == 0, done.stderr[-3000:]
    ours, theirs = (fits.getdata(flight / f"level1/{name}/00120/2.fits") for name in ("second", "simulated"))
    lit = theirs > np.percentile(theirs, 60)
    assert np.isclose(np.median(ours[lit] / theirs[lit]), 2, rtol=0.01)
    with fits.open(flight / "level3/second/ov/00120.fits") as hdus:
        assert hdus[0].header["ESIS_L3"] == "COMPLETE" and np.isfinite(hdus[0].data).mean() > 0.4


@pytest.mark.parametrize(
    ("esis", "message"),
    [
        ({"directory": "nowhere"}, "esis.directory: 'nowhere' does not exist"),
        ({"target": "aia"}, "aia.channels has no 304"),
        ({"lines": ["fe"]}, "fe"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_runs(run, esis, message):
    refused = run("-n", "esis", **esis)
    assert refused.returncode != 0
    assert message in refused.stdout + refused.stderr


@pytest.mark.parametrize("npix", [64, 256, 512])
def test_a_flight_is_aligned_to_an_aia_image_of_any_size(tmp_path, npix):
    """The simulated Sun is like the image, which the archive has made of fewer and larger pixels."""
    project = Project(tmp_path)
    at = "2019-09-30T18:06:00"
    aia = {"channels": [304], "start": at, "end": at}
    project.configure(archive={"npix": npix}, aia=aia, esis={"target": "aia", "simulate": {"sequences": 1}})
    said = project.run("esis")
    assert "The flight of ESIS is SIMULATED" in said and "The images of AIA are SIMULATED" in said
    with fits.open(tmp_path / "results/esis/vignetting/simulated/ov.fits") as hdus:
        np.testing.assert_allclose(hdus["SLOPES"].data[0], simulate.SLOPES, rtol=0.05)
    with fits.open(tmp_path / "results/esis/level3/simulated/ov/00120.fits") as hdus:
        assert 0.4 < np.isfinite(hdus[0].data).mean() < 0.8
