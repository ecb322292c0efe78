"""Common ground of the rules, no physics: the package, digests of the code, names and wildcards."""

import os
import sys
from pathlib import Path

import yaml
from snakemake.resources import Resource

sys.path.append(str(REPOSITORY / "scripts"))

from helioreduce.errors import InputError
from helioreduce.plan.paths import REPOSITORY, located
from helioreduce.plan.settings import canonical, plain
from helioreduce.plan.spice import Plan as SpicePlan
from helioreduce.io.provenance import code_digest


include: "engine.smk"


wildcard_constraints:
    channel=r"\d{2,4}",
    time=r"\d{8}T\d{6}",
    day=r"\d{8}",


def code(script):
    """Digest of ``scripts/<script>.py`` and the package modules it imports, for ``params``: edited code reruns its rules."""
    return code_digest(REPOSITORY / "scripts" / f"{script}.py")


def summary():
    """Where the results are, for whoever has just run the workflow."""
    known = {
        "results/aia/level1.5": "<channel>/<time>.fits",
        f"results/aia/{list(STATE.values())[-1]}": "<channel>/<time>.fits",
        "results/aia/quicklook": "<channel>/<time>.png",
        "results/figures": "gallery.html",
        "results/cosmic_rays/sources": "<job>/<frame>.png",
        "results/esis/level3": "<line>.fits",
        "results/spice/report": "<raster>.html",
    }
    lines = [f"  {folder}/{name}" for folder, name in known.items() if Path(folder).is_dir()]
    return "\n".join(["", "Done. Look at:", *lines])


def limit(**scarce):
    """Count what is scarce on a plain local run too; ``resources`` of the command line or a profile say otherwise."""
    for name, number in scarce.items():
        if name not in workflow.global_resources:
            workflow.register_resource(name, Resource(name, number))


config.update(plain(config))
