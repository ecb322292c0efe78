"""Series in an object store, a server that speaks S3 on the loopback interface: killed in between, nothing half is taken."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cubes import stored

from helioreduce.errors import InputError
from helioreduce.io import stores

for package in ("xarray", "s3fs", "moto"):
    pytest.importorskip(package, reason=f"{package} is missing: pip install '.[objects]' (moto fits no lock with dateutil 4)")
ADDRESS = "s3://campaign/cube.zarr"


@pytest.fixture(scope="module")
def options():
    """Options of a file system on moto's server."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield {"endpoint_url": f"http://{host}:{port}", "key": "any", "secret": "any"}
    server.stop()


@pytest.fixture
def remote(options):
    """An empty bucket."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    found = s3fs.S3FileSystem(**options)
    if found.exists("campaign"):
        found.rm("campaign", recursive=True)
    found.mkdir("campaign")
    return found


def opened(options):
    """The series as any user opens it."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    return stores.read(ADDRESS, storage_options=options)


def test_a_series_goes_and_comes_back(tmp_path, remote, options):
    path = stored(tmp_path / "cube.zarr")
    sent = stores.publish(path, ADDRESS, **options)
    assert sent == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    np.testing.assert_array_equal(opened(options)["data"].values, stores.read(path)["data"].values)


KILLED = """
import json, os, signal, sys
from helioreduce.io import stores
number = 0
def after(name):
    global number
    number += 1
    if number == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
stores.publish(sys.argv[1], sys.argv[2], after, **json.loads(sys.argv[4]))
"""


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("objects", [1, 6, 20])
def test_a_kill_in_between_leaves_nothing_that_opens(tmp_path, remote, options, objects, earlier):
    """Neither a first series nor one that replaces another: no reader finds a series, and publishing again completes it."""
    path = stored(tmp_path / "cube.zarr")
    if earlier:
        stores.publish(path, ADDRESS, **options)
    environment = {**os.environ, "PYTHONPATH": str(Path(stores.__file__).parents[2])}
    arguments = [str(path), ADDRESS, str(objects), json.dumps(options)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(InputError, match="no finished series"):
        opened(options)
    stores.publish(path, ADDRESS, **options)
    np.testing.assert_array_equal(opened(options)["mask"].values, stores.read(path)["mask"].values)


def test_a_lost_object_is_noticed_and_an_old_one_goes(tmp_path, remote, options):
    path = stored(tmp_path / "cube.zarr")
    remote.pipe_file(f"{ADDRESS}/data/c/9/9/9/9", b"of an earlier, longer series")

    def lose(name):
        if name.startswith("data/c/0"):
            remote.rm_file(f"{ADDRESS}/{name}")

    with pytest.raises(InputError, match=r"arrived with None bytes|arrived with"):
        stores.publish(path, ADDRESS, lose, **options)
    with pytest.raises(InputError, match="no finished series"):
        opened(options)
    stores.publish(path, ADDRESS, **options)
    remote.invalidate_cache()
    assert not remote.exists(f"{ADDRESS}/data/c/9/9/9/9")


def test_what_is_not_there_is_not_published(tmp_path, options):
    with pytest.raises(InputError, match="no finished series"):
        stores.publish(tmp_path / "cube.zarr", ADDRESS, **options)
