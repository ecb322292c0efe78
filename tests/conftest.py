"""Shared fixtures: the real data beside the project, and small images."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import settings

# the cards DATE of equal files are equal
os.environ.setdefault("SOURCE_DATE_EPOCH", "1388534400")
# time never decides: the first example may compile a kernel, and machines are shared
settings.register_profile("house", deadline=None)
settings.load_profile("house")

pytest_plugins = ["archive_fixtures"]

REPOSITORY = Path(__file__).parents[1]
#: Folders of real data: one beside the project, and what `make real` has downloaded.
REAL = (REPOSITORY.parent / "shared" / "data", REPOSITORY / "results" / "real")


class RealData:
    """The folders of real data as one: ``real / "aia/tables"`` is in the first that has it; where none has, the test skips."""

    def __truediv__(self, name: str) -> Path:
        """Path of a file or folder, by its name or a pattern."""
        if found := [path for folder in REAL for path in sorted(folder.glob(name))]:
            return found[0]
        pytest.skip(f"no real data: {name} (most come with make real)")


@pytest.fixture(scope="session")
def real() -> RealData:
    """Real data; the test skips, saying so, where they are absent."""
    return RealData()


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(20110215)


@pytest.fixture
def level1_header() -> fits.Header:
    """Keywords of a 171 Å level-1 full frame that the reduction reads."""
    header = fits.Header()
    header.update(
        TELESCOP="SDO/AIA", INSTRUME="AIA_3", WAVELNTH=171, LVL_NUM=1.0, BUNIT="DN", QUALITY=0, NSPIKES=0, EXPTIME=2.0, CAMERA=3
    )
    header.update({"DATE-OBS": "2014-01-01T00:00:00.34", "T_OBS": "2014-01-01T00:00:01.34Z"})
    header.update(CTYPE1="HPLN-TAN", CTYPE2="HPLT-TAN", CUNIT1="arcsec", CUNIT2="arcsec", CRVAL1=0.0, CRVAL2=0.0)
    header.update(CDELT1=0.599489, CDELT2=0.599489, CRPIX1=2053.85, CRPIX2=2047.57, CROTA2=0.0193)
    header.update(INST_ROT=0.019327, SAT_ROT=-0.000027, IMSCL_MP=0.599489, X0_MP=2052.85, Y0_MP=2046.57, R_SUN=1626.0)
    return header


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why, and what was not asked for: a line for each kind."""
    skipped = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", []))
    lines = [f"{number} skipped: {reason}" for reason, number in skipped.most_common()]
    if left := len(terminalreporter.stats.get("deselected", [])):
        lines.append(f"{left} not asked for: full-size or long ones run with make check, others by what was typed")
    if lines:
        terminalreporter.section("what did not run")
        for line in lines:
            terminalreporter.write_line(line)
