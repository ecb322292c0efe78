"""What a run says at its end."""

from __future__ import annotations

from pathlib import Path

from helioreduce.aia import steps

#: Folders of finished products, and the names of the files in them.
FINISHED = {
    "results/aia/level1.5": "<channel>/<time>.fits",
    f"results/aia/{steps.STEPS[-1].folder}": "<channel>/<time>.fits",
    "results/aia/quicklook": "<channel>/<time>.png",
    "results/figures": "gallery.html",
    "results/cosmic_rays/sources": "<job>/<frame>.png",
    "results/esis/level3": "<line>.fits",
    "results/spice/report": "<raster>.html",
}


def summary() -> str:
    """Return where the results are, for whoever has just run the workflow."""
    lines = [f"  {folder}/{name}" for folder, name in FINISHED.items() if Path(folder).is_dir()]
    return "\n".join(["", "Done. Look at:" if lines else "Done.", *lines])
