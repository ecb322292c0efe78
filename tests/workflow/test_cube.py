"""The target ``cube`` from the embedded archive: what it holds, and that no half of it is ever taken for whole."""

import os
import shlex
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.wcs import WCS
from external import ENVIRONMENT, Project

from helioreduce.image import MASKED
from helioreduce.io import ecsv, fits, provenance, stores

xr = pytest.importorskip("xarray", reason="xarray is not installed: the environment is older than the lock")
FOLDER = "results/aia/cube_simulated"
CENTRE, SIZE = (60.0, -120.0), (240, 180)
AIA = {
    **{"channels": [1600, 1700], "start": "2014-01-01T00:00:13", "end": "2014-01-01T00:01:01", "cadence_s": 48},
    "cutout": {"centre": CENTRE, "size": SIZE, "cut": "last"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished cube of two channels and times; one record is missing in the archive."""
    project = Project(tmp_path_factory.mktemp("cube"))
    events = {"gap": ["1700/20140101T000101*"]}
    project.configure(archive={"npix": 128, "events": events}, jsoc={"on_missing": "skip"}, aia=AIA)
    project.run("cube", f"{FOLDER}/1600.gif")
    return project


def test_its_pictures_are_drawn(made):
    from PIL import Image

    for name in ("1600_difference.png", "1600_distance_time.pdf"):
        assert (made.folder / FOLDER / name).stat().st_size > 10_000
    assert Image.open(made.folder / FOLDER / "1600.gif").n_frames == 2


def test_its_coordinates_are_those_of_the_region(made):
    """The middle is where it was asked for; the WCS in the store, that of the FITS file and the axes Tx, Ty agree."""
    cube = xr.open_zarr(made.folder / FOLDER / "cube.zarr")
    assert dict(cube.sizes) == {"time": 2, "channel": 2, "y": SIZE[1], "x": SIZE[0]}
    for axis, middle in zip((cube.Tx, cube.Ty), CENTRE, strict=True):
        assert float(axis.mean()) == pytest.approx(middle, abs=0.31)
    for header in (Header.fromstring(cube.attrs["wcs"], sep="\n"), fits.read_header(made.folder / FOLDER / "1600.fits")):
        x, y = (np.asarray(one) * 3600 for one in WCS(header, naxis=2).wcs_pix2world([0, SIZE[0] - 1], [0, SIZE[1] - 1], 0))
        np.testing.assert_allclose((x + 648000) % 1296000 - 648000, cube.Tx[[0, -1]], atol=0.02)
        np.testing.assert_allclose(y, cube.Ty[[0, -1]], atol=0.02)
    assert cube.attrs["simulate"].startswith("SIMULATED")


def test_an_image_that_is_missing_is_no_data(made):
    cube = xr.open_zarr(made.folder / FOLDER / "cube.zarr")
    missing = cube.isel(time=1, channel=1)
    assert np.isnan(missing.data).all() and (missing.mask & 32 == 32).all() and np.isnat(missing.t_obs.values)
    seen = cube.isel(time=0)
    assert np.isfinite(seen.data).all() and (seen.sigma > 0).all() and (seen.mask & int(MASKED) == 0).all()
    assert set(np.unique(cube.channel)) == {1600, 1700} and cube.data.units == "DN/s"


def test_a_light_curve_with_its_error_takes_two_lines(made):
    """Against the table of the workflow, which sums over the pairs of pixels in the region and knows its edges."""
    cube = xr.open_zarr(made.folder / FOLDER / "cube.zarr").sel(channel=1600)
    mean, sigma = cube.data.mean(("x", "y")), (cube.correlation * (cube.sigma**2).sum(("x", "y"))) ** 0.5 / cube.data[0].size
    rows, _ = ecsv.read(made.folder / FOLDER / "1600.ecsv")
    np.testing.assert_allclose(mean, [row["mean"] for row in rows], rtol=1e-6)
    np.testing.assert_allclose(sigma, [row["sigma"] for row in rows], rtol=0.02)
    assert (sigma > 0).all()


def test_its_files_are_those_of_the_list_of_digests(made):
    reported = subprocess.run(["sha256sum", "--check", "--quiet", "cube.sha256"], cwd=made.folder / FOLDER, check=False)
    assert reported.returncode == 0


def copied(made, tmp_path):
    """The same folder before the cube was put together: the images are there."""
    project = Project(tmp_path / "other")
    shutil.copytree(made.folder, project.folder)
    shutil.rmtree(project.folder / FOLDER)
    return project


def digests(folder):
    """SHA-256 of every file of the cube."""
    return stores.digests(folder / "cube.zarr") | {file.name: provenance.sha256(file) for file in folder.glob("*.*s*")}


@pytest.mark.parametrize(
    "earlier", [False, pytest.param(True, marks=pytest.mark.full)], ids=["a first cube", "one that is replaced"]
)
def test_a_kill_in_between_leaves_no_half_series(made, tmp_path, earlier):
    """kill -9 while the store is written: nothing has its name, or the earlier one whole; the next run completes it."""
    project = copied(made, tmp_path)
    again = []
    if earlier:
        shutil.copytree(made.folder / FOLDER, project.folder / FOLDER)
        again = ["--forcerun", "aia_cube"]
    process = project.start("cube", *again)
    part = project.folder / FOLDER / ".cube.zarr.part"
    while process.poll() is None and not part.exists():
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert part.exists(), "it was over before it could be killed"
    store = project.folder / FOLDER / "cube.zarr"
    if store.exists():
        assert stores.digests(store) == stores.digests(made.folder / FOLDER / "cube.zarr")
    project.run("cube")
    assert digests(project.folder / FOLDER) == digests(made.folder / FOLDER) and not part.exists()


FULL = """
set -e
mkdir -p {folder}
mount -t tmpfs -o size=60k none {folder}
set +e
{run} > first.txt 2>&1
echo $? > first.rc
set -e
ls -A {folder} > half.txt
mount -o remount,size=100m none {folder}
{run} > second.txt 2>&1
cp -r {folder} results/aia/whole
"""


def test_a_full_disk_leaves_no_half_series(made, tmp_path):
    """A file system of its own for the cube, seen by this one shell only; then it is mended and the run repeated."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here (unshare --mount is refused)")
    project = copied(made, tmp_path)
    script = FULL.format(folder=FOLDER, run=shlex.join([*project.command, "--cores", "2", "cube"]))
    where = {"cwd": project.folder, "env": {**ENVIRONMENT, "PWD": str(project.folder)}}
    mended = subprocess.run([*alone, "bash", "-c", script], check=False, capture_output=True, text=True, **where)
    said = (project.folder / "first.txt").read_text()
    assert mended.returncode == 0, mended.stderr + said + (project.folder / "second.txt").read_text()[-3000:]
    assert (project.folder / "first.rc").read_text().strip() == "1"
    assert "not enough" in said.lower() or "no space left" in said.lower(), said
    assert "Free space" in said and "Traceback" not in said
    assert "cube.zarr" not in (project.folder / "half.txt").read_text().split()
    assert digests(project.folder / "results/aia/whole") == digests(made.folder / FOLDER)
