"""A real SLURM for the time of the tests; skipped, with the reason, where there can be none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from slurm import Cluster, missing

from helioreduce.aia.channels import CAMERA

REPOSITORY = Path(__file__).parents[2]
#: Read by every Python of a run: the first job of a script's name touches a file and sleeps.
SLEEP = """\
import pathlib, sys, time
if any(name.endswith("{script}.py") for name in sys.orig_argv):
    asleep = pathlib.Path({flag!r})
    if not asleep.exists():
        asleep.touch()
        time.sleep({seconds})
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := missing():
        pytest.skip(reason)
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def site(tmp_path, level1_header):
    """A user's folder with ``frames`` level-1 cut-outs of 64 × 64 pixels, in each of these channels."""

    def make(frames: int = 2, channels: tuple[int, ...] = (171,), name: str = "site") -> Path:
        folder = tmp_path / name
        (folder / "level1").mkdir(parents=True)
        for channel in channels:
            for second in range(frames):
                header = level1_header.copy()
                header.update(CRPIX1=header["CRPIX1"] - 1000, CRPIX2=header["CRPIX2"] - 900, WAVELNTH=channel)
                header["INSTRUME"] = f"AIA_{CAMERA[channel]}"
                header["T_OBS"] = header["T_REC"] = f"2014-01-01T00:00:{second:02d}"
                data = np.random.default_rng(second).poisson(300, (64, 64)).astype(np.int16)
                fits.PrimaryHDU(data, header).writeto(folder / "level1" / f"aia_{channel}_{second:02d}.fits")
        return folder

    return make


@pytest.fixture
def asleep(cluster, tmp_path, monkeypatch):
    """Have the first job of a rule sleep; returns the file that says that it does."""

    def make(script: str, seconds: int) -> Path:
        flag, hook = tmp_path / "asleep", tmp_path / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(SLEEP.format(script=script, flag=str(flag), seconds=seconds))
        monkeypatch.setitem(cluster.environment, "PYTHONPATH", str(hook))
        return flag

    return make


@pytest.fixture
def snakemake(cluster):
    """Run snakemake in a folder, on the cluster or (``local=True``) on this machine; options, then ``--`` and targets."""

    def run(folder: Path, *arguments: str, local: bool = False, **config: object) -> subprocess.CompletedProcess[str]:
        profile = ["--workflow-profile", str(REPOSITORY / "profiles/slurm")]
        soon = ["--latency-wait", "5", "--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"]
        where = ["--cores", "2"] if local else [*profile, *soon]
        settings = {"source": "local", "local": {"directory": "level1"}, **config}
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
        return subprocess.run(
            [*command, *where, "--config", *(f"{key}={json.dumps(value)}" for key, value in settings.items()), *arguments],
            cwd=folder, env=cluster.environment, capture_output=True, text=True, timeout=1500, check=False,
        )  # fmt: skip

    return run
