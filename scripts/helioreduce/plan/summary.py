"""What a run says at its end."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from helioreduce.aia import steps
from helioreduce.errors import counted
from helioreduce.io import ecsv
from helioreduce.io.provenance import SIMULATED
from helioreduce.plan import aia, local, selection
from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_batch import KEPT

#: The page of all figures.
GALLERY = "results/figures/gallery.html"
#: Folders of tracked cubes and of series: of observations, and of simulated images.
CUBES = ("results/aia/cube", f"results/aia/cube{local.SIMULATED}")
SERIES = ("results/aia/series", f"results/aia/series{local.SIMULATED}")
FILMS = ("results/aia/film", f"results/aia/film{local.SIMULATED}")
#: Folders of finished products beside those of AIA's images, and the names of the files in them.
FINISHED = {
    "results/aia/quicklook": "<channel>/<time>.jpg",
    **dict.fromkeys(FILMS, "<channel>/<day>.webp"),
    "results/aia/light_curves": "<channel>.ecsv",
    "results/aia/dem": "<time>.fits",
    "results/aia/dem_maps": "<time>.png",
    "results/aia/cube_dem": "<time>.fits",
    "results/aia/cube_dem_maps": "<time>.png",
    **dict.fromkeys(CUBES, "<channel>.fits"),
    **dict.fromkeys(SERIES, "<channel>/<year>.zarr"),
    "results/figures": GALLERY.rpartition("/")[2],
    "results/cosmic_rays/sources": "<job>/<frame>.png",
    "results/esis/level3": "<flight>/<line>/<sequence>.fits",
    "results/esis/compared": "<flight>/<line>/movie.gif",
    "results/spice/report": "<raster>.html",
}
#: Folders, and beginnings of them, of products that a change of settings may leave behind, by instrument.
_PRODUCTS = {
    "aia": (*(f"results/aia/{step.folder}" for step in steps.STEPS), "results/aia/quicklook", "results/aia/aligned",
            "results/aia/light_curves", "results/aia/dem", "results/aia/dem_maps", "results/aia/cube_dem",
            "results/aia/cube_dem_maps", "results/figures"),
    "esis": ("results/esis/level3", "results/esis/compared", "results/esis/figures"),
    "spice": tuple(f"results/spice/{name}" for name in ("level3", "radiance", "velocity", "composition", "report")),
    "cosmic_rays": tuple(f"results/cosmic_rays/{name}" for name in ("combined", "cleaned", "sources")),
}  # fmt: skip
#: What is said where a run has to do with simulated frames other than AIA's: beginning of their files, what they are, the cure.
_SIMULATED = {
    "results/esis/level0/": ("The flight of ESIS is", "set esis.directory"),
    "results/spice/simulated/": ("The raster of SPICE is", "set spice.source, and spice.files or spice.folder"),
    "results/cosmic_rays/simulated/": ("The frames of the example of cosmic rays are", "set cosmic_rays.clean"),
}
#: Reasons shown; the logs hold all.
_MOST = 200
_DEGRADATION = Path("results/aia/tables/degradation.ecsv")
#: Start of this run: logs that are older are another's.
_BEGAN = time.time()


def summary(plan: Plan, files: Collection[str], targets: Collection[str] = ()) -> str:
    """Return where the results are, for whoever has just run the workflow, and what should be known of them.

    Parameters
    ----------
    plan
        AIA's plan of the configuration.
    files
        What the run has made or found finished.
    targets
        What the configuration asks for besides, by other commands.
    """
    found = _results(plan, files)
    return "\n".join(["", "Done. Look at:" if found else "Done.", *found, *_notes(plan, files), *_others(plan, files, targets)])


def failed(plan: Plan, files: Collection[str], targets: Collection[str] = ()) -> str:
    """Return what a run has finished, what it has not, and why; ``files`` are those that it was to make."""
    of_aia = _is_of("aia", files)
    refused = plan.refused.values() if of_aia else ()
    found, reasons = _results(plan, files), list(dict.fromkeys([*refused, *_reasons(plan)]))
    lines = ["Finished products:", *found] if found else []
    lines += [*_notes(plan, files), *_others(plan, files, targets)]
    if plan.source.is_local and of_aia:
        products = plan.products()
        finished = {file for file in products if Path(file).is_file()}
        kept = sum(_is_kept(file) for file in products if file not in finished)
        more = f", {kept} more {'is' if kept == 1 else 'are'} kept for the next run" * bool(kept)  # their job has failed
        lines.append(f"{len(finished)} of {len(plan.frames) + len(plan.refused)} images are finished{more}.")
    if reasons:
        lines += ["What failed, and why:", *(f"  {reason}" for reason in reasons[:_MOST])]
    if len(reasons) > _MOST:
        lines.append(f"  and {len(reasons) - _MOST} more, see results/logs")
    return "\n".join(["", *lines])


def _is_kept(product: str) -> bool:
    """Return whether a job for many images that has failed in this run has kept a product."""
    channel, name = Path(product).parts[-2:]
    return any(file.stat().st_mtime >= _BEGAN for file in Path(KEPT, channel).glob(f"*/{name}"))


def _is_of(instrument: str, files: Collection[str]) -> bool:
    """Return whether some of the files are products of an instrument."""
    folders = _PRODUCTS[instrument] + SERIES * (instrument == "aia")  # what is in a series is never left behind
    return any(file.startswith(folders) for file in files)


def _results(plan: Plan, files: Collection[str]) -> list[str]:
    """Return the folders of finished products among the files of a run."""
    images = dict.fromkeys(str(Path(file).parents[1]) for file in ("results/aia/level1.5/-/-", *plan.products()))
    folders = dict.fromkeys(images, "<channel>/<time>.fits") | FINISHED
    made = [file for file in files if file.startswith(tuple(folders)) and Path(file).is_file()]
    if GALLERY not in made:
        folders["results/figures"] = "*.png"
    return [f"  {folder}/{name}" for folder, name in folders.items() if any(file.startswith(f"{folder}/") for file in made)]


def _notes(plan: Plan, files: Collection[str]) -> list[str]:
    """Return what a user should know of the results: files that were left out, and what is not the real thing."""
    notes = [*plan.notes, *_of_series(files), *_of_aia(plan)] if _is_of("aia", files) else []
    notes += _of_esis(files)
    for beginning, (what, cure) in _SIMULATED.items():
        if any(file.startswith(beginning) for file in files):
            notes.append(f"{what} SIMULATED: no observation. For your own {cure}.")
    return [f"Note: {note}" for note in notes]


def _of_esis(files: Collection[str]) -> Iterator[str]:
    """Yield which sequences of ESIS are left out, and why, from the tables of the run."""
    for table in map(Path, sorted(files)):
        if table.match("results/esis/compared/*/*/sequences.ecsv") and table.is_file():
            for row in ecsv.read(table)[0]:
                if row["left_out"]:
                    yield f"ESIS {table.parent.name}: sequence {row['exposure']} is left out: {row['left_out']}"


def _of_series(files: Collection[str]) -> Iterator[str]:
    """Yield what the logs say of series: missing images, parts that do not follow from the same settings."""
    indices = (Path(file).parent for file in files if file.startswith(SERIES) and file.endswith("zarr.json"))
    logs = [Path("results/logs/aia_index", index.parent.name, f"{index.stem}.log") for index in sorted(indices)]
    for log in (*logs, *[Path("results/logs/aia_review.log")] * bool(logs)):
        text = log.read_text(errors="replace") if log.exists() else ""
        yield from re.findall(r"^[\d-]+ [\d:,]+ WARNING (.*)", text, re.MULTILINE)


def _of_aia(plan: Plan) -> Iterator[str]:
    """Yield what of AIA's images and tables is not the real thing, or not what was asked for."""
    if taken := len(plan.source.stand_ins(plan.frames_of_period) & plan.frames.keys()):
        yield f"{taken} of {len(plan.frames)} images are the nearest good record: {selection.MISSING} says which and why."
    simulated = sum(local.SIMULATED in time for _, time in plan.frames)
    if plan.source.is_archive:
        yield f"The images of AIA are {SIMULATED}: no observation. For real ones set source to jsoc or local."
    elif simulated:
        yield f"{simulated} of {len(plan.frames)} images of AIA are {SIMULATED}: no observation. Their names say which."
    if not plan.source.is_archive and _DEGRADATION.is_file() and SIMULATED in _DEGRADATION.read_text():
        yield (
            f"The degradation table is a stand-in ({SIMULATED}, up to 0.6 % from SolarSoft's). For science put "
            f"aia_V{plan.tables.version}_*_response_table.txt of SolarSoft into a folder 'tables' in or beside your files, "
            "or set aia.calibration.degradation."
        )


