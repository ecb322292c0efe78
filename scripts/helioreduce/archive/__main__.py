"""``python -m helioreduce.archive ROOT``: serve a folder of frames until interrupted."""

from __future__ import annotations

import argparse
import contextlib

from helioreduce.archive.server import CGI, Archive


def main() -> None:
    """Serve, and print the address."""
    parser = argparse.ArgumentParser(prog="helioreduce.archive", description="Serve level-1 frames in JSOC's protocol.")
    parser.add_argument("root", help="folder of frames and tables")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; default: any free one")
    parser.add_argument("--log", help="file that gets one JSON line per request")
    options = parser.parse_args()
    run(options.root, options.port, options.log)


def run(root: str, port: int = 0, log: str | None = None) -> None:
    """Serve a folder until interrupted, and print the address."""
    with Archive(root, log=log, port=port) as archive, contextlib.suppress(KeyboardInterrupt):
        print(f"{archive.url}  (queries: {archive.url.rstrip('/')}{CGI}; stop with Ctrl-C)", flush=True)
        archive.wait()


if __name__ == "__main__":
    main()
