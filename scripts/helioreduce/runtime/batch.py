"""One job, many products: each one is kept at once, so that what has been computed is never computed again.

Snakemake removes every output of a job that fails, or that it repeats because one of its inputs changed. So a product is
written into a folder of its own under the digest of all it follows from, and the output is a hard link to it: the same
bytes on the disk, counted once. Of a product that cannot be made the reason is kept in its place, so that a plan can leave
it out.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from helioreduce.errors import UNWRITABLE, InputError, ReductionError, Unwritable, unwritable
from helioreduce.io import provenance
from helioreduce.io.atomic import replaced
from helioreduce.runtime import pipeline
from helioreduce.runtime.log import SCREEN_INTERVAL_S, logger, report


class Item(Protocol):
    """Something that a job works on."""

    @property
    def name(self) -> str:
        """Name on the screen."""

    @property
    def file(self) -> str:
        """File to be named where it fails."""


class Product(Item, Protocol):
    """An item with outputs."""

    @property
    def outputs(self) -> Sequence[str]:
        """Files to be made; the product has the name of the first."""

    @property
    def inputs(self) -> Sequence[str]:
        """Files of its own that the output follows from."""

    @property
    def settings(self) -> object:
        """What else of its own the output follows from; its ``repr`` counts."""


AnyItem = TypeVar("AnyItem", bound=Item)
AnyProduct = TypeVar("AnyProduct", bound=Product)


def run(
    products: Sequence[AnyProduct],
    folder: str | Path,
    made_by: object,
    common: object,
    read: Callable[[AnyProduct], Any],
    compute: Callable[[AnyProduct, Any], Any],
    write: Callable[..., None],
    judged_by: object = None,
) -> None:
    """Make every output, from what is kept or anew.

    Parameters
    ----------
    products
        What to make.
    folder
        Where finished products are kept, on the file system of the outputs.
    made_by
        Code and parameters, as the plan knows them. Their ``repr`` counts.
    common
        What else all of them follow from: digests of tables. Its ``repr`` counts.
    read, compute, write
        See :func:`helioreduce.runtime.pipeline.overlapped`; ``write`` gets a path in ``folder`` for each output, and the
        result.
    judged_by
        What decides whether a product can be made, and changes nothing in it: a change is a new chance for those that
        could not. Its ``repr`` counts.

    Raises
    ------
    InputError
        After the last one, if some failed; it names their files and the reasons.
    """
    digest = cache(provenance.undated)
    kept = {product.outputs[0]: _kept(product, Path(folder), (made_by, common), digest) for product in products}
    missing = [product for product in products if not all(path.is_file() for path in kept[product.outputs[0]])]
    for product in products:
        if product not in missing:
            _link(kept[product.outputs[0]], product.outputs)
            report(f"{product.name}: kept from before")

    def finish(product: AnyProduct, result: Any) -> None:
        """Write a product, then remove those that it replaces: one of them is there at any time."""
        first, *more = kept[product.outputs[0]]
        write(first, *more, result)
        _link([first, *more], product.outputs)
        for outdated in first.parents[1].glob(f"*/{first.name}"):
            if outdated != first:
                for old in (*outdated.parent.glob(f"*/{outdated.name}"), outdated):
                    old.unlink()
                    with suppress(OSError):  # other products are in it
                        old.parent.rmdir()

    outcomes = pipeline.overlapped(missing, read, compute, finish)
    each(_noted(outcomes, Path(folder), (made_by, judged_by)), len(missing), kept=folder)


def is_kept(folder: str | Path, group: str, name: str) -> bool:
    """Return whether a product of a group, by its name without suffix, is kept, whatever it follows from."""
    return any(Path(folder).glob(f"{group}/*/{name}.fits"))


def failure(
    product: Product, folder: str | Path, made_by: object, tables: Iterable[str] = (), judged_by: object = None
) -> str | None:
    """Return why a product could not be made; None where that is not known, or not known to hold any more.

    Parameters
    ----------
    product, folder, made_by, judged_by
        As :func:`run` had them.
    tables
        Files that all products follow from: a change of one of them, or of the product's own files, is a new chance.
    """
    note = _note(product, Path(folder))
    try:
        made = note.stat().st_mtime
        if any(max(stat.st_mtime, stat.st_ctime) > made for stat in map(os.stat, [*product.inputs, *tables])):
            return None
        found = json.loads(note.read_text())
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise unwritable(error, folder) from None
    return str(found["reason"]) if found["made_by"] == repr(((made_by, judged_by), product.settings)) else None


def reasons(products: Sequence[Product], folder: str | Path) -> dict[str, tuple[str, bool]]:
    """Return why outputs are not there, by their names, after :func:`run` has ended, and whether they may be the next time."""
    absent = [product for product in products if not Path(product.outputs[0]).exists()]
    return {product.outputs[0]: _why(product, _note(product, Path(folder))) for product in absent}


def _why(product: Product, note: Path) -> tuple[str, bool]:
    """Return why a product is not there, without its own file, and whether it may be the next time."""
    if not note.exists():
        return "an unexpected error: see the log of its part", True
    return str(json.loads(note.read_text())["reason"]).removeprefix(f"{product.file}: "), False


def _noted(
    outcomes: Iterable[tuple[AnyProduct, Exception | None]], folder: Path, made_by: object
) -> Iterator[tuple[AnyProduct, Exception | None]]:
    """Pass on the outcomes, and keep the reason of each product whose input cannot be used."""
    for product, error in outcomes:
        if isinstance(error, ReductionError) and not _full(error, product):  # a full disk says nothing of the product
            content = {"made_by": repr((made_by, product.settings)), "reason": _reason(product, error)}
            with replaced(_note(product, folder)) as temporary:
                temporary.write_text(json.dumps(content))
        yield product, error


def _note(product: Product, folder: Path) -> Path:
    """Return the file with the reason why a product could not be made."""
    output = Path(product.outputs[0])
    return folder / output.parent.name / f"{output.stem}.json"


def each(outcomes: Iterable[tuple[AnyItem, Exception | None]], total: int, kept: str | Path) -> None:
    """Report the progress of a job, and at its end which images failed.

    Parameters
    ----------
    outcomes
        Every image as it is done, with the exception that ended it, or None.
    total
        How many there are.
    kept
        Where the others can be found when some failed.

    Raises
    ------
    InputError
        After the last one, if some failed; it names their files and the reasons.
    Unwritable
        At once, if one cannot be written, as on a full disk.
    """
    began = shown = time.monotonic()
    failed: list[str] = []
    for number, (item, error) in enumerate(outcomes, start=1):
        now = time.monotonic()
        rate = 60 * number / (now - began)
        line = f"{item.name}: {'failed' if error else 'done'} ({number} of {total}, {rate:.1f} images/min)"
        if full := _full(error, item):  # nor would any other be written
            done = number - 1 - len(failed)
            raise Unwritable(f"{full.problem}; {done} of {total} images are done and kept", cure=full.cure, where=full.where)
        if error:
            failed.append(_reason(item, error))
        if error or number == total or now - shown > SCREEN_INTERVAL_S:
            shown = now
            report(line)
        else:
            logger.info(line)
    if failed:
        problem = "\n  ".join([f"{len(failed)} of {total} images failed", *failed])
        raise InputError(problem, cure=f"The others are kept in {kept}: fix these or leave them out, and run again")


def _full(error: Exception | None, item: Item) -> Unwritable | None:
    """Return what keeps any file from being written, as a full disk does; None for other errors."""
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return unwritable(error, item.file)
    return error if isinstance(error, Unwritable) else None


def _kept(product: Product, folder: Path, common: object, digest: Callable[[str], str]) -> list[Path]:
    """Return where the files of a product are kept: named by all that they follow from, further ones in folders 1, 2 …"""
    followed = common, product.settings, [digest(file) for file in product.inputs]
    first, *more = map(Path, product.outputs)
    place = folder / first.parent.name / hashlib.sha256(repr(followed).encode()).hexdigest()[:16]
    return [place / first.name, *(place / str(k) / first.name for k, _ in enumerate(more, start=1))]


def _link(kept: Sequence[Path], outputs: Sequence[str]) -> None:
    """Make the outputs hard links to what is kept, made now as far as Snakemake is concerned."""
    for path, output in zip(kept, map(Path, outputs), strict=True):
        with replaced(output) as temporary:
            for old in (temporary, output):
                old.unlink(missing_ok=True)
            temporary.hardlink_to(path)
        os.utime(output)


def _reason(item: Item, error: Exception) -> str:
    """Return what went wrong, naming the file; an unexpected error leaves its traceback in the log."""
    if isinstance(error, InputError):
        return str(error.at(item.file))
    if not isinstance(error, ReductionError):
        logger.error("%s: unexpected error", item.name, exc_info=error)
    return f"{item.file}: {type(error).__name__}: {error}"
