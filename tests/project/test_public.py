"""The public interface: light to import, documented in full, the names of the documentation."""

import doctest
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.validate import validate

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("helioreduce", "helioreduce.aia", "helioreduce.esis", "helioreduce.spice", "helioreduce.cosmic_rays")
METHODS = ("read", "write", "from_map", "to_map", "to_ccddata", "to_ndcube")
#: Not asked: types (the signature has them), See Also, an extended summary.
UNASKED = {"PR04", "SA01", "ES01"}


def public():
    for package in PACKAGES:
        for name in import_module(package).__all__:
            if f"helioreduce.{name}" not in PACKAGES:
                yield f"{package}.{name}"
    yield from (f"helioreduce.Image.{method}" for method in METHODS)


NAMES = sorted(public())


def in_new_process(program):
    """What a program prints, as JSON."""
    command = [sys.executable, "-c", program]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY / "scripts").stdout)


def test_import_is_light():
    seconds, loaded = in_new_process("""
import json, sys, time
start = time.process_time()
import helioreduce
from helioreduce import aia, cosmic_rays, esis, spice
print(json.dumps([time.process_time() - start, sorted(sys.modules)]))
""")
    assert seconds < 0.15
    assert not {"numpy", "astropy", "sunpy", "matplotlib", "pandas", "numba"} & set(loaded)


def test_functions_need_no_plotting_or_maps():
    loaded = in_new_process("""
import json, sys
from helioreduce import Image, aia, cosmic_rays, esis, spice
for package in (aia, cosmic_rays, esis, spice):
    for name in package.__all__:
        getattr(package, name)
print(json.dumps(sorted(sys.modules)))
""")
    assert not {"sunpy", "matplotlib", "pandas", "ndcube", "snakemake"} & set(loaded)


def test_imports_change_no_global_state():
    """Every module of the library, but for those that are a run of the workflow."""
    before, after = in_new_process("""
import json, locale, os, warnings
import astropy.io.fits.hdu.base as base, drms, matplotlib, numpy as np
from importlib import import_module
from pathlib import Path
import numba
def state():
    return [
        str(base._ValidHDU._get_timestamp), str(drms.json.HttpJsonClient._json_request), np.geterr(),
        [str(f) for f in warnings.filters], str(matplotlib.rcParams), matplotlib.get_backend(), numba.get_num_threads(),
        locale.getlocale(), dict(os.environ),
    ]
import scipy.optimize, scipy.ndimage, sunpy.map  # what other packages change is not ours
before = state()
for file in sorted(Path("helioreduce").rglob("*.py")):
    if "runtime" not in file.parts and file.name not in ("__main__.py", "__init__.py"):
        import_module(".".join(file.with_suffix("").parts))
print(json.dumps([before, state()]))
""")
    assert after == before


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_documented(name):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in UNASKED]
    assert errors == []


def test_the_names_are_those_of_the_documentation():
    listed = set(re.findall(r"^   (helioreduce(?:\.\w+)+)$", (REPOSITORY / "docs/api.md").read_text(), re.M))
    assert {name for name in NAMES if not name.startswith("helioreduce.Image.")} <= listed


@pytest.mark.parametrize(
    "module", ["api.aia_steps", "api.aia_psf", "api.aia_calibration", "api.aia_response", "api.cosmic_rays", "image", "errors"]
)
def test_examples_run(module):
    found = import_module(f"helioreduce.{module}")
    failed, tried = doctest.testmod(found, extraglobs={"np": import_module("numpy")}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed
