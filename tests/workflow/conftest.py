"""The workflow run for real, on small cut-outs, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from external import Project, Server, settings

REPOSITORY = Path(__file__).parents[2]
RESPONSE = """DATE T_START T_STOP VER_NUM WAVE_STR WAVELNTH EPERDN DNPERPHT EFF_AREA EFF_WVLN EFFA_P1 EFFA_P2 EFFA_P3 RMSE
2020-11-19T19:00:00 2010-03-24T00:00:00 2012-01-01T00:00:00 10 171_THIN 171 17.7 1.12 2.0 171.1 0.0 0.0 0.0 0.05
2020-11-19T19:00:00 2012-01-01T00:00:00 2020-01-01T00:00:00 10 171_THIN 171 17.7 1.12 1.0 171.1 -0.0001 0.0 0.0 0.05
2020-11-19T19:00:00 2010-03-24T00:00:00 2020-01-01T00:00:00 10 1600 1600 18.6 0.12 0.2 1600.0 0.0 0.0 0.0 0.05
"""
ERROR = """VER_NUM WAVELNTH DNPERPHT COMPRESS CALERR CHIANTI EVEERR
3 171 1.122 14.4 0.25 0.25 0.019
3 1600 0.120 1.539 0.5 1.0 0.012
"""


@pytest.fixture(scope="session")
def repository():
    """This repository's folder."""
    return REPOSITORY


@pytest.fixture
def site(tmp_path):
    """A user's folder: level-1 cut-outs in ``level1``, tables beside them."""
    (tmp_path / "level1").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "aia_V10_small_response_table.txt").write_text(RESPONSE)
    (tmp_path / "tables" / "aia_V3_small_error_table.txt").write_text(ERROR)
    return tmp_path


@pytest.fixture
def cutout(site, level1_header):
    """Write a level-1 cut-out of 64 × 64 pixels; keywords given as None are left out."""

    def write(second: int, name: str | None = None, data: np.ndarray | None = None, **cards: object) -> Path:
        header = level1_header.copy()
        header.update(CRPIX1=header["CRPIX1"] - 1000, CRPIX2=header["CRPIX2"] - 900)
        header["T_OBS"] = header["T_REC"] = f"2014-01-01T00:00:{second:02d}"
        for key, value in cards.items():
            if value is None:
                header.remove(key, ignore_missing=True)
            else:
                header[key] = value
        if data is None:
            data = np.random.default_rng(second).poisson(300, (64, 64)).astype(np.int16)
        path = site / "level1" / (name or f"aia_{second:02d}_image_lev1.fits")
        fits.PrimaryHDU(data, header).writeto(path)
        return path

    return write


@pytest.fixture
def snakemake(site):
    """Run snakemake in the user's folder; the repository may be another than this one, and PYTHONPATH may be set."""

    def run(
        *arguments: str, repository: Path = REPOSITORY, pythonpath: str = "", **config: object
    ) -> subprocess.CompletedProcess[str]:
        command, options = _call(site, repository, *arguments, **config)
        options["env"]["PYTHONPATH"] = pythonpath
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)

    return run


def _call(site: Path, repository: Path, *arguments: str, **config: object) -> tuple[list[str], dict[str, Any]]:
    """Command line of snakemake in the user's folder, and folder and environment of its process."""
    config = {"source": "local", "local": {"directory": "level1"}, **config}
    settings = [f"{key}={json.dumps(value)}" for key, value in config.items()]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(repository / "Snakefile"), "--cores", "2", *arguments]
    return [*command, "--config", *settings], {"cwd": site, "env": {**os.environ, "PWD": str(site), "PYTHONPATH": ""}}


@pytest.fixture
def killed(site):
    """Run snakemake until a file of a pattern is there, then kill it and all its jobs at once, as a power cut would."""

    def run(pattern: str, *arguments: str, **config: object) -> None:
        command, options = _call(site, REPOSITORY, *arguments, **config)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        process = subprocess.Popen(command, **options, **quiet)
        try:
            while process.poll() is None and not any(site.glob(pattern)):
                time.sleep(0.005)
            assert process.poll() is None, f"ended before {pattern} was there"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    return run


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """The root of an archive of its own: two frames of 1600 and 1700 Å with the tables."""
    project = Project(tmp_path_factory.mktemp("rendered"))
    project.configure(**settings("http://127.0.0.1:1/", source="archive", archive={"npix": 128}))
    tables = ["response", *(f"pointing/{day}" for day in (20131231, 20140101, 20140102))]
    lists = (f"results/aia/records/{channel}/20140101.jsonl" for channel in (1600, 1700))
    project.run(*lists, *(f"results/archive/{table}.json" for table in tables))
    return project.folder / "results" / "archive"


@pytest.fixture
def serve(rendered, tmp_path):
    """Run that archive as a process of its own, with a log: ``serve(faults=[…], limits={…})``."""
    with ExitStack() as running:

        def start(**reported: object) -> Server:
            root = Path(shutil.copytree(rendered, tmp_path / "archive"))
            (root / "archive.json").write_text(json.dumps(reported))
            return running.enter_context(Server(root, tmp_path / "requests.jsonl"))

        yield start


@pytest.fixture
def served(serve):
    """That archive, running, without faults."""
    return serve()


@pytest.fixture
def project(tmp_path):
    """Folders of projects: ``project("first")``."""
    return lambda name: Project(tmp_path / name)
