"""Series in parts: any order, any number of writers, the same bytes; what is missing is missing."""

import hashlib
import random
from pathlib import Path

import numpy as np
import pytest
import xarray

from helioreduce.errors import Unwritable
from helioreduce.io import shards
from helioreduce.io.stores import Plane

LENGTH, SIDE = 4, 16
PLANES = {
    "data": Plane("float32", np.nan, {}, ("time", "y", "x"), ((1, SIDE, SIDE), (LENGTH, SIDE, SIDE))),
    "share": Plane("uint8", 255, {"scale_factor": 0.25}, ("time", "y", "x"), ((1, SIDE, SIDE), (LENGTH, SIDE, SIDE))),
}
SHAPES = dict.fromkeys(PLANES, (LENGTH, SIDE, SIDE))


def part(number):
    rng = np.random.default_rng(number)
    return {"data": rng.normal(size=SHAPES["data"]).astype(np.float32), "share": rng.integers(0, 5, SHAPES["share"], np.uint8)}


def series(parts):
    return xarray.Dataset({}, {"time": ("time", np.arange(parts * LENGTH)), "x": np.arange(SIDE), "y": np.arange(SIDE)})


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_parts_in_any_order_are_one_series(tmp_path):
    """Written in order, shuffled, twice, and in two requests: the same files, and the values of every part in its place."""
    for name, order in {"a": [0, 1, 2, 5], "b": [5, 2, 1, 1, 0]}.items():
        for number in order:
            shards.write(tmp_path / name, PLANES, part(number), number)
        shards.index(tmp_path / name, series(6), PLANES)
    shards.write(tmp_path / "b", PLANES, part(2), 2)
    shards.index(tmp_path / "b", series(6), PLANES)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    opened = xarray.open_zarr(tmp_path / "a")
    for number in range(6):
        own = opened.isel(time=slice(number * LENGTH, (number + 1) * LENGTH))
        if number in (3, 4):
            assert own.data.isnull().all() and own.share.isnull().all()
            continue
        np.testing.assert_array_equal(own.data, part(number)["data"])
        np.testing.assert_array_equal(own.share, part(number)["share"] / np.float32(4))


def test_a_series_opens_only_with_its_root(tmp_path):
    """Parts that are written while nothing is known of the others need no metadata."""
    reported = shards.write(tmp_path / "a", PLANES, part(7), 7)
    assert set(reported) == {"data/c/7/0/0", "share/c/7/0/0"} == set(digests(tmp_path / "a"))
    assert reported == digests(tmp_path / "a")
    with pytest.raises((FileNotFoundError, KeyError, ValueError)):
        xarray.open_zarr(tmp_path / "a", consolidated=True)


def test_what_is_read_is_what_was_written_and_nothing_is_nothing(tmp_path):
    shards.write(tmp_path, PLANES, part(1), 1)
    for name, values in shards.read(tmp_path, PLANES, SHAPES, 1).items():
        np.testing.assert_array_equal(values, part(1)[name])
    none = shards.read(tmp_path, PLANES, SHAPES, 0)
    assert np.isnan(none["data"]).all() and (none["share"] == 255).all()
    shards.write(tmp_path, PLANES, none, 1)
    assert not digests(tmp_path), "a part without content has no file"


def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    shards.write(tmp_path, PLANES, part(1), 1)
    before = digests(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unwritable, match="No space left"):
        shards.write(tmp_path, PLANES, part(random.randrange(5, 9)), 1)
    assert digests(tmp_path) == before
