"""Figures through the workflow: each has rule, script and caption; two runs give the same bytes; bad settings are named."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from helioreduce.aia.figures.catalogue import FIGURES
from helioreduce.aia.response import model, tables
from helioreduce.io import ecsv

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def scene(rng):
    """Counts of a small Sun of loops."""
    y, x = np.mgrid[:160, :160]
    loops = sum(300 * np.exp(-((np.hypot(x - 80, y - 20) - radius) ** 2) / 8) for radius in (30, 50, 80))
    return lambda: rng.poisson(200 + loops).astype(np.int16)


@pytest.fixture
def responses(site):
    """Instrument, emissivity and daily means as files of the user; the settings that name them."""
    ecsv.write_table(site / "instrument.ecsv", tables.from_instrument(model.instrument(), {"origin": "test"}))
    ecsv.write_table(site / "emissivity.ecsv", tables.from_emissivity(model.emissivity()))
    days = [f"2014-01-{day:02d}T00:00:00" for day in range(1, 29)]
    ecsv.write_table(site / "means.ecsv", Table({"time": days, "mean_171": np.linspace(100, 99.7, 28)}))
    return {"response": {"instrument": "instrument.ecsv", "emissivity": "emissivity.ecsv", "means": "means.ecsv"}}


def test_every_figure_has_rule_and_caption(snakemake, cutout, responses):
    cutout(0, T_REC="2014-01-01T00:00:00")
    cutout(12, T_REC="2014-01-01T00:00:12")
    done = snakemake("figures", "--dry-run", aia=responses)
    assert done.returncode == 0, done.stderr
    captions = {path.stem for path in (REPOSITORY / "workflow/report").glob("*.rst")}
    planned = {name for name in FIGURES if re.search(rf"\bfigure_{name}\b", done.stdout + done.stderr)}
    assert captions == set(FIGURES)
    of_spikes = {name for name in FIGURES if name.startswith("spike")}  # the user has no spikes, and one channel
    of_six = {name for name in FIGURES if name.startswith("dem")}
    assert set(FIGURES) - planned == {*of_spikes, *of_six, "alignment"}


def test_bad_settings_are_named(snakemake, cutout):
    cutout(0)
    for settings, message in (
        ({"response": {"instrument": "nowhere.genx"}}, "aia.response.instrument: 'nowhere.genx' does not exist"),
        ({"calibration": {"version": 7}}, "version is 7: not one of 8, 9, 10"),
    ):
        done = snakemake("figures", "--dry-run", aia=settings)
        assert done.returncode != 0 and message in done.stdout + done.stderr


@pytest.mark.full
def test_two_runs_give_the_same_bytes(snakemake, cutout, site, scene, responses):
    for second in (0, 12):
        cutout(second, T_REC=f"2014-01-01T00:00:{second:02d}", data=scene())
    digests = []
    for _ in range(2):
        done = snakemake("figures", aia=responses)
        assert done.returncode == 0, done.stderr
        files = sorted(path for path in (site / "results/figures").rglob("*") if path.is_file())
        digests.append({str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
        for path in files:
            path.unlink()
    assert len(digests[0]) > 30 and digests[0] == digests[1]
    assert {Path(name).suffix for name in digests[0]} == {".png", ".pdf", ".html"}
