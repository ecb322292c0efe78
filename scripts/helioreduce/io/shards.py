"""Series that are written in parts: each part is files of its own, renamed into place, so that many jobs write at once.

Where a part belongs is arithmetic. A shard is made as an array of its own, whose only file then takes its place in the store;
the store's metadata is written when the parts are there, that of the root last. A part that is missing reads as missing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.errors import unwritable
from helioreduce.io import origin, provenance
from helioreduce.io.stores import ROOT, Plane, consolidate

if TYPE_CHECKING:
    import xarray as xr


def write(store: Path, planes: Mapping[str, Plane], values: Mapping[str, np.ndarray], number: int) -> dict[str, str]:
    """Write one shard of every plane.

    Parameters
    ----------
    store
        Folder of the store.
    planes
        The planes by name.
    values
        Their content, as long as a shard.
    number
        Of the shard, along the first axis.

    Returns
    -------
    dict
        SHA-256 of each file by its name in the store; a shard without content has none.

    Raises
    ------
    Unwritable
        If a file cannot be written; what was there is still there.
    """
    digests = {}
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=store) as folder:
            for name, plane in planes.items():
                plane.array(Path(folder, name), values[name].shape)[...] = values[name]
            for name, array in values.items():
                made, place = Path(folder, name, *_file(0, array.ndim)), Path(store, name, *_file(number, array.ndim))
                place.parent.mkdir(parents=True, exist_ok=True)
                if not made.exists():
                    place.unlink(missing_ok=True)
                    continue
                digests[place.relative_to(store).as_posix()] = provenance.sha256(made)
                made.replace(place)
    except OSError as error:
        raise unwritable(error, store) from None
    return digests


@contextmanager
def opened(
    store: Path, planes: Mapping[str, Plane], shapes: Mapping[str, tuple[int, ...]], number: int
) -> Iterator[dict[str, Any]]:
    """Yield one shard of every plane as arrays that are read where they are indexed; what is missing holds the fill value."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in shapes.items():
            found[name] = planes[name].array(Path(folder, name), shape)
            place, link = Path(store, name, *_file(number, len(shape))), Path(folder, name, *_file(0, len(shape)))
            if place.exists():
                link.parent.mkdir(parents=True)
                link.symlink_to(place.resolve())
        yield found


def read(store: Path, planes: Mapping[str, Plane], shapes: Mapping[str, tuple[int, ...]], number: int) -> dict[str, np.ndarray]:
    """Return one shard of every plane; what is missing holds the fill value."""
    with opened(store, planes, shapes, number) as arrays:
        return {name: array[...] for name, array in arrays.items()}


def index(store: Path, series: xr.Dataset, planes: Mapping[str, Plane]) -> None:
    """Write what makes the shards a series: coordinates, attributes, and the metadata of the planes; that of the root last.

    Raises
    ------
    Unwritable
        If a file cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=store) as folder:
            made = Path(folder, "made.zarr")
            whole = series.assign_attrs(**origin.meta()).assign({name: plane.empty(series) for name, plane in planes.items()})
            small = {str(name): {"chunks": variable.shape} for name, variable in series.variables.items()}  # a file each
            whole.to_zarr(made, mode="w-", zarr_format=3, consolidated=False, compute=False,
                          encoding={**small, **{name: plane.encoding() for name, plane in planes.items()}})  # fmt: skip
            consolidate(made)
            for array in (path for path in made.iterdir() if path.is_dir()):
                if array.name in planes:
                    (store / array.name).mkdir(exist_ok=True)
                    (array / ROOT).replace(store / array.name / ROOT)
                    continue
                shutil.rmtree(store / array.name, ignore_errors=True)
                array.rename(store / array.name)
            (made / ROOT).replace(store / ROOT)
    except OSError as error:
        raise unwritable(error, store) from None


def _file(number: int, dimensions: int) -> tuple[str, ...]:
    """Return the file of a shard below its array."""
    return ("c", str(number), *("0",) * (dimensions - 1))
