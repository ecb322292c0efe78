"""The workflow on a real SLURM: the same products, resources that arrive, failures that are retried or named."""

import hashlib
import re
import threading
import time

import pytest

from helioreduce import fits

pytestmark = pytest.mark.timeout(1800)


def digests(folder):
    """SHA-256 of every finished image, by name."""
    files = (folder / "results/aia/normalised").rglob("*.fits")
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def said(process):
    return process.stdout + process.stderr


def test_products_are_those_of_a_local_run(site, snakemake):
    here, there = site(name="here"), site(name="there")
    local, remote = snakemake(here, local=True), snakemake(there)
    assert local.returncode == 0, said(local)
    assert remote.returncode == 0, said(remote)
    assert "SLURM" in said(remote)
    assert digests(there) == digests(here)
    assert len(digests(there)) == 2


def test_images_share_jobs(site, snakemake):
    """Twenty images' steps are one job: of seven jobs per image, only the first of the data flow stands alone."""
    folder = site(frames=4)
    process = snakemake(folder, "--until", "aia_error")
    assert process.returncode == 0, said(process)
    submitted = set(re.findall(r"SLURM jobid '?(\d+)", said(process)))
    assert 0 < len(submitted) < 12


def test_a_gpu_job_gets_the_gres_it_asked_for(site, snakemake, cluster):
    folder = site(frames=1)
    seen = []
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            seen.append(cluster.ask("squeue", "-h", "-o", "%j %P %b"))
            time.sleep(0.3)

    watcher = threading.Thread(target=watch)
    watcher.start()
    resources = ["aia_deconvolve:slurm_partition=gpu", "aia_deconvolve:gpu=1"]
    process = snakemake(folder, "--set-resources", *resources, "--groups", "aia_deconvolve=gpu", "--until", "aia_deconvolve")
    stop.set()
    watcher.join()
    assert process.returncode == 0, said(process)
    assert any("gpu gres" in line or ("gpu" in line and "gpu:1" in line) for line in "".join(seen).splitlines()), set(seen)


def test_too_little_memory_is_reported_and_the_next_run_finishes(site, snakemake):
    folder = site(frames=2)
    target = "results/aia/error/171/20140101T000000.fits"
    starved = snakemake(folder, "--set-resources", "aia_error:mem_mb=20", "--retries", "0", target)
    assert starved.returncode != 0
    assert "aia_error" in said(starved)
    again = snakemake(folder, target)
    assert again.returncode == 0, said(again)
    assert fits.read(folder / target).sigma is not None


@pytest.mark.full
def test_a_dead_node_comes_back(site, snakemake, cluster):
    """slurmd killed while jobs run, and started again: the run ends, or the next one does."""
    folder = site(frames=2)
    timer = threading.Timer(15, lambda: (cluster.kill_node("c1"), time.sleep(2), cluster.start_node("c1")))
    timer.start()
    first = snakemake(folder)
    timer.join()
    if first.returncode:
        second = snakemake(folder)
        assert second.returncode == 0, said(second)
    assert len(digests(folder)) == 2


@pytest.mark.full
def test_a_cancelled_job_is_retried_or_named(site, snakemake, cluster):
    folder = site(frames=2)
    timer = threading.Timer(12, lambda: cluster.ask("scancel", "--user=root"))
    timer.start()
    first = snakemake(folder)
    timer.join()
    if first.returncode:
        assert "aia_" in said(first)
        assert snakemake(folder).returncode == 0
    assert len(digests(folder)) == 2


@pytest.mark.full
def test_sixteen_images_in_two_channels(site, snakemake):
    here, there = site(frames=32, name="here"), site(frames=32, name="there")
    assert snakemake(here, local=True).returncode == 0
    assert snakemake(there).returncode == 0
    assert digests(there) == digests(here)
    assert len(digests(there)) == 32
