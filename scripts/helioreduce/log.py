"""One log per job: messages, warnings and the traceback go to the rule's log file, the message to the screen."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helioreduce.errors import ReductionError

logger = logging.getLogger("helioreduce")


@contextmanager
def log_to(path: str | Path) -> Iterator[logging.Logger]:
    """Send the package's messages to ``path`` while a script runs.

    A :class:`ReductionError` ends the job with its message and exit code 1; any other exception also leaves its
    traceback in the log.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            yield logger
    except ReductionError as error:
        logger.error("%s", error)
        sys.exit(f"error: {error}")
    except Exception:
        logger.exception("unexpected error")
        raise
    finally:
        logging.captureWarnings(False)
        for name in ("helioreduce", "py.warnings"):
            logging.getLogger(name).removeHandler(handler)
        handler.close()
