"""Other people's test suites, unmodified, against the archive: ``http_proxy`` brings them here.

The files are those that the packages install, in whichever version. Tests that ask an https host get no tunnel to it and
fail; they are named.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest
import visitors

from helioreduce.archive.server import serve

pytestmark = pytest.mark.full

HTTPS = {
    "test_correction_table[SsW]",
    "test_error_table[SSW]",
    "test_pointing_table",
    "test_use_latest_version_in_correction_tables",
}
SUITES = {
    # package: its tests, plugins that they use, the fewest that pass, those that ask an https host
    "drms": (["drms.tests", "-k", "jsoc or json"], (), 61, set()),
    "sunpy": (["sunpy.net.jsoc.tests.test_jsoc"], ("pytest_mock", "pytest_remotedata"), 23, set()),
    "aiapy": (["aiapy", "-k", "test_net or test_util and not psf"], (), 20, HTTPS),
}


@pytest.mark.parametrize("package", SUITES)
def test_suite_passes_against_the_archive(package: str, tmp_path: Path) -> None:
    tests, plugins, least, https = SUITES[package]
    absent = [name for name in (package, *plugins) if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    remote = ["--remote-data=any"] if importlib.util.find_spec("pytest_remotedata") else []  # the plugin skips otherwise
    with serve(visitors.build(tmp_path / "archive")) as url:
        proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), url) | {"no_proxy": ""}
        environment = {**os.environ, **proxies, "JSOC_EMAIL": "tester@localhost"}
        environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", *remote]
        command += ["--junitxml=report.xml", "--pyargs", *tests]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False)
    print(f"{package} {version(package)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    cases = list(ElementTree.parse(tmp_path / "report.xml").iter("testcase"))
    amiss = [case for case in cases if len(case)]  # failed, in error or skipped
    refused = {case.get("name") for case in amiss if "Unsupported method ('CONNECT')" in "".join(case.itertext())}
    named = {name for name in (case.get("name") for case in cases) if https & {name, name.partition("[")[0]}}
    assert {case.get("name") for case in amiss} == refused == named
    assert len(cases) - len(amiss) >= least
