"""SPICE rasters through the whole chain: the simulated one, a real window, bad files, power cuts."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.io import fits as products
from helioreduce.spice import simulate

NAME = "solo_L2_spice-n-ras_20220402T111537_V00_synthetic"
SMALL = {"rows": 20, "columns": 8}
#: One raster without composition, every window by itself.
PLAIN = {"groups": [], "model": {"ties": []}, "composition": {"lines": []}}


def said(process):
    return process.stdout + process.stderr


@pytest.fixture
def spice(snakemake):
    """Run the target ``spice`` with settings of that section."""

    def run(*arguments, **settings):
        return snakemake(*arguments, "spice", source="archive", local={}, spice=settings)

    return run


def test_simulated_raster_to_composition_and_page(site, spice):
    first = spice("spice_check", simulated=SMALL)
    assert first.returncode == 0, said(first)
    assert len((site / "results/spice/checked.txt").read_text().split()) == 2
    folder = site / "results/spice"
    for state, end in {
        "level3": "fits",
        "velocity": "fits",
        "radiance": "fits",
        "composition": "fits",
        "report": "html",
    }.items():
        assert (folder / state / f"{NAME}.{end}").stat().st_size > 5000
    truth = {plane.name.lower(): plane.data for plane in products.read_planes(folder / f"simulated/{NAME}_truth.fits")}
    found = {plane.name.lower(): plane for plane in products.read_planes(folder / f"radiance/{NAME}.fits")}
    neon, sigma = found["ne_8 770.42"], found["ne_8 770.42 sigma"]
    assert {neon.header[step] for step in ("PREPARE", "FIT", "RADIANCE")} == {"COMPLETE"}
    good = np.isfinite(sigma.data)
    assert good.mean() > 0.5
    pulls = ((neon.data - truth["ne_8 770.42 radiance"]) / sigma.data)[good]
    assert abs(np.median(pulls)) < 0.5
    lines = sorted(path.name for path in (folder / "saffron" / NAME).glob("*.fits"))
    assert len(lines) == 8 + 2
    assert lines[0].startswith(NAME.replace("L2", "L2.5"))
    page = (folder / "report" / f"{NAME}.html").read_text()
    assert "FIP bias" in page
    assert "http:" not in page
    assert "https:" not in page
    again = spice(simulated=SMALL)
    assert "Nothing to be done" in said(again)
    assert {path.name for path in site.iterdir()} == {"level1", "tables", "results", ".snakemake"}


def test_real_window(real, site, spice):
    """Ne VIII 770 of 2022-03-17, from the file to the map."""
    file = real / "spice/solo_L2_spice_NeVIII_20220317_window.fits"
    process = spice(source="list", files=[str(file)], noise={"frames": 1}, binning={"extents": [1]}, **PLAIN)
    assert process.returncode == 0, said(process)
    results, header = fits.getdata(site / "results/spice/level3/solo_L2_spice_NeVIII_20220317_window.fits", header=True)
    assert header["CMPNAM1"] == "Ne VIII 770.42"
    assert 0.7 < np.nanmedian(results[-1]) < 1.1


def test_a_file_that_cannot_be_calibrated_stops_with_its_name(site, spice):
    planes, _ = simulate.raster(simulate.Settings(**SMALL))
    for plane in planes:
        plane.header["RADCAL"] = "MISSING (not available)"
    products.write_planes(site / "broken.fits", planes)
    process = spice(source="list", files=["broken.fits"], **PLAIN)
    assert process.returncode != 0
    logs = "".join(path.read_text() for path in (site / "results/logs/spice_prepare").rglob("*.log"))
    assert "broken.fits: the keyword RADCAL" in logs
    assert not list((site / "results").rglob("*.part"))
    assert not (site / "results/spice/level3").exists()


def test_selection_without_files_is_an_error_of_the_configuration(site, spice):
    (site / "empty").mkdir()
    process = spice("-n", source="folder", folder="empty")
    assert process.returncode != 0
    assert "none of 0 files can be reduced" in said(process)


def test_a_refused_file_is_named_on_the_screen_and_costs_no_other(site, spice):
    planes, _ = simulate.raster(simulate.Settings(**SMALL))
    products.write_planes(site / "L2" / "good.fits", planes)
    products.write_arrays(site / "L2" / "other.fits", {"A": np.zeros((3, 3))})
    plan = spice("-n", source="folder", folder="L2", **PLAIN)
    assert plan.returncode == 0, said(plan)
    assert said(plan).count("other.fits: holds no spectral window") == 1
    assert "results/spice/level3/good.fits" in said(plan)


def test_saffrons_configuration_drives_the_workflow(site, spice):
    planes, _ = simulate.raster(simulate.Settings(**SMALL))
    products.write_planes(site / "L2" / "solo_L2_spice-n-ras_1.fits", planes)
    arguments = {"despike": True, "convolution_extent_list": [0], "data_filename": "::SAMENAME_::PARAMPLACEHOLDER.fits"}
    text = {"SELECTION_MODE": "folder", "file selection mode=> folder": {"L2_folder": "L2"}, "fit_raster_args": arguments}
    (site / "saffron.json").write_text(json.dumps(text))
    plan = spice("-n", saffron="saffron.json", **PLAIN)
    assert plan.returncode == 0, said(plan)
    assert "spice_fit" in said(plan)
    assert "solo_L2_spice-n-ras_1" in said(plan)


@pytest.mark.full
def test_bytes_do_not_depend_on_jobs(site, spice):
    stored = []
    for cores in ("1", "4"):
        assert spice("--forceall", "--cores", cores, simulated=SMALL).returncode == 0
        stored.append((site / f"results/spice/level3/{NAME}.fits").read_bytes())
    assert stored[0] == stored[1]


def digests(site):
    """SHA-256 of every product; hidden files are what a killed job was writing."""
    files = sorted(path for path in (site / "results/spice").rglob("[!.]*") if path.is_file())
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.full
def test_run_killed_at_every_step_ends_as_if_nothing_had_been(site, spice, killed):
    """Killed (SIGKILL, all jobs) when each step's first file appears: the same command completes it, with the same bytes."""
    whole = {"source": "archive", "local": {}, "spice": {"simulated": SMALL}}
    assert spice(simulated=SMALL).returncode == 0
    expected = digests(site)
    shutil.rmtree(site / "results")
    shutil.rmtree(site / ".snakemake")
    for step in ("simulated/*", "prepared/*/*", "fitted/*/*", "level3/*", "radiance/*"):
        killed(f"results/spice/{step}", "spice", **whole)
    last = spice(simulated=SMALL)
    assert last.returncode == 0, said(last)
    assert digests(site) == expected
