"""The picture of each step, drawn when the site is built: the workflow's own figures of small frames of the embedded archive.

``{picture} NAME`` shows the picture of a step with the caption that the figure has in the workflow's report.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from helioreduce import aia
from helioreduce.aia.figures import catalogue, quicklook
from helioreduce.api.aia_steps import ready, spikes_beside
from helioreduce.io import jsoc_files, origin, plots

CAPTIONS = Path(__file__).parents[2] / "workflow/report"
#: Folder of the pictures below the sources of the site; git ignores it.
FOLDER = "steps/pictures"
#: Pixels a side of the frames, and of the cut-out; the box of another one, arcsec, on two active regions.
NPIX, SIDE, BOX = 1024, 200, [-350, -300, 350, 200]
TIME = "2019-01-01T00:00:00"
#: The figure of each step, by its name in the catalogue; the quick look is none of them, and its caption stands here.
FIGURES = {
    "fetch": "quicklook",
    "tables": "psf",
    "respike": "spike_cutouts",
    "error": "error_components",
    "deconvolve": "deconvolution",
    "prep": "limb",
    "degradation": "correction",
    "exposure": "quicklook",
    "response": "response_components",
}
QUICKLOOKS = {
    "fetch": "Level 1, as it was fetched: counts, without an error plane. The dashed circle is the photospheric limb.",
    "exposure": "A finished image in DN/s beside its relative error: the quick look that every finished image gets.",
}


class Picture(SphinxDirective):
    """The picture of a step, with its caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        step = self.arguments[0]
        caption = QUICKLOOKS.get(step) or " ".join((CAPTIONS / f"{FIGURES[step]}.rst").read_text().split())
        figure = nodes.figure("", nodes.image(uri=f"/{FOLDER}/{step}.png", alt=f"The picture of the step {step}."))
        figure += nodes.caption(caption, caption)
        self.env.note_dependency(str(CAPTIONS))
        return [figure]


def drawn() -> Iterator[tuple[str, Callable[..., Figure], dict[str, Any]]]:
    """Yield each step with the function that draws its picture, and what that is given."""
    for step, values in _values():
        name = FIGURES[step]
        yield step, quicklook.draw if name == "quicklook" else catalogue.function(name), values


def _values() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the picture of each step shows: one 171 Å image on its way, the limb at 1600 Å, and 335 Å, which lost most."""
    with tempfile.TemporaryDirectory() as folder:
        (file,) = aia.fetch(TIME, 171, folder=folder, npix=NPIX)
        (ultraviolet,), (late,) = (aia.fetch(TIME, channel, folder=folder, npix=NPIX) for channel in (1600, 335))
        tables = aia.calibration(pointing=aia.pointing_table(TIME, "simulated", npix=NPIX))
        level1, spikes = ready(file), jsoc_files.read_spikes(spikes_beside(file))[0]
        respiked = aia.respike(file)
        counts = aia.estimate_error(respiked, tables)
        sharp = aia.deconvolve(counts)
        registered = aia.prep(sharp, tables)
        limb = ready(ultraviolet)
        old = aia.prep(aia.estimate_error(late, tables), tables)
        yield "fetch", {"image": level1}
        yield "tables", {"psf": aia.calculate_psf(171), "channel": 171, "core": "default"}
        yield "respike", {"level1": level1, "respiked": respiked, "spikes": spikes, "side": SIDE, "box": BOX}
        yield "error", {"image": counts, "table": tables.error[0]}
        yield "deconvolve", {"before": counts, "after": sharp, "side": SIDE, "box": []}
        yield "prep", {"level1": limb, "registered": aia.prep(limb, tables)}
        yield "degradation", {"before": old, "after": aia.correct_degradation(old, tables)}
        yield "exposure", {"image": aia.normalise_exposure(aia.correct_degradation(registered, tables))}
        yield "response", {"response": aia.wavelength_response(335, at=TIME, eve=True)}


def draw(app: Sphinx) -> None:
    """Write the pictures."""
    folder = Path(app.srcdir, FOLDER)
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd about simulated frames
        for step, function, values in drawn():
            look = quicklook.STYLE if function is quicklook.draw else plots.STYLE
            with origin.saying([] if step == "tables" else [origin.WORDS]):
                plots.write([folder / f"{step}.png"], function, style=look, **values)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and have the pictures drawn first."""
    app.add_directive("picture", Picture)
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True}
