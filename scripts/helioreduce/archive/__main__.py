"""``python -m helioreduce.archive ROOT``: serve a folder of frames until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from helioreduce.archive.server import CGI, Archive
from helioreduce.errors import InputError, ReductionError


def main() -> None:
    """Serve, and print the address."""
    parser = argparse.ArgumentParser(prog="helioreduce.archive", description="Serve level-1 frames in JSOC's protocol.")
    parser.add_argument("root", help="folder of frames and tables")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; default: any free one")
    parser.add_argument("--log", help="file that gets one JSON line per request")
    options = parser.parse_args()
    try:
        run(options.root, options.port, options.log)
    except ReductionError as error:
        sys.exit(f"error: {error}")


def run(root: str, port: int = 0, log: str | None = None) -> None:
    """Serve a folder until interrupted, and print the address.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not Path(root).is_dir():
        cure = "Give a folder of frames and tables, such as results/archive of a run with source: archive"
        raise InputError("there is no such folder", cure=cure, where=root)
    with Archive(root, log=log, port=port) as archive, contextlib.suppress(KeyboardInterrupt):
        print(f"{archive.url}  (queries: {archive.url.rstrip('/')}{CGI}; stop with Ctrl-C)", flush=True)
        archive.wait()


if __name__ == "__main__":
    main()