def _others(plan: Plan, files: Collection[str], targets: Collection[str]) -> list[str]:
    """Return the products of other requests or settings in the folders of a run, which it has neither made nor checked."""
    made = {step for step in steps.STEPS if any(file.startswith(f"results/aia/{step.folder}/") for file in files)}
    states = {True: set[str](), False: set[str]()}  # of the frames of this run, by whether it makes them: chunks do not
    for step in steps.STEPS:
        taken = (frame for frame in plan.frames if not plan.left_out(step.name, *frame))
        states[step in made] |= {_stem(aia.product(step.folder, *frame)) for frame in taken}
    known = states[True] | {_stem(file) for file in (*files, *targets)}
    folders = [folder for instrument, names in _PRODUCTS.items() if _is_of(instrument, files) for folder in names]
    found = ((folder, path) for folder in folders for path in Path(folder).rglob("[!.]*.*"))
    left = [(folder, _stem(path)) for folder, path in found if path.is_file() and _stem(path) not in known]
    others = Counter(folder for folder, stem in left if stem not in states[False])
    listed = ", ".join(f"{folder} ({counted(number, 'file')})" for folder, number in others.items())
    between = ", ".join(dict.fromkeys(Path(folder).name for folder, stem in left if stem in states[False]))
    foreign = f"Note: Of other requests or settings, and not checked by this run: {listed}. Remove what you do not need."
    older = f"Note: This run went from level 1 to the end in memory; the states between are an earlier run's: {between}."
    return [foreign] * bool(listed) + [older] * bool(between)


def _stem(file: str | Path) -> str:
    """Return a file without its ending."""
    return str(Path(file).with_suffix(""))


def _reasons(plan: Plan) -> Iterator[str]:
    """Yield why jobs of this run failed, from their logs; each names a file of the user's, or the log."""
    for log in sorted(Path("results/logs").rglob("*.log")):
        if log.name == "aia_refuse.log" or log.stat().st_mtime < _BEGAN:
            continue
        text = log.read_text(errors="replace").rstrip()
        if found := re.search(r"^[\d-]+ [\d:,]+ ERROR (.*(?:\n  .*)*)", text, re.MULTILINE):
            reason = text.rpartition("\n")[2] if found[1] == "unexpected error" else found[1]
            own = plan.frames.get((log.parent.name, log.stem))  # none where a job is of many images
            names_file = own and any(str(file) in reason for file in (own.image, own.spikes))
            yield reason if names_file else f"{own.image if own else log}: {reason}"
