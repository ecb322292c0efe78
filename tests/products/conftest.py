"""Claims about finished files: run by the rule ``check`` on the products of a run."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--aia", nargs="*", default=[], help="finished AIA images")
    parser.addoption("--spice", nargs="*", default=[], help="finished SPICE level-3 files, and folders in SAFFRON's layout")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    aia, spice = ([Path(name) for name in metafunc.config.getoption(option)] for option in ("--aia", "--spice"))
    found = {
        "aia": aia,
        "level3": [path for path in spice if path.is_file()],
        "saffron": sorted(file for path in spice if path.is_dir() for file in path.glob("*.fits")),
    }
    for name in found.keys() & set(metafunc.fixturenames):
        left_out = pytest.mark.skip("no finished files are given; `snakemake check` gives those of a run")
        metafunc.parametrize(name, found[name] or [pytest.param(None, marks=left_out)], ids=_short)


@pytest.fixture
def aia_files(request: pytest.FixtureRequest) -> list[Path]:
    """All finished AIA images."""
    return [Path(name) for name in request.config.getoption("--aia")]


def _short(path: Path | None) -> str:
    return "/".join(path.parts[-3:]) if path else "none"
