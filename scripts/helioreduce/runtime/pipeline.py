"""Many items in one process: one thread reads and writes files while another computes.

One item is being computed while the one before is written and the next one read, so memory does not grow with their number.
A single thread does all the reading and writing: Astropy's guards against truncated files work through the ``warnings``
module, which two threads must not use at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")


def each(
    items: Sequence[Item],
    read: Callable[[Item], Any],
    compute: Callable[[Item, Any], Any],
    write: Callable[[Item, Any], None],
) -> Iterator[tuple[Item, Exception | None]]:
    """``write(item, compute(item, read(item)))`` for each item, in order.

    Yields each item once it is written, while the one after the next is read, with the exception that ended it, or None: an
    item that fails does not keep the others from being done.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="files") as files:
        reads = deque(files.submit(read, item) for item in items[:1])
        written: deque[Future[None]] = deque()
        for number, item in enumerate(items):
            reads.extend(files.submit(read, following) for following in items[number + 1 : number + 2])
            outcome = _outcome(compute, item, reads)
            if written:  # at most one image waits to be written
                yield items[number - 1], written.popleft().exception()
            written.append(files.submit(_finish, write, item, outcome))
            del outcome
        if written:
            yield items[-1], written.popleft().exception()


def _outcome(compute: Callable[[Item, Any], Any], item: Item, reads: deque[Future[Any]]) -> list[Any]:
    """The result or the exception of one item, in a list that hands it over without keeping it."""
    try:
        return [compute(item, reads.popleft().result())]
    except Exception as error:
        return [error]


def _finish(write: Callable[[Item, Any], None], item: Item, outcome: list[Any]) -> None:
    result = outcome.pop()
    if isinstance(result, Exception):
        raise result
    write(item, result)
