"""One log per job: messages, warnings and the traceback go to the rule's log file, the message to the screen."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helioreduce.errors import UNWRITABLE, ReductionError, unwritable
from helioreduce.runtime import locks

logger = logging.getLogger("helioreduce")


def progress(what: str) -> Callable[[int, int | None], None]:
    """A callback that tells on the screen how far a transfer is, every few seconds at the most."""
    began = last = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 3:
            last = now
            share = f" of {total / 1e6:.1f}" if total else ""
            print(f"{what}: {done / 1e6:.1f}{share} MB, {done / 1e6 / (now - began):.2f} MB/s", file=sys.stderr)

    return tell


def count(what: str) -> Callable[[str, int, int], None]:
    """A callback that tells in the log, and every few seconds on the screen, how many things of a part are done."""
    last = time.monotonic()

    def tell(part: str, done: int, total: int) -> None:
        nonlocal last
        logger.info("%s, %s: %d of %d", what, part, done, total)
        if time.monotonic() - last > 3:
            last = time.monotonic()
            print(f"{what}, {part}: {done} of {total}", file=sys.stderr)

    return tell


@contextmanager
def log_to(path: str | Path) -> Iterator[logging.Logger]:
    """Send the package's messages to ``path`` while a script runs.

    A :class:`ReductionError`, or a disk that is full or closed to writing, ends the job with its message and exit code 1;
    any other exception also leaves its traceback in the log.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w")
    except OSError as error:
        sys.exit(f"error: {unwritable(error, path)}")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # the screen gets each message once
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        with locks.job(), warnings.catch_warnings():
            warnings.simplefilter("default")
            yield logger
    except ReductionError as error:
        logger.error("%s", error)
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in UNWRITABLE:
            logger.exception("unexpected error")
            raise
        refusal = unwritable(error, error.filename or Path.cwd())
        logger.error("%s", refusal)
        sys.exit(f"error: {refusal}")
    except Exception:
        logger.exception("unexpected error")
        raise
    finally:
        logging.captureWarnings(False)
        logger.propagate = True
        for name in ("helioreduce", "py.warnings"):
            logging.getLogger(name).removeHandler(handler)
        handler.close()


def tell(message: str, level: int = logging.INFO) -> None:
    """One line to the log and to the screen."""
    logger.log(level, message)
    print(message, file=sys.stderr)
