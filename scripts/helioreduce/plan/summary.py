"""What a run says at its end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from helioreduce.aia import steps
from helioreduce.io.provenance import SIMULATED
from helioreduce.plan.aia import Plan

#: Folders of finished products, and the names of the files in them.
FINISHED = {
    "results/aia/level1.5": "<channel>/<time>.fits",
    f"results/aia/{steps.STEPS[-1].folder}": "<channel>/<time>.fits",
    "results/aia/quicklook": "<channel>/<time>.png",
    "results/figures": "gallery.html",
    "results/cosmic_rays/sources": "<job>/<frame>.png",
    "results/esis/level3": "<flight>/<line>.fits",
    "results/spice/report": "<raster>.html",
}
#: Reasons shown; the logs hold all.
_MOST = 200
_DEGRADATION = Path("results/aia/tables/degradation.ecsv")
#: Start of this run: logs that are older are another's.
_BEGAN = time.time()


def summary(plan: Plan) -> str:
    """Return where the results are, for whoever has just run the workflow, and what should be known of them."""
    found = _results(plan)
    return "\n".join(["", "Done. Look at:" if found else "Done.", *found, *_notes(plan)])


def failed(plan: Plan) -> str:
    """Return what a run has finished, what it has not, and why."""
    found, reasons = _results(plan), list(dict.fromkeys([*plan.refused.values(), *_reasons(plan)]))
    lines = ["Finished products:", *found] if found else []
    lines += _notes(plan)
    if plan.source.is_local:
        finished = sum(Path(file).is_file() for file in plan.products())
        lines.append(f"{finished} of {len(plan.frames) + len(plan.refused)} images are finished.")
    if reasons:
        lines += ["What failed, and why:", *(f"  {reason}" for reason in reasons[:_MOST])]
    if len(reasons) > _MOST:
        lines.append(f"  and {len(reasons) - _MOST} more, see results/logs")
    return "\n".join(["", *lines])


def _results(plan: Plan) -> list[str]:
    """Return the folders of finished products; of AIA, a folder of an earlier run with other steps is said to be one."""
    asked = {str(Path(file).parents[1]) for file in plan.products()}
    states = {f"results/aia/{step.folder}" for step in steps.STEPS if step.name != "prep"}
    old = dict.fromkeys(states - asked, "  (of an earlier run, with other settings)")
    return [f"  {folder}/{name}{old.get(folder, '')}" for folder, name in FINISHED.items() if Path(folder).is_dir()]


def _notes(plan: Plan) -> list[str]:
    """Return what a user should know of the results: files that were left out, tables that are not the real ones."""
    is_stand_in = not plan.source.is_archive and _DEGRADATION.is_file() and SIMULATED in _DEGRADATION.read_text()
    stand_in = (
        f"The degradation table is a stand-in ({SIMULATED}, up to 0.6 % from SolarSoft's). For science put "
        f"aia_V{plan.tables.version}_*_response_table.txt of SolarSoft into a folder 'tables' in or beside your files, or set "
        "aia.calibration.degradation."
    )
    simulated = "The images of AIA are SIMULATED: no observation. For real ones set source to jsoc or local."
    notes = [*plan.notes, *[simulated] * plan.source.is_archive, *[stand_in] * is_stand_in]
    return [f"Note: {note}" for note in notes]


def _reasons(plan: Plan) -> Iterator[str]:
    """Yield why jobs of this run failed, from their logs; each names a file of the user's, or the log."""
    for log in sorted(Path("results/logs").rglob("*.log")):
        if log.name == "aia_refuse.log" or log.stat().st_mtime < _BEGAN:
            continue
        text = log.read_text(errors="replace").rstrip()
        if found := re.search(r"^[\d-]+ [\d:,]+ ERROR (.*(?:\n  .*)*)", text, re.MULTILINE):
            reason = text.rpartition("\n")[2] if found[1] == "unexpected error" else found[1]
            own = plan.frames.get((log.parent.name, log.stem))
            names_file = own and any(str(file) in reason for file in (own.image, own.spikes))
            yield reason if names_file else f"{own.image if own else log}: {reason}"
