"""Other people's test suites, unmodified, against the archive: ``http_proxy`` brings them here.

The files are those that the packages install. Tests that need an https host cannot be brought here; they are named.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import visitors

from helioreduce.archive.server import serve

pytestmark = pytest.mark.full

AIAPY = ["aiapy.util.tests.test_net", "aiapy.util.tests.test_util", "aiapy.calibrate.tests.test_util"]
HTTPS = {"test_correction_table[SsW]", "test_pointing_table", "test_error_table[SSW]"}
SUITES = {
    # package: its tests, plugins that they use, how many pass, those that fail because they need an https host
    "drms": (["drms.tests", "-k", "jsoc or json"], (), 61, set()),
    "sunpy": (["sunpy.net.jsoc.tests.test_jsoc"], ("pytest_mock", "pytest_remotedata"), 23, set()),
    "aiapy": (AIAPY, (), 20, HTTPS),
}


@pytest.mark.parametrize("package", SUITES)
def test_suite_passes_against_the_archive(package: str, tmp_path: Path) -> None:
    tests, plugins, passed, https = SUITES[package]
    absent = [name for name in (package, *plugins) if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    remote = ["--remote-data=any"] if importlib.util.find_spec("pytest_remotedata") else []  # the plugin skips otherwise
    with serve(visitors.build(tmp_path / "archive")) as url:
        environment = {**os.environ, "http_proxy": url, "HTTP_PROXY": url, "no_proxy": "", "JSOC_EMAIL": "tester@localhost"}
        environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", *remote, "--pyargs", *tests]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False)
    print(f"{package} {version(package)}: {done.stdout.splitlines()[-1]}")
    assert set(re.findall(r"^FAILED \S*::(\S+)", done.stdout, re.MULTILINE)) == https, done.stdout[-3000:]
    assert re.search(rf"\b{passed} passed", done.stdout), done.stdout[-3000:]
