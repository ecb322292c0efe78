"""Claims about finished files: run by the rule ``check`` on the products of a run."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--aia", nargs="*", default=[], help="finished AIA images")
    parser.addoption("--spice", nargs="*", default=[], help="finished SPICE level-3 files, and folders in SAFFRON's layout")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aia" in metafunc.fixturenames:
        files = [Path(name) for name in metafunc.config.getoption("--aia")]
        metafunc.parametrize("aia", files, ids=_short)
    given = [Path(name) for name in metafunc.config.getoption("--spice")]
    if "level3" in metafunc.fixturenames:
        metafunc.parametrize("level3", [path for path in given if path.is_file()], ids=_short)
    if "saffron" in metafunc.fixturenames:
        files = sorted(file for path in given if path.is_dir() for file in path.glob("*.fits"))
        metafunc.parametrize("saffron", files, ids=_short)


@pytest.fixture
def aia_files(request: pytest.FixtureRequest) -> list[Path]:
    """All finished AIA images."""
    return [Path(name) for name in request.config.getoption("--aia")]


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])
