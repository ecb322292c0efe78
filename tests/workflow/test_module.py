"""The workflow as a module of somebody else's, under a prefix and with settings of theirs."""

import subprocess
import sys

import pytest

from helioreduce.io import fits

FOREIGN = """
configfile: "theirs.yaml"

module solar:
    snakefile: "{repository}/Snakefile"
    config: config["solar"]
    prefix: "solar"

use rule * from solar as solar_*

rule theirs:
    default_target: True
    input: "solar/results/aia/{state}/171/20140101T000001.fits"
    output: "theirs.txt"
    shell: "echo {{input}} > {{output}}"
"""
SETTINGS = """
solar:
  source: local
  local: {directory: level1}
  aia: {steps: {deconvolve: false}}
"""


@pytest.fixture
def foreign(site, repository):
    """Run the other workflow, which wants one state of one image."""

    def run(state, *arguments):
        (site / "Snakefile").write_text(FOREIGN.format(repository=repository, state=state))
        (site / "theirs.yaml").write_text(SETTINGS)
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        return subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=600, check=False)

    return run


def test_another_workflow_takes_an_image_from_this_one(site, cutout, foreign):
    cutout(1)
    process = foreign("normalised")
    assert process.returncode == 0, process.stdout + process.stderr
    product = fits.read(site / "solar/results/aia/normalised/171/20140101T000001.fits")
    assert product.header["BUNIT"] == "DN/s"
    assert product.header["DECONVOL"] == "SKIPPED", "their settings count"
    assert (site / "theirs.txt").read_text().strip() == "solar/results/aia/normalised/171/20140101T000001.fits"
    assert {path.name for path in (site / "solar").iterdir()} == {"results"}
    assert not (site / "results").exists()
    assert "Nothing to be done" in (again := foreign("normalised")).stdout + again.stderr
