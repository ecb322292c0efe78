"""Series in Zarr stores: written through xarray, checksummed, complete or absent.

A store is written beside its place and renamed when it is whole. Every chunk carries a CRC-32C, so that a flipped bit is an
error and no wrong pixel; a chunk that is missing reads as missing (NaN, or the fill value of a mask). Beside a store
``<name>.sha256`` lists the SHA-256 of each of its files, as ``sha256sum --check`` reads it.
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce.errors import InputError, unwritable
from helioreduce.io import origin
from helioreduce.io.atomic import replaced

if TYPE_CHECKING:
    import xarray as xr

#: Chunks, and shards of a file each: times, pixels a side. One frame and one pixel's light curve are both read quickly.
CHUNK_TIMES, SHARD_TIMES, CHUNK_SIDE, SHARD_SIDE = 12, 24, 128, 512
#: The metadata of a store's root, without which nothing opens it: of an object store it is written last.
ROOT = "zarr.json"
#: A block of a series: where it belongs, by numbers of the first axes, and its planes by name.
Block = tuple[tuple[slice, ...], Mapping[str, np.ndarray]]


def layout(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the chunks and shards of an array (time, channel, y, x)."""
    times = min(CHUNK_TIMES, shape[0])
    side = min(CHUNK_SIDE, max(shape[2:]))
    chunk = (times, 1, side, side)
    most = (SHARD_TIMES, 1, SHARD_SIDE, SHARD_SIDE)
    shard = tuple(c * max(1, min(-(-n // c), m // c)) for c, n, m in zip(chunk, shape, most, strict=True))
    return chunk, shard


def write(path: str | Path, series: xr.Dataset, planes: Mapping[str, Plane], blocks: Iterable[Block]) -> None:
    """Write a series: its coordinates and attributes, then its planes block by block; the place is filled when all is done.

    Parameters
    ----------
    path
        Folder of the store; one that is there is replaced.
    series
        Coordinates, small variables and attributes.
    planes
        The large variables by name, (time, channel, y, x).
    blocks
        Their content. Where none comes, they hold the fill value.

    Raises
    ------
    InputError
        If the store cannot be written.
    """
    path = Path(path)
    try:
        with _beside(path) as part:
            series = series.assign_attrs(**origin.meta())
            whole = series.assign({name: plane.empty(series) for name, plane in planes.items()})
            whole.to_zarr(part, mode="w-", zarr_format=3, consolidated=False, compute=False,
                          encoding={name: plane.encoding() for name, plane in planes.items()})  # fmt: skip
            arrays = {name: _array(part, name) for name in planes}
            for place, block in blocks:
                for name, values in block.items():
                    arrays[name][place] = values
            consolidate(part)
    except OSError as error:
        raise unwritable(error, path) from None
    write_digests(path)


def consolidate(path: Path) -> None:
    """Put all metadata into that of the root: one file is read to open a series, and nothing is listed."""
    import zarr

    with warnings.catch_warnings():  # not yet in the specification of Zarr 3; readers that do not know it pass over it
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(path)


class Plane:
    """A large variable: its type, the value of what is missing, and its attributes."""

    def __init__(
        self,
        dtype: str,
        missing: float,
        attributes: Mapping[str, Any],
        dims: tuple[str, ...] = ("time", "channel", "y", "x"),
        tiles: tuple[tuple[int, ...], tuple[int, ...]] | None = None,
    ) -> None:
        self.dtype, self.missing, self.attributes, self.dims, self._tiles = dtype, missing, dict(attributes), dims, tiles

    def empty(self, series: xr.Dataset) -> Any:
        """Return the variable without content, on the series' axes."""
        import dask.array

        shape = tuple(series.sizes[dim] for dim in self.dims)
        self._chunk, self._shard = self._tiles or layout(shape)
        return self.dims, dask.array.full(shape, self.missing, dtype=self.dtype, chunks=self._shard), self.attributes

    def array(self, place: Path, shape: tuple[int, ...]) -> Any:
        """Return a new array of tiles in a folder, to be written to or read."""
        import zarr

        self._chunk, self._shard = self._tiles or layout(shape)
        stored = self.encoding()
        stored.pop("_FillValue", None)
        return zarr.create_array(store=place, shape=shape, dtype=self.dtype, dimension_names=self.dims, zarr_format=3, **stored)

    def encoding(self) -> dict[str, Any]:
        """Return how it is stored."""
        from zarr.codecs import BloscCodec, Crc32cCodec

        size = np.dtype(self.dtype).itemsize
        codecs = [BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=size), Crc32cCodec()]
        stored = {"chunks": self._chunk, "shards": self._shard, "compressors": codecs, "fill_value": self.missing}
        has_missing = self.dtype.startswith("f") or "scale_factor" in self.attributes
        return stored | ({"_FillValue": np.dtype(self.dtype).type(self.missing)} if has_missing else {})


def read(path: str | Path, **options: Any) -> xr.Dataset:
    """Open a store lazily.

    Parameters
    ----------
    path
        Folder, or the address of an object store (``s3://bucket/cube.zarr``) with ``storage_options``.

    Raises
    ------
    InputError
        If there is no store, or only part of one.
    """
    import xarray

    try:
        return xarray.open_zarr(path, consolidated=True, **options)
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise InputError(f"holds no finished series ({error})", cure="Make it: snakemake cube", where=path) from None


def digests(path: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a store, by its name in it."""
    files = sorted(file for file in path.rglob("[!.]*") if file.is_file())  # Snakemake keeps a hidden one in its folders
    return {file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def write_digests(path: Path) -> None:
    """Write the SHA-256 of every file of a store beside it, as ``sha256sum --check`` reads it from the folder of the store."""
    lines = [f"{digest}  {path.name}/{name}\n" for name, digest in digests(path).items()]
    with replaced(path.with_suffix(".sha256")) as part:
        part.write_text("".join(lines))


def publish(path: str | Path, address: str, after: Callable[[str], None] | None = None, **options: Any) -> int:
    """Copy a store to an object store; what is there half is taken for nothing by every reader.

    Objects cannot be renamed as a whole. The metadata of the root, without which no reader finds a series, is deleted
    first and written last, after every object's size has been compared.

    Parameters
    ----------
    path
        Folder of the store.
    address
        Where it goes, such as ``s3://bucket/cube.zarr``.
    after
        Called with the name of each object that is written.
    options
        Of the file system (``fsspec.filesystem``): endpoint, key.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    InputError
        If there is no store, or an object has arrived in another size.
    """
    import fsspec

    path = Path(path)
    if not (path / ROOT).is_file():
        raise InputError("holds no finished series", cure="Make it: snakemake cube", where=path)
    remote, place = fsspec.core.url_to_fs(address, **options)
    sizes = {name: (path / name).stat().st_size for name in digests(path)}
    if remote.exists(f"{place}/{ROOT}"):
        remote.rm_file(f"{place}/{ROOT}")
    for name in (*(name for name in sizes if name != ROOT), ROOT):
        if name == ROOT:
            _check_arrived(remote, place, {other: size for other, size in sizes.items() if other != ROOT})
        remote.pipe_file(f"{place}/{name}", (path / name).read_bytes())
        if after:
            after(name)
    return sum(sizes.values())


def _check_arrived(remote: Any, place: str, sizes: Mapping[str, int]) -> None:
    """Refuse objects of other sizes, and remove those that an earlier series has left."""
    remote.invalidate_cache()
    found = {name.removeprefix(f"{place}/"): size for name, size in _listed(remote, place)}
    if wrong := [name for name, size in sizes.items() if found.get(name) != size]:
        raise InputError(f"{wrong[0]} arrived with {found.get(wrong[0])} bytes of {sizes[wrong[0]]}", cure="Publish again")
    for name in found.keys() - sizes.keys():
        remote.rm_file(f"{place}/{name}")


def _listed(remote: Any, place: str) -> Iterator[tuple[str, int]]:
    """Yield every object below a place with its size."""
    yield from ((name, info["size"]) for name, info in remote.find(place, detail=True).items())


def _array(path: Path, name: str) -> Any:
    """Return an array of a store, to be written to."""
    import zarr

    return zarr.open_array(path / name, mode="r+")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a folder beside a place, which takes the place when the block is done and is removed when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part, old = (path.with_name(f".{path.name}.{word}") for word in ("part", "old"))
    for folder in (part, old):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        yield part
        if path.exists():
            path.rename(old)
        part.rename(path)
    finally:
        for folder in (part, old):
            shutil.rmtree(folder, ignore_errors=True)
