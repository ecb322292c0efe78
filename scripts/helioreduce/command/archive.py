"""``helioreduce archive serve``."""

from __future__ import annotations

import argparse

from helioreduce.archive import __main__ as server


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted, and print the address."""
    server.run(options.root, options.port, options.log)
    return 0
