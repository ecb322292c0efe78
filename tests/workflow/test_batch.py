"""Many images in one job: the products of the single steps, failures that stay alone, a plan that stays small."""

import os
import re
import shutil

import pytest
from astropy.io import fits

OPTIONS = {"iterations": 3, "accelerate": True, "redraws": 2}
PRODUCT = "results/aia/normalised/{}/20140101T0000{:02d}.fits"


def said(process):
    return process.stdout + process.stderr


def jobs(process):
    """Number of jobs per kind of rule, from the last table of a dry run."""
    table = process.stdout.rpartition("Job stats:")[2]
    found = re.findall(r"^((?:aia_\w+?|all))(?:_\d+_\w+)?\s+(\d+)$", table, re.MULTILINE)
    return {rule: sum(int(n) for name, n in found if name == rule) for rule, _ in found}


def test_same_names_and_bytes_as_the_single_steps(site, cutout, snakemake):
    cutout(1)
    cutout(13)
    cutout(25, WAVELNTH=1600)
    names = [PRODUCT.format(channel, second) for channel, second in ((171, 1), (171, 13), (1600, 25))]
    assert jobs(snakemake("-n", aia={"batch": 2})) == {
        **{"aia_pointing": 1, "aia_tables": 2, "aia_psf": 1},
        **{"aia_batch": 2, "aia_quicklook": 2, "all": 1},
    }
    process = snakemake(aia={"batch": 2, "deconvolve": OPTIONS, "device": "gpu"})
    assert process.returncode == 0, said(process)
    assert re.search(r"171 Å at 2014-01-01T00:00:13: done \(2 of 2, [\d.]+ images/min\)", said(process))
    assert "Nothing to be done" in said(snakemake(aia={"batch": 2, "deconvolve": OPTIONS, "device": "gpu"}))
    header = (site / names[0]).read_bytes()[:40000]
    assert b"accelerated=True" in header
    assert b"2 redraws" in header
    fused = [(site / name).read_bytes() for name in names]
    process = snakemake("--forceall", *names, aia={"deconvolve": OPTIONS, "device": "gpu"})
    assert process.returncode == 0, said(process)
    assert [(site / name).read_bytes() for name in names] == fused


def test_by_default_five_images_share_a_job_and_fewer_of_them_are_not_made_again(site, cutout, snakemake):
    files = [cutout(second) for second in (1, 13, 25, 37, 49)]
    assert jobs(snakemake("-n"))["aia_batch"] == 1
    assert snakemake(aia={"deconvolve": {"iterations": 3}}).returncode == 0
    assert "Nothing to be done" in said(snakemake(aia={"deconvolve": {"iterations": 3}}))
    product = site / PRODUCT.format(171, 1)
    inode = product.stat().st_ino
    for file in files[2:]:
        file.unlink()
    process = snakemake(aia={"deconvolve": {"iterations": 3}})
    assert process.returncode == 0 and said(process).count("kept from before") == 2
    assert product.stat().st_ino == inode, "the product was made again"


@pytest.mark.full
@pytest.mark.parametrize("method", ["inverse", "cg", "bid", "wiener"])
def test_each_method_has_one_product(site, cutout, snakemake, method):
    cutout(1)
    chosen, file = {"deconvolve": {"method": method}}, site / PRODUCT.format(171, 1)
    assert snakemake(aia={"batch": 1, **chosen}).returncode == 0
    fused = file.read_bytes()
    assert fits.getheader(file)["DECONV"] == method
    assert snakemake("--forceall", str(file.relative_to(site)), aia=chosen).returncode == 0
    assert file.read_bytes() == fused


def test_a_bad_frame_is_named_and_the_others_are_finished(site, cutout, snakemake):
    """By one command, though they share a job with it; typed again, it does nothing to them."""
    for second in (1, 13, 25):
        cutout(second)
    bad = cutout(37)
    fits.writeto(bad, *fits.getdata(bad, header=True), overwrite=True, checksum=True)
    content = bytearray(bad.read_bytes())
    content[-4000] ^= 1  # the header is good: only who reads the pixels finds it
    bad.write_bytes(content)
    process = snakemake(aia={"batch": 4})
    assert process.returncode != 0
    assert "1 of 4 images failed" in said(process)
    assert f"3 of 4 images are finished.\nWhat failed, and why:\n  {bad}: " in process.stdout
    first, both = (float(seconds) for seconds in re.findall(r"Elapsed time: 0:00:([\d.]+)", said(process)))
    assert both > first + 1, "the second run counts from the start of the first"
    assert said(process).count("kept from before") == 3
    good = [site / PRODUCT.format(171, second) for second in (1, 13, 25)]
    looks = [site / f"results/aia/quicklook/171/20140101T0000{second:02d}.jpg" for second in (1, 13, 25)]
    made = [file.stat().st_mtime_ns for file in (*good, *looks)]
    process = snakemake(aia={"batch": 4})
    assert process.returncode != 0 and f"  {bad}: " in process.stdout
    assert "aia_batch" not in said(process) and [file.stat().st_mtime_ns for file in (*good, *looks)] == made
    bad.unlink()
    assert snakemake(aia={"batch": 4}).returncode == 0
    assert len(list((site / "results/aia/normalised").rglob("*.fits"))) == 3
    assert not list(site.rglob("*.part"))


def test_an_image_that_cannot_be_drawn_is_named_and_not_the_first_of_its_job(site, cutout, snakemake):
    for second in (1, 13):
        cutout(second)
    settings = {"batch": 2, "deconvolve": {"iterations": 2}}
    assert snakemake(aia=settings).returncode == 0
    shutil.rmtree(site / "results/aia/quicklook")
    damaged = site / PRODUCT.format(171, 13)
    stat, content = damaged.stat(), bytearray(damaged.read_bytes())
    content[-40000] ^= 1
    damaged.write_bytes(content)
    os.utime(damaged, (stat.st_atime, stat.st_mtime))
    process = snakemake(aia=settings)
    log = "results/logs/aia_quicklook/171/171_20140101T000001.log"
    assert process.returncode != 0
    assert f"What failed, and why:\n  {log}: {PRODUCT.format(171, 13)}: cannot be read as FITS" in process.stdout
    assert (site / log).read_text().count("INFO draw ") == 2, "the last one is that which failed"
