"""One log per job: messages, warnings and tracebacks go to the rule's log file, messages also to the screen."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helioreduce.errors import UNWRITABLE, InputWarning, ReductionError, unwritable
from helioreduce.runtime import locks

logger = logging.getLogger("helioreduce")
#: Shortest interval between two lines of progress on the screen, s.
SCREEN_INTERVAL_S = 3.0


def transfer_progress(name: str) -> Callable[[int, int | None], None]:
    """Return a callback that reports transfer progress, at most every 3 s; it takes the bytes done and in all."""
    start = last = time.monotonic()

    def show(done: int, total: int | None) -> None:
        """Report progress, every few seconds at most."""
        nonlocal last
        now = time.monotonic()
        if now - last > SCREEN_INTERVAL_S:
            last = now
            of_total = f" of {total / 1e6:.1f}" if total else ""
            print(f"{name}: {done / 1e6:.1f}{of_total} MB, {done / 1e6 / (now - start):.2f} MB/s", file=sys.stderr)

    return show


def item_progress(name: str) -> Callable[[str, int, int], None]:
    """Return a callback that logs how many items of a part are done, and shows it at most every 3 s."""
    last = time.monotonic()

    def show(part: str, done: int, total: int) -> None:
        """Log progress, and report it every few seconds at most."""
        nonlocal last
        logger.info("%s, %s: %d of %d", name, part, done, total)
        if time.monotonic() - last > SCREEN_INTERVAL_S:
            last = time.monotonic()
            print(f"{name}, {part}: {done} of {total}", file=sys.stderr)

    return show


@contextmanager
def log_to(path: str | Path) -> Iterator[logging.Logger]:
    """Send the package's messages to ``path`` while a script runs.

    A :class:`ReductionError`, or a file that cannot be written (full disk, quota, permission), ends the job with its message
    and exit code 1; any other exception also leaves its traceback in the log.
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
        with locks.hold_job_lock(), warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = _on_screen(warnings.showwarning)
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


def _on_screen(show: Callable[..., None]) -> Callable[..., None]:
    """Return a ``warnings.showwarning`` that writes doubts about the input to the screen too; others go to ``show``.

    The screen gets what is said of many images once, for the first of them; the log has all.
    """
    said: set[str] = set()

    def show_warning(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        """Report a warning of the input in one line; show others as Python does."""
        if not issubclass(category, InputWarning):
            show(message, category, *where, **more)
            return
        text = str(message).partition(": ")[2] or str(message)  # what is before is the image
        if text in said:
            logger.warning("warning: %s", message)
        else:
            report(f"warning: {message}", logging.WARNING)
        said.add(text)

    return show_warning


def report(message: str, level: int = logging.INFO) -> None:
    """Write one line to the log and to the screen."""
    logger.log(level, message)
    print(message, file=sys.stderr)
