"""Many items in one process: one thread reads and writes files while another computes.

While one item is computed, the previous one is written and the next one is read, so that memory does not grow with the number
of items. A single thread does all reading and writing: Astropy's guards against truncated files use the ``warnings`` module,
which is not safe in two threads at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
Result = TypeVar("Result")


def overlapped(
    items: Sequence[Item],
    read: Callable[[Item], Read],
    compute: Callable[[Item, Read], Result],
    write: Callable[[Item, Result], None],
) -> Iterator[tuple[Item, Exception | None]]:
    """Run ``write(item, compute(item, read(item)))`` for each item, in order.

    Yields
    ------
    tuple
        Each item after it is written, with the exception that ended it, or None. An item that fails does not stop the others.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="files") as files:
        reads = deque(files.submit(read, item) for item in items[:1])
        writes: deque[Future[Exception | None]] = deque()
        for number, item in enumerate(items):
            reads.extend(files.submit(read, following) for following in items[number + 1 : number + 2])
            outcome = _outcome(compute, item, reads)
            if writes:  # at most one image waits to be written
                yield items[number - 1], writes.popleft().result()
            writes.append(files.submit(_finish, write, item, outcome))
            del outcome
        if writes:
            yield items[-1], writes.popleft().result()


def _outcome(compute: Callable[[Item, Read], Result], item: Item, reads: deque[Future[Read]]) -> list[Result | Exception]:
    """Return the result of one item, or its exception, in a list: whoever empties it holds the only reference."""
    try:
        return [compute(item, reads.popleft().result())]
    except Exception as error:
        return [error]


def _finish(write: Callable[[Item, Any], None], item: Item, outcome: list[Any]) -> Exception | None:
    """Write a result; return the exception of the item, if any."""
    result = outcome.pop()
    if isinstance(result, Exception):
        return result
    try:
        write(item, result)
    except Exception as error:
        return error
    return None
