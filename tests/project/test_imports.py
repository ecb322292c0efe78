"""What the scripts of AIA import before they begin: most of the time of a job that is one light step."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
ALL = {file.stem for file in SCRIPTS.glob("aia_*.py")}
#: Scripts that ask an archive (drms brings pandas), that draw, and that compute on pixels with compiled kernels.
ASKING = {
    f"aia_{name}"
    for name in (
        "export",
        "fetch",
        "fetch_batch",
        "fetch_spikes",
        "missing",
        "pointing",
        "query",
        "record",
        "tables",
        "collect",
    )
}
DRAWING = {"aia_quicklook"}
KERNELS = {f"aia_{name}" for name in ("batch", "bin", "deconvolve", "error", "light_curves", "prep", "psf")}
KERNELS |= {f"aia_{name}" for name in ("track", "cube", "cube_curve", "cube_fits", "dem", "dem_set", "shard", "index")}
#: Scripts that draw what kernels have computed, by their own account of it.
BOTH = {"aia_dem_maps", "aia_cube_figures", "aia_film", "aia_shard_quicklook"}
#: What none needs; what only some need.
NEVER = {"sunpy", "scipy.stats", "scipy.ndimage", "scipy.signal", "xarray", "snakemake", "ndcube"}
PLOTS, MAPS, RECORDS, COMPILER = {"matplotlib"}, {"astropy.wcs", "astropy.coordinates"}, {"pandas", "drms"}, {"numba"}
PROGRAM = "import json, sys\nfor name in sys.argv[1:]: __import__(name)\nprint(json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize(
    ("scripts", "without"),
    [
        (ALL - ASKING - DRAWING - KERNELS - BOTH, PLOTS | MAPS | RECORDS | COMPILER | {"scipy.fft"}),
        (KERNELS, PLOTS | MAPS | RECORDS),
        (ASKING, PLOTS | MAPS | COMPILER),
        (DRAWING, MAPS | RECORDS | COMPILER),
        (BOTH, RECORDS),
    ],
    ids=["light", "kernels", "asking", "drawing", "both"],
)
def test_scripts_import_no_more_than_they_need(scripts, without):
    command = [sys.executable, "-c", PROGRAM, *sorted(scripts)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SCRIPTS)
    assert not (NEVER | without) & set(json.loads(run.stdout))


def test_a_plan_imports_no_kernels_and_draws_nothing(tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "snakemake", "-n", "--quiet", "all", "--snakefile", "../Snakefile"]
    run = subprocess.run([*command, "--directory", tmp_path], capture_output=True, text=True, check=True, cwd=SCRIPTS)
    loaded = {line.split("|")[-1].strip() for line in run.stderr.splitlines() if line.startswith("import time")}
    assert "helioreduce.plan.aia" in loaded
    assert not loaded & (NEVER - {"snakemake"} | PLOTS | MAPS | COMPILER | {"drms"})
