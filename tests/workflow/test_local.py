"""Local level-1 files through the whole chain: the happy path, bad input, bad settings, right reruns."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from level1_cases import CASES

from helioreduce.io import fits as products

DONE = "results/aia/normalised/171/20140101T0000{:02d}.fits"


def said(process):
    return process.stdout + process.stderr


def test_reduces_and_then_has_nothing_to_do(site, cutout, snakemake):
    cutout(1)
    cutout(13, WAVELNTH=1600)
    first = snakemake()
    assert first.returncode == 0, said(first)
    assert "results/aia/normalised" in first.stdout
    image = products.read(site / DONE.format(1))
    assert image.header["BUNIT"] == "DN/s"
    assert {image.header[key] for key in ("ERROR", "DECONVOL", "PREP", "DEGRADAT", "NORMALIS")} == {"COMPLETE"}
    assert image.header["RESPIKE"] == "SKIPPED"
    assert "no spikes file" in image.header["PRPARA1"]
    assert image.sigma.shape == image.data.shape
    assert (site / "results/aia/quicklook/171/20140101T000001.jpg").stat().st_size > 10_000
    again = snakemake()
    assert "Nothing to be done" in said(again)
    assert {path.name for path in site.iterdir()} == {"level1", "tables", "results", ".snakemake"}


def test_uv_has_no_psf_and_says_so(site, cutout, snakemake):
    cutout(13, WAVELNTH=1600)
    target = "results/aia/level1.5/1600/20140101T000013.fits"
    process = snakemake(target)
    assert process.returncode == 0, said(process)
    header = fits.getheader(site / target)
    assert header["DECONVOL"] == "SKIPPED"
    assert header["LVL_NUM"] == 1.5


BAD = {  # second of the frame: (what is wrong, what the message must name)
    10: ({"TELESCOP": "SOHO", "INSTRUME": "EIT"}, "not an AIA image"),
    11: ({"LVL_NUM": 1.5}, "LVL_NUM = 1.5"),
    12: ({"T_OBS": None}, "T_OBS is missing"),
    13: ({"EXPTIME": None}, "EXPTIME is missing"),
    14: ({"EXPTIME": 0.0}, "EXPTIME = 0.0 s is not positive"),
    15: ({"data": np.ones((4, 64), np.int16)}, "NAXIS1, NAXIS2 = 64, 4"),
    16: ({"data": np.full((64, 64), np.nan, np.float32)}, "no pixel holds a finite value"),
    17: ({"WAVELNTH": None}, "WAVELNTH is missing"),
    18: ({"T_REC": "2031-01-01T00:00:18", "T_OBS": "2031-01-01T00:00:18"}, "outside the degradation table"),
    19: ({"WAVELNTH": 172}, "AIA has no channel 172"),
}


def test_bad_frames_fail_alone_and_say_why(site, cutout, snakemake):
    cutout(1)
    for second, (cards, _) in BAD.items():
        cutout(second, **cards)
    (site / "level1" / "text.fits").write_text("this is no FITS file")
    whole = cutout(30, name="truncated.fits").read_bytes()
    (site / "level1" / "truncated.fits").write_bytes(whole[: len(whole) // 2])
    fits.PrimaryHDU().writeto(site / "level1" / "empty.fits")
    process = snakemake()
    assert process.returncode != 0
    assert (site / DONE.format(1)).is_file()
    _, last = process.stdout.split("1 of 14 images are finished.\nWhat failed, and why:\n")
    for second, (_, message) in BAD.items():
        assert re.search(rf"^  .*/aia_{second}_image_lev1.fits: .*{message}", last, re.MULTILINE), f"frame {second}"
    for name in ("text.fits", "truncated.fits", "empty.fits"):
        assert f"{name}: " in last
    assert not list((site / "results").rglob("*.part"))
    assert len(list((site / "results/aia/normalised").rglob("*.fits"))) == 1


@pytest.mark.full
def test_every_odd_input_in_one_folder(site, snakemake):
    """One command: every good one is finished, every bad one named with its reason."""
    for number, case in enumerate(CASES):
        stamp = f"2014-01-01T00:{number // 60:02d}:{number % 60:02d}"
        timed = replace(case, cards={"T_REC": stamp, "T_OBS": stamp, **case.cards})
        timed.hdu().writeto(site / "level1" / f"{case.name}.fits", output_verify="ignore")
    process = snakemake(aia={"batch": 200, "deconvolve": {"iterations": 3}})
    good = [case for case in CASES if case.says is None]
    assert process.returncode != 0
    assert f"\n{len(good)} of {len(CASES)} images are finished.\nWhat failed, and why:\n" in process.stdout
    reasons = re.findall(r"^  \S*/level1/(.+?)\.fits: (.*)$", process.stdout.partition("What failed")[2], re.MULTILINE)
    assert sorted(name for name, _ in reasons) == sorted(case.name for case in CASES if case.says)
    assert all(case.says in dict(reasons)[case.name] for case in CASES if case.says)
    for state, ending in (("normalised", "fits"), ("quicklook", "jpg")):
        assert len(list((site / "results/aia" / state / "171").glob(f"*.{ending}"))) == len(good)


def test_spikes_of_another_image_are_refused(site, cutout, snakemake):
    cutout(1, NSPIKES=1)
    header = fits.Header()
    spikes = np.array([[900 * 4096 + 1000], [9000], [31000]], np.int32)
    fits.PrimaryHDU(spikes, header).writeto(site / "level1" / "aia_01_spikes.fits")
    process = snakemake("results/aia/respiked/171/20140101T000001.fits")
    assert process.returncode != 0
    assert "the spikes belong to another image" in said(process)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"aia": {"channels": [172]}}, "172"),
        ({"aia": {"chanels": [171]}}, "chanels"),
        ({"source": "archive", "aia": {"start": "2014-01-02T00:00:00", "end": "2014-01-01T00:00:00"}}, "is before aia.start"),
        ({"source": "archive", "aia": {"start": "tomorrow"}}, "aia.start: 'tomorrow' is not a time"),
        ({"local": {"directory": "nowhere"}}, "local.directory: 'nowhere' does not exist"),
        ({"local": {"directory": None}}, "local.directory is not set"),
    ],
)
def test_bad_settings_stop_before_the_first_job(snakemake, config, message):
    process = snakemake("-n", **config)
    assert process.returncode != 0
    assert message in said(process)


def test_editing_a_function_reruns_the_rules_that_use_it(site, cutout, snakemake, repository):
    cutout(1)
    copy = site / "repository"
    shutil.copytree(repository, copy, ignore=shutil.ignore_patterns(".venv", "results", ".git", "__pycache__", ".snakemake"))
    target = "results/aia/error/171/20140101T000001.fits"
    assert snakemake(target, repository=copy).returncode == 0
    for script in (copy / "scripts").rglob("*.py"):
        script.touch()
    assert "Nothing to be done" in said(snakemake("-n", target, repository=copy))
    module = copy / "scripts/helioreduce/aia/error.py"
    module.write_text(module.read_text() + "\n# a comment\n")
    assert "Nothing to be done" in said(snakemake("-n", target, repository=copy))
    module.write_text(module.read_text().replace("DARK_DN = 0.18", "DARK_DN = 0.19"))
    dry = said(snakemake("-n", target, repository=copy))
    assert "Params have changed" in dry
    counted = {line.split()[0] for line in dry.splitlines() if line.startswith("aia_") and line.split()[1:] == ["1"]}
    assert counted == {"aia_error"}
