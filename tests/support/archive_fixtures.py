"""A small archive, running, with or without faults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_archive import QUICK, write_frame

from helioreduce import times
from helioreduce.archive.server import Archive
from helioreduce.jsoc.client import Client


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """An archive with three slots of 171 and 193 Å and two of 1600 Å, pointing and response tables."""
    return Path(shutil.copytree(built, tmp_path / "archive"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that every test gets a copy of."""
    folder = tmp_path_factory.mktemp("built")
    first = times.parse("2014-01-01T00:00:01Z")
    for i in range(3):
        for channel in (171, 193):
            write_frame(folder, channel, times.slot(times.from_tai(times.tai_seconds(first) + 12 * i), 12), 10 * i + channel)
    for i in range(2):
        write_frame(folder, 1600, times.from_tai(times.tai_seconds(times.slot(first, 24)) + 24 * i), 10 * i)
    starts = [times.parse(f"2014-01-01T{hour:02d}:00:00Z") for hour in (0, 3, 6)]
    rows = [
        {"T_START": times.iso(start), "T_STOP": times.iso(start), "A_171_X0": "2052.85", "A_094_X0": "nan"} for start in starts
    ]
    (folder / "pointing.json").write_text(json.dumps({"series": "aia.master_pointing3h", "records": rows}))
    rows = [
        {"T_START": "2010-03-24T00:00:00Z", "WAVE_STR": wave, "VER_NUM": version, "EFF_AREA": "2.5"}
        for wave in ("171_THIN", "193_THIN")
        for version in ("9", "10")
    ]
    (folder / "response.json").write_text(json.dumps({"series": "aia.response", "records": rows}))
    return folder


@pytest.fixture
def archive(root: Path) -> Iterator[Archive]:
    """The archive, running."""
    with Archive(root) as running:
        yield running


@pytest.fixture
def client(archive: Archive) -> Client:
    """A client of the running archive."""
    return Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)


@pytest.fixture
def faulty(root: Path) -> Iterator[Callable[..., tuple[Archive, Client]]]:
    """Starts the archive with scripted faults: ``archive, client = faulty(Fault(...), ...)``."""
    running: list[Archive] = []

    def start(*faults: object) -> tuple[Archive, Client]:
        archive = Archive(root, faults=faults).__enter__()
        running.append(archive)
        return archive, Client.at(archive.url, email="reader@localhost", retry_policy=QUICK)

    yield start
    for archive in running:
        archive.__exit__()
