"""Fetching as rules: the offline target, methods, missing frames, recording and replay. UV frames of a small archive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from external import settings

from helioreduce import times
from helioreduce.archive.server import Archive
from helioreduce.io import provenance

pytestmark = pytest.mark.full

REPOSITORY = Path(__file__).parents[2]
SUN = {"npix": 128}
AIA = {"channels": [1600], "start": "2014-01-01T00:00:13", "end": "2014-01-01T00:00:37", "cadence_s": 24}
SLOTS = ("20140101T000013", "20140101T000037")
#: The same in the names of products of the embedded archive, and of another one that is served by its address.
SIMULATED = tuple(f"{slot}_simulated" for slot in SLOTS)
IMAGES, SERVED = ([f"results/aia/level1/1600/{name}.fits" for name in names] for names in (SIMULATED, SLOTS))
NO_NETWORK = '''
"""Refuses every connection, and says where it was to lead."""
import socket
def refused(self, address, *rest):
    open({log!r}, "a").write(repr(address) + "\\n")
    raise OSError("no network")
socket.socket.connect = socket.socket.connect_ex = refused
'''


@pytest.fixture
def reduce(tmp_path):
    """Run snakemake in an empty folder: ``reduce(target, source=…)``; the environment may hold more."""

    def run(*arguments: str, env: dict | None = None, check: bool = True, **config: object) -> subprocess.CompletedProcess:
        config = {"source": "archive", "archive": SUN, "aia": AIA, **config}
        settings = [f"{key}={json.dumps(value)}" for key, value in config.items()]
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), "--cores", "2", *arguments]
        done = subprocess.run(
            [*command, "--quiet", "rules", "--config", *settings],
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    return run


def digests(tmp_path, state="level1"):
    """SHA-256 of the products of a state, by their slots."""
    return {
        path.name.replace("_simulated", ""): provenance.sha256(path)
        for path in (tmp_path / "results" / "aia" / state / "1600").glob("*.fits")
    }


def test_after_the_offline_target_no_connection_is_opened(reduce, tmp_path):
    reduce("offline")
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(NO_NETWORK.format(log=str(tmp_path / "tried")))
    reduce(env={"PYTHONPATH": str(tmp_path / "guard")})
    assert not (tmp_path / "tried").exists()
    assert set(digests(tmp_path, "normalised")) == {f"{slot}.fits" for slot in SLOTS}
    again = reduce("--dry-run", env={"PYTHONPATH": str(tmp_path / "guard")})
    assert "Nothing to be done" in again.stdout + again.stderr


def test_every_file_says_where_it_came_from_and_is_fetched_once(reduce, tmp_path):
    reduce(*IMAGES)
    first = digests(tmp_path)
    history = json.loads((tmp_path / "results/aia/level1/1600" / f"{SIMULATED[0]}.json").read_text())
    assert {"record", "recnum", "path", "bytes", "sha256", "faults", "fetched", "stale", "query"} <= set(history)
    with Archive(tmp_path / "results" / "archive") as archive:
        config = {"source": "jsoc", "jsoc": {"url": archive.url}}
        subprocess.run(["rm", "-r", str(tmp_path / "results/aia/level1"), str(tmp_path / "results/aia/records")], check=True)
        reduce(*SERVED, **config)
        assert not any(request["path"].startswith("/SUM") for request in archive.requests), "the store had them"
    assert digests(tmp_path) == first


def test_staged_exports_give_the_same_images(reduce, tmp_path):
    reduce(*IMAGES)
    first = digests(tmp_path)
    with Archive(tmp_path / "results" / "archive") as archive:
        config = {"source": "jsoc", "jsoc": {"url": archive.url, "method": "url"}}
        for folder in ("level1", "records"):
            subprocess.run(["rm", "-r", str(tmp_path / "results/aia" / folder)], check=True)
        subprocess.run(["rm", "-r", str(tmp_path / "results/store")], check=True)
        assert reduce(*SERVED, check=False, **config).returncode != 0, "an export needs an address"
        reduce(*SERVED, env={"JSOC_EMAIL": "reader@localhost"}, **config)
        requests = [request["query"] for request in archive.requests if request["query"].get("op") == "exp_request"]
        assert len(requests) == 1, "one request for the batch"
    assert digests(tmp_path) == first
    logs = "".join(path.read_text() for path in (tmp_path / "results").rglob("*") if path.suffix in (".log", ".json", ".jsonl"))
    assert "reader@" not in logs


def test_missing_frames_are_listed_and_left_out(reduce, tmp_path):
    sun = {**SUN, "events": {"eclipse": [f"1600/{SLOTS[1]}"]}}
    done = reduce(*IMAGES, "--keep-going", check=False, archive=sun)
    assert done.returncode != 0 and set(digests(tmp_path)) == {f"{SLOTS[0]}.fits"}
    log = (tmp_path / "results/logs/aia_fetch/1600" / f"{SIMULATED[1]}.log").read_text()
    assert "bit 13: eclipse" in log and "on_missing: skip" in log
    assert "1 of 2 frames are unavailable" in done.stdout and '--config jsoc="{on_missing: skip}"' in done.stdout
    reduce("results/aia/missing.tsv", archive=sun, jsoc={"on_missing": "skip"})
    table = (tmp_path / "results/aia/missing.tsv").read_text().splitlines()
    assert len(table) == 2 and table[1].startswith(f"1600\t{SIMULATED[1]}\t") and "eclipse" in table[1]


@pytest.mark.parametrize("batch", [0, 2], ids=["single steps", "chunks"])
def test_frames_that_turn_out_to_be_missing_are_left_out_by_one_command(reduce, tmp_path, batch):
    sun = {**SUN, "events": {"eclipse": [f"1600/{SLOTS[1]}"]}}
    request = {"archive": sun, "aia": {**AIA, "batch": batch}, "jsoc": {"on_missing": "skip"}}
    done = reduce("offline", **request)
    assert "1 of 2 frames are unavailable" in done.stdout and "the run goes on" in done.stdout
    assert set(digests(tmp_path)) == {f"{SLOTS[0]}.fits"}
    assert "was killed" not in done.stdout + done.stderr
    assert (tmp_path / "results/aia/missing.tsv").read_text().splitlines()[1].startswith(f"1600\t{SIMULATED[1]}\t")
    again = reduce("offline", **request)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_chunk_is_fetched_by_one_job_with_the_same_files(reduce, tmp_path):
    reduce(*IMAGES)
    first = digests(tmp_path)
    subprocess.run(["rm", "-r", str(tmp_path / "results/aia/level1")], check=True)
    done = reduce(*IMAGES, aia={**AIA, "batch": 2})
    assert "1600 Å at 2014-01-01T00:00:37 (simulated): done (2 of 2" in done.stdout + done.stderr
    assert digests(tmp_path) == first


def test_a_small_sun_in_chunks_and_step_by_step(reduce, tmp_path):
    """EUV frames with spikes, fewer pixels than the detector: the finished images are the same, by either way."""
    request = {"archive": {"npix": 512}, "aia": {"channels": [171], "end": "2014-01-01T00:00:12"}}
    normalised = tmp_path / "results/aia/normalised/171"
    reduce(**request)
    step_by_step = {path.name: provenance.sha256(path) for path in normalised.glob("*.fits")}
    assert len(step_by_step) == 2
    subprocess.run(
        ["rm", "-r", str(normalised), str(tmp_path / "results/aia/level1"), str(tmp_path / "results/aia/spikes")], check=True
    )
    reduce(archive=request["archive"], aia={**request["aia"], "batch": 2})
    assert {path.name: provenance.sha256(path) for path in normalised.glob("*.fits")} == step_by_step


def test_a_missing_frame_of_a_chunk_is_named_and_the_others_are_fetched_once(reduce, tmp_path):
    sun, aia = {**SUN, "events": {"eclipse": [f"1600/{SLOTS[1]}"]}}, {**AIA, "batch": 2}
    done = reduce(*IMAGES, check=False, archive=sun, aia=aia)
    assert done.returncode != 0
    assert "1 of 2 images failed" in done.stdout + done.stderr
    assert "bit 13: eclipse" in done.stdout + done.stderr
    fetched = [
        path for path in (tmp_path / "results/store").rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SIMPLE"
    ]
    assert len(fetched) == 1
    made = fetched[0].stat().st_mtime_ns
    reduce(IMAGES[0], archive=sun, aia=aia, jsoc={"on_missing": "skip"})
    assert set(digests(tmp_path)) == {f"{SLOTS[0]}.fits"}
    assert fetched[0].stat().st_mtime_ns == made


def test_a_recorded_copy_serves_the_same_images(reduce, tmp_path):
    reduce(*IMAGES)
    first = digests(tmp_path)
    done = reduce("results/aia/recorded.txt", jsoc={"record": "copy"})
    assert digests(tmp_path) == first and "aia_fetch" not in done.stderr, "an earlier run is recorded without fetching again"
    subprocess.run(["rm", "-r", str(tmp_path / "results")], check=True)
    with Archive(tmp_path / "copy") as archive:
        reduce(*SERVED, source="jsoc", jsoc={"url": archive.url})
    assert digests(tmp_path) == first


@pytest.mark.parametrize("batch", [0, 2], ids=["single steps", "chunks"])
def test_a_missing_frame_returns_when_the_same_command_is_typed_again(served, project, batch):
    """The run without it ends well; the next one asks for it once, and reduces it when it is back; then nothing is asked."""
    one, record = project("one"), served.root / "frames/1600" / SLOTS[1] / "record.json"
    one.configure(**settings(served.url, jsoc={"on_missing": "skip"}, aia={"channels": [1600], "batch": batch}))
    content = json.loads(record.read_text())
    record.write_text(json.dumps({**content, "online": False}))
    assert "the run goes on" in one.run("offline")
    assert {name for name in one.products() if "/level1/" in name} == {f"results/aia/level1/1600/{SLOTS[0]}.fits"}
    record.write_text(json.dumps(content))
    before = len(served.requests())
    assert "have come back" in one.run("offline")
    asked = [request["query"].get("ds") or request["path"] for request in served.requests()[before:]]
    assert [what for what in asked if "[" in what] == [f"aia.lev1_uv_24s[{times.iso(times.from_compact(SLOTS[1]))}][1600]"]
    assert sum(what.startswith("/SUM") for what in asked) == 1
    assert {name for name in one.products() if "/level1/" in name} == {f"results/aia/level1/1600/{slot}.fits" for slot in SLOTS}
    before = len(served.requests())
    assert "Nothing to be done" in one.run("offline")
    assert len(served.requests()) == before
