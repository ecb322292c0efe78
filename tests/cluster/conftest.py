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

REPOSITORY = Path(__file__).parents[2]


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
    """A user's folder with ``frames`` level-1 cut-outs of 64 × 64 pixels."""

    def make(frames: int = 2, name: str = "site") -> Path:
        folder = tmp_path / name
        (folder / "level1").mkdir(parents=True)
        for second in range(frames):
            header = level1_header.copy()
            header.update(CRPIX1=header["CRPIX1"] - 1000, CRPIX2=header["CRPIX2"] - 900)
            header["T_OBS"] = header["T_REC"] = f"2014-01-01T00:00:{second:02d}"
            data = np.random.default_rng(second).poisson(300, (64, 64)).astype(np.int16)
            fits.PrimaryHDU(data, header).writeto(folder / "level1" / f"aia_{second:02d}.fits")
        return folder

    return make


@pytest.fixture
def snakemake(cluster):
    """Run snakemake in a folder, on the cluster or (``local=True``) on this machine."""

    def run(folder: Path, *arguments: str, local: bool = False, **config: object) -> subprocess.CompletedProcess[str]:
        profile = ["--workflow-profile", str(REPOSITORY / "workflow/profiles/slurm")]
        soon = ["--latency-wait", "5", "--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"]
        where = ["--cores", "2"] if local else [*profile, *soon]
        settings = {"source": "local", "local": {"directory": "level1"}, **config}
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), *where, *arguments]
            + ["--config", *(f"{key}={json.dumps(value)}" for key, value in settings.items())],
            cwd=folder, env=cluster.environment, capture_output=True, text=True, timeout=1500, check=False,
        )  # fmt: skip

    return run
