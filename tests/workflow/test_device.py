"""The device of the configuration: what a job asks the scheduler for, what it falls back to, what the product says."""

import json
import re
import subprocess
import sys

import pytest

from helioreduce.io import fits

ASKED = """
include: "{repository}/Snakefile"
asked = {{rule.name for rule in workflow.rules if "gpu" in rule.resources.keys() and rule.resources["gpu"].value}}
print("asked by:", *sorted(asked))
rule nothing:
    output: "nothing.txt"
    localrule: True
    shell: "touch {{output}}"
"""
PRODUCT = "results/aia/normalised/171/20140101T000001.fits"


def said(process):
    return process.stdout + process.stderr


def asking(site, repository, **aia):
    """The rules that ask for a card."""
    (site / "asked.smk").write_text(ASKED.format(repository=repository))
    settings = ["--config", "source=local", "local={directory: level1}", f"aia={json.dumps(aia)}"]
    command = [sys.executable, "-m", "snakemake", "-s", "asked.smk", "-n", "--cores", "1", "nothing.txt", *settings]
    process = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, said(process)
    return re.search("asked by:(.*)", said(process))[1].split()


def test_only_jobs_that_compute_ask_for_a_card_and_only_when_set_to(site, cutout, repository):
    cutout(1)
    computing = ["aia_deconvolve", "aia_prep", "aia_shard"]
    assert asking(site, repository, device="gpu") == computing
    assert asking(site, repository, device="gpu", batch=2) == ["aia_batch_171_20140101T000001", *computing]
    assert asking(site, repository, device="auto", batch=2) == []


@pytest.mark.parametrize("batch", [0, 1])
def test_without_a_card_the_cpu_computes_and_says_so(site, cutout, snakemake, batch):
    cutout(1)
    process = snakemake(PRODUCT, aia={"batch": batch, "device": "gpu", "deconvolve": {"iterations": 7, "precision": "float64"}})
    assert process.returncode == 0, said(process)
    log = next((site / "results/logs/aia_batch" if batch else site / "results/logs/aia_deconvolve").rglob("*.log"))
    header = fits.read_header(site / PRODUCT)
    if "device=cpu" in str(list(header.values())):  # there may be a card
        assert "device gpu cannot be used" in said(process)
        assert "going on with the CPU" in log.read_text()
    record = next(str(value) for key, value in header.items() if key.startswith("PRPARA") and "core=" in str(value))
    assert "precision=float64" in record
    assert "iterations=7" in record


def test_settings_that_mean_nothing_are_refused(site, cutout, snakemake):
    cutout(1)
    for settings in ({"device": "tpu"}, {"deconvolve": {"redraws": 1}}, {"deconvolve": {"precision": "float16"}}):
        process = snakemake("-n", aia=settings)
        assert process.returncode != 0
        assert next(iter(settings)) in said(process)
