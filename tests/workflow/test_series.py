"""A series on a disk that is full: the part stops, keeps what is good, and goes on to the bytes of an undisturbed run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from external import Project

from helioreduce.io import provenance

pytestmark = pytest.mark.full
SERIES = "results/aia/series_simulated"
REQUEST = {
    "source": "archive",
    "archive": {"npix": 64},
    "aia": {
        **{"channels": [1600], "start": "2014-01-01T01:00:00", "end": "2014-01-01T01:36:00", "cadence_s": 720, "keep": []},
        "output": {"form": "series", "npix": 512},
    },
}
#: Room, in MB, when the disk is full: for two of the four reduced images; for all of them, and not for their shard.
ROOMS = {"reducing": 3.6, "writing": 8.0}


def mount(*arguments: str) -> None:
    """Mount a file system, or change it."""
    said = subprocess.run(["mount", "-t", "tmpfs", *arguments], capture_output=True, text=True, check=False)
    if said.returncode:
        pytest.skip(f"no file system can be mounted here: {said.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[float | None], None]]:
    """Have ``results`` of the folder ``full`` on a disk of its own; call it to leave so many MB of room, or plenty."""
    folder = tmp_path / "full/results"
    folder.mkdir(parents=True)
    mount("tmpfs", str(folder))

    def leave(room_mb: float | None) -> None:
        used = shutil.disk_usage(folder).used / 1e6
        mount("-o", f"remount,size={int(1e3 * (used + (room_mb or 1000)))}k", str(folder))

    try:
        yield leave
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The undisturbed run."""
    project = Project(tmp_path_factory.mktemp("whole"))
    project.configure(**REQUEST)
    project.run()
    return project.folder


def content(folder: Path) -> dict[str, str]:
    """SHA-256 of shards, manifests and the list of missing images."""
    files = [path for path in (folder / SERIES).rglob("*") if path.is_file() and "request" not in path.name]
    return {str(path.relative_to(folder)): provenance.sha256(path) for path in files}


@pytest.mark.parametrize("stage", ROOMS)
def test_a_full_disk_stops_a_part_that_goes_on_where_there_is_room(whole, tmp_path, disk, stage):
    project = Project(tmp_path / "full")
    project.configure(**REQUEST)
    for name in ("archive", "aia/tables"):
        shutil.copytree(whole / "results" / name, project.folder / "results" / name)
    disk(ROOMS[stage])
    said = project.run(fails=True)
    last = said[said.index("What failed, and why:") :]
    assert "cannot be written" in last and SERIES in last and "Free space" in last
    kept = sorted((project.folder / SERIES / "1600/.20140101").rglob("*.fits"))
    assert len({path.name for path in kept}) == {"reducing": 2, "writing": 4}[stage], last
    assert not list((project.folder / SERIES).rglob("c/*/*")) and not list((project.folder / SERIES).rglob("*.ecsv"))
    disk(None)
    project.run()
    assert content(project.folder) == content(whole)
