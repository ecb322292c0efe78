"""The workflow on a real SLURM: the same products, resources that arrive, failures that are retried or named."""

import hashlib
import re
import threading
import time

import pytest

from helioreduce.io import fits

pytestmark = pytest.mark.timeout(1800)
TARGETS = [f"results/aia/error/171/20140101T00000{second}.fits" for second in (0, 1)]
EACH_ALONE = ["--group-components", "aia=1"]


def digests(folder, products="normalised"):
    """SHA-256 of every finished image, or of all files of other products, by name."""
    files = (file for file in (folder / "results/aia" / products).rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def said(process):
    return process.stdout + process.stderr


def submitted(process):
    """Numbers of the jobs that a run gave to SLURM."""
    return set(re.findall(r"SLURM jobid '?(\d+)", said(process)))


def states(cluster, process):
    """What became of them, as SLURM remembers it."""
    known = dict(line.split() for line in cluster.ask("squeue", "-h", "-t", "all", "-o", "%i %T").splitlines())
    return {known.get(job) for job in submitted(process)}


def during(asleep, action):
    """A thread that does something once a job sleeps; ``happened`` says that it has."""

    def wait():
        while not asleep.exists() and not given_up.is_set():
            time.sleep(0.2)
        if asleep.exists():
            action()

    given_up = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    return lambda: (given_up.set(), thread.join(), asleep.exists())[-1]


def test_products_are_those_of_a_local_run(site, snakemake, cluster):
    here, there = site(name="here"), site(name="there")
    local, remote = snakemake(here, local=True), snakemake(there)
    assert local.returncode == 0, said(local)
    assert remote.returncode == 0, said(remote)
    assert states(cluster, remote) == {"COMPLETED"}
    assert len(submitted(remote)) == 2, "the PSF, and both images through all steps"
    assert len(digests(there)) == 2
    assert digests(there) == digests(here)
    assert "Nothing to be done" in said(snakemake(there))


@pytest.mark.full
def test_a_gpu_job_gets_the_gres_it_asked_for(site, snakemake, cluster):
    folder = site(frames=1)
    resources = ["aia_error:slurm_partition=gpu", "aia_error:gpu=1"]
    process = snakemake(folder, "--set-resources", *resources, "--groups", "aia_error=gpu", "--", TARGETS[0])
    assert process.returncode == 0, said(process)
    jobs = {job: cluster.ask("scontrol", "-d", "show", "job", job) for job in submitted(process)}
    with_gpu = [text for text in jobs.values() if "TresPerJob=gres:gpu:1" in text]
    assert len(jobs) == 2, "the copy and the error"
    assert len(with_gpu) == 1, jobs
    assert "Partition=gpu" in with_gpu[0]
    assert "NodeList=g1" in with_gpu[0]


@pytest.mark.full
def test_too_little_memory_is_killed_and_retried_with_more(site, snakemake, cluster):
    folder = site()
    more = "mem_mb=150 + 1350 * (attempt - 1)"
    process = snakemake(folder, "--set-resources", f"aia_copy:{more}", f"aia_error:{more}", "--retries", "1", "--", *TARGETS)
    assert process.returncode == 0, said(process)
    assert states(cluster, process) == {"FAILED", "COMPLETED"}
    assert "exceeded memory limit" in (cluster.folder / "slurmd.c1.log").read_text()
    assert all(fits.read(folder / target).sigma is not None for target in TARGETS)


@pytest.mark.full
def test_too_long_is_killed_and_retried(site, snakemake, cluster, asleep):
    folder, flag = site(frames=1), asleep("aia_error", 600)
    resources = ["aia_copy:runtime=1", "aia_error:runtime=1 + 9 * (attempt - 1)"]
    process = snakemake(folder, "--set-resources", *resources, "--retries", "1", "--", TARGETS[0])
    assert flag.exists()
    assert process.returncode == 0, said(process)
    assert states(cluster, process) == {"TIMEOUT", "COMPLETED"}
    assert (folder / TARGETS[0]).is_file()


@pytest.mark.full
def test_a_cancelled_job_is_named_the_rest_completes_and_the_next_run_finishes(site, snakemake, cluster, asleep):
    folder, flag = site(), asleep("aia_error", 600)

    def cancel():
        time.sleep(10)  # the other image is done, or in a job of its own
        running = cluster.ask("squeue", "-h", "-t", "running", "-o", "%i").split()
        cluster.ask("scancel", *running)

    happened = during(flag, cancel)
    first = snakemake(folder, *EACH_ALONE, "--retries", "0", "--", *TARGETS)
    assert happened()
    assert first.returncode != 0
    assert "CANCELLED" in states(cluster, first)
    assert re.search(r"[Ee]rror in (group|rule)[^\n]*", said(first))
    assert "aia_error" in said(first)
    assert not list(folder.rglob("*.part"))
    again = snakemake(folder, "--", *TARGETS)
    assert again.returncode == 0, said(again)
    assert all((folder / target).is_file() for target in TARGETS)


@pytest.mark.full
def test_a_node_whose_daemon_dies_comes_back(site, snakemake, cluster, asleep):
    """slurmd killed while a job runs, and started again: the job and the run go on to their end."""
    folder, flag = site(), asleep("aia_error", 30)

    def crash():
        cluster.kill_node("c1")
        time.sleep(5)
        cluster.start_node("c1")

    happened = during(flag, crash)
    process = snakemake(folder, "--", *TARGETS)
    assert happened()
    assert process.returncode == 0, said(process)
    assert all((folder / target).is_file() for target in TARGETS)


@pytest.mark.full
def test_a_preempted_job_starts_again_and_its_images_are_the_same(site, snakemake, cluster, asleep):
    """A job of a partition of higher priority takes the whole node; SLURM puts ours back into the queue."""
    here, there, flag = site(name="here"), site(name="there"), asleep("aia_error", 300)

    def push_aside():
        cluster.ask("sbatch", "--partition=urgent", "--cpus-per-task=8", "--output=/dev/null", "--wrap", "sleep 5")

    happened = during(flag, push_aside)
    process = snakemake(there)
    assert happened()
    assert process.returncode == 0, said(process)
    assert any("Restarts=1" in cluster.ask("scontrol", "show", "job", job) for job in submitted(process))
    assert snakemake(here, local=True).returncode == 0
    assert digests(there) == digests(here)


@pytest.mark.full
def test_sixteen_images_in_two_channels(site, snakemake):
    here, there = (site(frames=16, channels=(171, 193), name=name) for name in ("here", "there"))
    local, remote = snakemake(here, local=True), snakemake(there)
    assert local.returncode == 0, said(local)
    assert remote.returncode == 0, said(remote)
    assert len(digests(there)) == 32
    assert digests(there) == digests(here)
    assert len(submitted(remote)) == 4, "two PSFs, and 32 images in groups of twenty"


@pytest.mark.full
def test_a_chunk_and_its_quick_looks_are_one_job(site, snakemake):
    here, there = (site(frames=4, name=name) for name in ("here", "there"))
    local, remote = snakemake(here, local=True), snakemake(there, aia={"batch": 4})
    assert local.returncode == 0, said(local)
    assert remote.returncode == 0, said(remote)
    assert digests(there) == digests(here)
    assert len(submitted(remote)) == 2, "the PSF, and the chunk"


@pytest.mark.full
def test_a_series_is_that_of_a_local_run(tmp_path, snakemake, cluster):
    """Two channels, a part each: fetched where Snakemake runs, reduced on the nodes."""
    dates = {"start": "2014-01-01T00:00:00", "end": "2014-01-01T00:23:59", "cadence_s": 720}
    aia = {"channels": [171, 1600], **dates, "keep": [], "output": {"form": "series", "npix": 512}}
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, local in ((here, True), (there, False)):
        folder.mkdir()
        process = snakemake(folder, local=local, source="archive", archive={"npix": 64}, aia=aia)
        assert process.returncode == 0, said(process)
    assert states(cluster, process) == {"COMPLETED"}
    assert len(digests(there, "series_simulated")) > 20
    assert digests(there, "series_simulated") == digests(here, "series_simulated")


@pytest.mark.full
def test_the_demo(tmp_path, snakemake):
    """The default request of the embedded archive: two full frames, from rendering to the finished image."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, local in ((here, True), (there, False)):
        folder.mkdir()
        process = snakemake(folder, local=local, source="archive")
        assert process.returncode == 0, said(process)
    assert len(digests(there)) == 2
    assert digests(there) == digests(here)
    assert "Nothing to be done" in said(snakemake(there, source="archive"))
