"""Stores of series: few files, equal bytes, every damage noticed, complete or absent, here and in an object store."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cubes
import numpy as np
import pytest
from cubes import stored

from helioreduce.aia.cube import series
from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import stores

pytest.importorskip("xarray", reason="xarray is not installed: the environment is older than the lock")


def content(path):
    """SHA-256 of every file."""
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def shards(path):
    """The files of the chunks of ``data``."""
    return sorted(file for file in (path / "data/c").rglob("*") if file.is_file())


def test_two_runs_give_the_same_bytes(tmp_path):
    a, b = (content(stored(tmp_path / name / "cube.zarr")) for name in "ab")
    assert a == b


def test_few_files_and_their_digests(tmp_path):
    """Two shards of 24 times a channel and plane; ``sha256sum --check`` knows the list."""
    path = stored(tmp_path / "cube.zarr")
    assert len(shards(path)) == 2 * 2
    listed = dict(reversed(line.split()) for line in (tmp_path / "cube.sha256").read_text().splitlines())
    assert listed == {f"cube.zarr/{name}": digest for name, digest in content(path).items()}
    (path / ".snakemake_timestamp").touch()
    assert {f"cube.zarr/{name}" for name in stores.digests(path)} == set(listed)


@pytest.mark.parametrize(
    ("shape", "chunk", "shard"),
    [
        ((61, 6, 500, 500), (12, 1, 128, 128), (24, 1, 512, 512)),
        ((5, 1, 64, 40), (5, 1, 64, 64), (5, 1, 64, 64)),
        ((30, 2, 20, 30), (12, 1, 30, 30), (24, 1, 30, 30)),
        ((1, 1, 4096, 4096), (1, 1, 128, 128), (1, 1, 512, 512)),
    ],
)
def test_layout(shape, chunk, shard):
    """A shard holds whole chunks, and a chunk no more than there is; blocks of SHARD_TIMES slots fill whole shards."""
    assert stores.layout(shape) == (chunk, shard)
    assert shape[0] <= shard[0] or stores.SHARD_TIMES % shard[0] == 0


def test_every_flipped_byte_is_noticed(tmp_path):
    """At 40 places all over a shard: reading is an error each time, never a wrong pixel."""
    path = stored(tmp_path / "cube.zarr")
    shard = shards(path)[0]
    whole = shard.read_bytes()
    truth = stores.read(path)["data"].values
    for at in np.linspace(0, len(whole) - 1, 40).astype(int):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        shard.write_bytes(bytes(damaged))
        with pytest.raises(Exception, match=r"(?i)crc|checksum|decompress"):
            _ = stores.read(path)["data"].values
    shard.write_bytes(whole)
    np.testing.assert_array_equal(stores.read(path)["data"].values, truth)


def test_a_missing_shard_reads_as_missing(tmp_path):
    path = stored(tmp_path / "cube.zarr")
    for plane in ("data", "mask"):
        shutil.rmtree(path / plane / "c" / "0" / "0")
    cube = stores.read(path)
    assert np.isnan(cube["data"][:24, 0]).all() and (cube["mask"][:24, 0] == int(Flag.NO_DATA)).all()
    assert np.isfinite(cube["data"][24:, 0, 1:]).all()


def test_a_fault_leaves_what_was_there(tmp_path):
    """A block that cannot be read ends the writing: the old store stays, byte for byte, and nothing lies beside it."""
    path = stored(tmp_path / "cube.zarr")
    before = content(path)

    def fails():
        yield from list(series.blocks(cubes.images(), 24))[:1]
        raise InputError("a file cannot be read")

    whole = series.dataset(cubes.grid(), cubes.slots(), cubes.CHANNELS, cubes.members())
    with pytest.raises(InputError, match="cannot be read"):
        stores.write(path, whole, series.planes("DN"), fails())
    assert content(path) == before and {file.name for file in tmp_path.iterdir()} == {"cube.zarr", "cube.sha256"}


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stores, "_array", full)
    with pytest.raises(InputError, match="No space left"):
        stored(tmp_path / "cube.zarr")
    assert not (tmp_path / "cube.zarr").exists()


KILLED = """
import os, signal, sys
import cubes
from helioreduce.aia.cube import series
from helioreduce.io import stores
def blocks():
    for n, block in enumerate(series.blocks(cubes.images(), 24)):
        if n == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield block
whole = series.dataset(cubes.grid(), cubes.slots(), cubes.CHANNELS, cubes.members())
stores.write(sys.argv[1], whole, series.planes("DN / s"), blocks())
"""


@pytest.mark.parametrize("block", [0, 3])
def test_a_kill_leaves_no_store(tmp_path, block):
    """Killed while it writes: nothing is there under the name, and the next run ends as an undisturbed one."""
    path = tmp_path / "a/cube.zarr"
    places = [str(Path(module).parent) for module in (cubes.__file__, Path(stores.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(block)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not path.exists()
    with pytest.raises(InputError, match="no finished series"):
        stores.read(path)
    assert content(stored(path)) == content(stored(tmp_path / "b/cube.zarr"))
    assert {file.name for file in path.parent.iterdir()} == {"cube.zarr", "cube.sha256"}
