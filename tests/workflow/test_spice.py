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
PLAIN = {"groups": [], "composition": {"lines": []}}


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
    assert (folder / "complete.txt").is_file()
    assert not (folder / "refused.tsv").exists()
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
    assert "the keyword RADCAL" in said(process).partition("What failed")[2]
    rows = (site / "results/spice/refused.tsv").read_text().splitlines()
    assert len(rows) == 1 + 3
    assert all("broken.fits" in row and "RADCAL" in row for row in rows[1:])
    assert not list((site / "results").rglob("*.part"))
    assert not (site / "results/spice/level3").exists()


def test_selection_without_files_is_an_error_of_the_configuration(site, spice):
    (site / "empty").mkdir()
    process = spice("-n", source="folder", folder="empty")
    assert process.returncode != 0
    assert "none of 0 files can be reduced" in said(process)


def test_rasters_of_odd_names_are_planned_by_every_target(site, snakemake):
    """Beside a file of a plain name, and without an error of Snakemake."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    for name in ("good", "a (1)", "[b]$", "ä ö"):
        products.write_planes(site / "given" / f"{name}.fits", planes)
    settings = {**PLAIN, "source": "folder", "folder": "given"}
    dry = snakemake("-n", "spice", "spice_views", "spice_figures", source="archive", local={}, spice=settings)
    assert dry.returncode == 0, said(dry)
    for name in ("good", "a_1_", "_b_", "a_o"):
        assert all(f"results/spice/{made}/{name}" in said(dry) for made in ("report", "view", "figures"))


@pytest.mark.full
def test_three_orders_two_studies_and_bad_windows_in_one_command(site, spice):
    """A folder with the windows of one raster in three orders, another study, and what cannot be reduced.

    Every order gives the same numbers; a window that is bad costs itself, a file that is bad costs itself, and both are named
    on the screen, in the table and in the last lines, with an exit code.
    """
    planes, _ = simulate.raster(simulate.Settings(**SMALL))
    for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1)), ("c", (1, 2, 0))):
        products.write_planes(site / f"L2/order_{name}.fits", [planes[i] for i in order])
    products.write_planes(site / "L2/study.fits", [planes[2], planes[1]])
    bad = [plane._replace(header=plane.header.copy(), data=plane.data.copy()) for plane in planes]
    bad[0].data[:] = np.nan
    bad[2].header["BUNIT"] = "adu"
    products.write_planes(site / "L2/bad.fits", bad)
    products.write_arrays(site / "L2/other.fits", {"A": np.zeros((3, 3))})
    process = spice("spice", source="folder", folder="L2", composition={"lines": []})
    assert process.returncode != 0
    made = {path.stem for path in (site / "results/spice/level3").iterdir()}
    assert made == {"order_a", "order_b", "order_c", "study", "bad"}
    radiances = {
        name: {plane.name: plane.data for plane in products.read_planes(site / f"results/spice/radiance/{name}.fits")}
        for name in made
    }
    for name in ("order_b", "order_c"):
        assert list(radiances[name]) == list(radiances["order_a"])
        for line, values in radiances["order_a"].items():
            np.testing.assert_array_equal(radiances[name][line], values)
    neon = radiances["order_a"]["ne_8 770.42"]
    np.testing.assert_array_equal(radiances["study"]["ne_8 770.42"], neon)
    assert {line for line in radiances["bad"] if "SIGMA" not in line and "COV" not in line} == {
        "s_4 748.40", "mg_9 749.54", "s_4 750.22",
    }  # fmt: skip
    table = (site / "results/spice/refused.tsv").read_text()
    last = said(process).partition("What failed, and why")[2]
    for text in ("other.fits: holds no spectral window", "no sample is finite", "BUNIT is 'adu'"):
        assert text in table
        assert text in last
    assert said(process).count("spice: left out") >= 1
    page = (site / "results/spice/report/bad.html").read_text()
    assert "refused" in page
    again = spice("spice", source="folder", folder="L2", composition={"lines": []})
    assert again.returncode != 0


def test_saffrons_configuration_drives_the_workflow(site, spice):
    planes, _ = simulate.raster(simulate.Settings(**SMALL))
    products.write_planes(site / "L2" / "solo_L2_spice-n-ras_1.fits", planes)
    arguments = {"despike": True, "convolution_extent_list": [0], "data_filename": "::SAMENAME_::PARAMPLACEHOLDER.fits"}
    text = {"SELECTION_MODE": "folder", "file selection mode=> folder": {"L2_folder": "L2"}, "fit_raster_args": arguments}
    (site / "saffron.json").write_text(json.dumps(text))
    plan = spice("-n", saffron="saffron.json", **PLAIN)
    assert plan.returncode == 0, said(plan)
    assert "spice_reduce" in said(plan)
    assert "solo_L2_spice-n-ras_1" in said(plan)


@pytest.mark.full
def test_single_steps_give_what_one_job_gives(site, spice):
    """spice.fused: false, every step a job of its own: fits, radiances and velocities to 10⁻⁶, the pages alike."""
    stored = []
    for fused in (True, False):
        process = spice("--forceall", fused=fused, simulated=SMALL)
        assert process.returncode == 0, said(process)
        planes = [
            products.read_planes(site / f"results/spice/{state}/{NAME}.fits") for state in ("level3", "velocity", "composition")
        ]
        stored.append({(n, i, plane.name): plane.data for n, own in enumerate(planes) for i, plane in enumerate(own)})
    assert (site / f"results/spice/fitted/{NAME}").is_dir()
    assert list(stored[0]) == list(stored[1])
    for key, values in stored[0].items():
        np.testing.assert_allclose(values, stored[1][key], rtol=1e-6, atol=1e-12)


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
    for step in ("simulated/*", "level3/*", "radiance/*", "report/*"):
        killed(f"results/spice/{step}", "spice", **whole)
    last = spice(simulated=SMALL)
    assert last.returncode == 0, said(last)
    assert digests(site) == expected
