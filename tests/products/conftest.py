"""Claims about finished files: run by the rule ``check`` on the products of a run."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--aia", nargs="*", default=[], help="finished AIA images")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aia" in metafunc.fixturenames:
        files = [Path(name) for name in metafunc.config.getoption("--aia")]
        metafunc.parametrize("aia", files, ids=lambda path: "/".join(path.parts[-3:]))
