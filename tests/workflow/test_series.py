"""Series on a full disk, killed, extended: what is good is kept, and the bytes are those of an undisturbed run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
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


def killed_once_it_has(project: Project, pattern: str) -> None:
    """Start a run, and end all of it at once when a file of this pattern is there."""
    process = project.start()
    try:
        while process.poll() is None and not any(project.folder.glob(pattern)):
            time.sleep(0.01)
        assert process.poll() is None, f"it ended before {pattern} was there"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_killed_twice_and_extended(project):
    """Killed amid fetching and amid reducing, completed, and asked for twice the time, in two channels."""
    several = REQUEST["aia"] | {"channels": [171, 1600]}
    whole, disturbed = project("whole"), project("disturbed")
    whole.configure(**REQUEST | {"aia": several})
    whole.run()
    disturbed.configure(**REQUEST | {"aia": several | {"end": "2014-01-01T01:12:00"}})
    for pattern in (f"{SERIES}/collected/171/*/171/*.fits", f"{SERIES}/*/2014.zarr"):
        killed_once_it_has(disturbed, pattern)
    disturbed.run()
    assert len(content(disturbed.folder)) > 20 and content(disturbed.folder) != content(whole.folder)
    disturbed.configure(**REQUEST | {"aia": several})
    disturbed.run()
    assert content(disturbed.folder) == content(whole.folder)
    assert "Nothing to be done" in disturbed.run()


def test_another_sun_makes_the_parts_again(project):
    """With level 1 that stays, and an image that is no longer there: what a fresh folder holds."""
    used, fresh = project("used"), project("fresh")
    kept = REQUEST | {"aia": REQUEST["aia"] | {"keep": ["level1"]}}
    changed = kept | {"archive": {"npix": 64, "events": {"short": ["1600/*T0059*"], "gap": ["1600/*T0123*"]}}}
    used.configure(**kept)
    used.run()
    before = content(used.folder)
    for own in (used, fresh):
        own.configure(**changed, jsoc={"on_missing": "skip"})
        own.run()
    assert before != content(used.folder) == content(fresh.folder)
