"""Values of the section ``spice``: the simulated raster, then the same as a user's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from offers import TEXT, Check, Done, Run, Value

from helioreduce.io import fits
from helioreduce.spice import catalogue, simulate

NAME = "solo_L2_spice-n-ras_20220402T111537_V00_synthetic"
SIZE = {"rows": 12, "columns": 10}
LEVEL3, RADIANCE, VELOCITY = (f"spice/{state}/{NAME}.fits" for state in ("level3", "radiance", "velocity"))
NEON, SULPHUR, OXYGEN = (
    "N IV 765 - Peak ... Ne VIII 770 - Peak (Merged)",
    "S IV 750/ Mg IX - Peak",
    "O III 703 / Mg IX 706 - Peak",
)
#: One window and no composition, for runs that show what is read.
ONE = {"windows": {"include": ["ne_8 770.42"]}, "groups": [], "model": {"ties": []}, "composition": {"lines": []}}
FILTERS = {"study": "COMPOSITION", "misostud": "2085", "soop": "Connection-Mosaic", "stp": "194", "name": "_wanted"}
CARDS = {"study": "STUDY", "misostud": "MISOSTUD", "soop": "SOOPNAME", "stp": "STP"}


def raster(path: Path, **cards: object) -> None:
    """Write a raster of a user's own, with other cards."""
    planes, _ = simulate.raster(simulate.Settings(**SIZE))
    for plane in planes:
        plane.header.update(cards)
    fits.write_planes(path, planes)


def folder_of_six(folder: Path) -> None:
    """Write a raster that fits all filters, and for each filter one that only that one keeps out; and a line catalogue."""
    raster(folder / "L2/a_wanted.fits")
    raster(folder / "L2/b.fits")
    for card in CARDS.values():
        raster(folder / f"L2/{card}_wanted.fits", **{card: 9 if card in ("MISOSTUD", "STP") else "other"})
    own = catalogue.built_in().remove_line("n_4 765.15").remove_line("ne_8 770.42").add_line("ne_8", 770.43)
    (folder / "lines.json").write_text(own.dump())


def days(folder: Path) -> None:
    """Write rasters of two days of different years, months and days."""
    raster(folder / "tree/2022/04/02/first.fits")
    raster(folder / "tree/2023/01/05/second.fits")


def own_file(folder: Path) -> None:
    """Write a raster, contribution functions in two forms, and a configuration of SAFFRON."""
    raster(folder / "mine.fits")
    table = simulate.table()
    stored = {name.replace(" ", "_"): values for name, values in table.functions.items()}
    np.savez(folder / "functions.npz", logT=table.log_t, logn=table.log_n, **stored)
    for name, values in table.functions.items():
        ion, wavelength = name.rsplit(" ", 1)
        meta = {"ion": ion, "wavelength": wavelength, "units": "erg cm3 / s", "abundance_applied": False}
        arrays = {"densities": 10**table.log_n, "temperature": 10**table.log_t, "gofnt": values}
        np.savez(folder / f"{ion}_{wavelength}.npz", meta=json.dumps(meta), **arrays)
    arguments = {"despike": False, "data_filename": "saffron_::PARAMPLACEHOLDER_::CONV.fits"}
    given = {"SELECTION_MODE": "list", "file selection mode=> list": {"files": ["mine.fits"]}, "fit_raster_args": arguments}
    (folder / "saffron.json").write_text(json.dumps(given))


def functions() -> list[str]:
    """Return the files of single lines."""
    return [f"{name.replace(' ', '_')}.npz" for name in simulate.table().functions]


def of(key: str, value: Any = TEXT) -> Value:
    """Return a value of a key."""
    return f"spice.{key}", value


def level3(done: Done, name: str) -> np.ndarray:
    """Return fitted parameters of a window, planes first: peak, centre and width of each line, background, χ²."""
    return next(plane for key, plane in done.planes(LEVEL3).items() if key.startswith(name) and key.endswith(" RESULTS"))[:, 0]


def levels(done: Done) -> dict[str, np.ndarray]:
    """Return the bins of the pixels of each fit, 0 for the smallest."""
    return {name: plane for name, plane in done.planes(LEVEL3).items() if name.endswith(" LEVEL")}


def prepared(done: Done, file: str = LEVEL3) -> str:
    """Return what is recorded of the preparation."""
    return str(fits.read_planes(done.file(file))[0].header["PRPARA1"])


def same(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether finite values are the same, and some are."""
    known = np.isfinite(first + second)
    return bool(known.any() and np.allclose(first[known], second[known], atol=1e-6))


def widths_differ(done: Done) -> bool:
    """Return whether Mg IX 749.54 and S IV 750.22, of one window, have widths of their own."""
    found = level3(done, SULPHUR)
    return not same(found[5], found[8])


def trend(done: Done, axis: int) -> float:
    """Return the slope of the velocity of Ne VIII along an axis, as a plane fitted to both, km/s per pixel."""
    v = done.planes(VELOCITY)["ne_8 770.42"][0]
    y, x = np.nonzero(np.isfinite(v))
    return float(abs(np.linalg.lstsq(np.stack([np.ones(len(y)), y, x], axis=1), v[y, x], rcond=None)[0][1 + axis]))


def in_words(key: str) -> Check:
    """Return the check of what the header of the velocities says."""
    return lambda done: key in fits.read_planes(done.file(VELOCITY))[0].header["PRPARA3"]


def products(done: Done) -> set[str]:
    """Return the names of the reduced rasters."""
    return {path.stem for path in (done.folder / "results/spice/level3").iterdir()}


def source(done: Done, name: str) -> str:
    """Return the level-2 file that a product names."""
    return str(fits.read_planes(done.file(f"spice/level3/{name}.fits"))[0].header["PRREF1"])


def turned(law: str, name: str = NAME) -> Check:
    """Return the check that maps have coordinates of one time, by a law of rotation."""
    return lambda done: fits.read_planes(done.file(f"spice/radiance/{name}.fits"))[0].header.get("ROTATION", "none") == law


def noise(done: Done) -> float:
    """Return the median error of the peak of Ne VIII."""
    return float(np.nanmedian(done.planes(LEVEL3)[f"{NEON} SIGMA"][3]))


def unbinned(done: Done) -> bool:
    """Nothing is asked of a line, and every spectrum is fitted as it is; of the base some are binned."""
    base = levels(done.run("spice")).values()
    return not any(np.any(plane > 0) for plane in levels(done).values()) and any(np.any(plane > 0) for plane in base)


def strong_line_counts(done: Done) -> bool:
    """No pixel is binned for the sake of N IV, of which some are not known as well as asked; Ne VIII is everywhere."""
    planes = done.planes(LEVEL3)
    weak, strong = ((planes[f"{NEON} SIGMA"] / planes[f"{NEON} RESULTS"])[k] for k in (0, 3))
    return not any(np.any(plane > 0) for plane in levels(done).values()) and np.nanmax(weak) > 0.07 > np.nanmax(strong)


def composed(done: Done, name: str, *tables: str) -> bool:
    """Return whether the composition of a raster names its table, and is that of the built-in one, which is alike."""
    plane = fits.read_planes(done.file(f"spice/composition/{name}.fits"))[0]
    return np.isfinite(plane.data).any() and any(table in plane.header["PRREF3"] for table in tables)


EVERYTHING: dict[Value, Check] = dict.fromkeys(
    (
        of(key, None)
        for key in ("folder", "saffron", "filters.study", "filters.misostud", "filters.soop", "filters.stp", "filters.name")
    ),
    lambda done: products(done) == {NAME},
)
BASE: dict[Value, Check] = {
    of("source", "simulated"): lambda done: f"simulated/{NAME}.fits" in source(done, NAME),
    of("catalogue", None): lambda done: "ne_8 770.42" in done.planes(RADIANCE),
    of("fused", True): lambda done: not done.has("spice/fitted"),
    of("groups[][]"): lambda done: "mg_9_706.02+mg_9_749.54 STATUS" in done.planes(LEVEL3),
    of("noise.frames", 2): lambda done: noise(done) > noise(done.run("spice_changed")),
    of("despike", True): lambda done: "spikes=10;" in prepared(done) and "threshold=4.5" in prepared(done),
    of("denoise", False): lambda done: "denoised=False" in prepared(done),
    of("rotation", "none"): turned("none"),
    **dict.fromkeys(
        (of("model.ties[].operation", "add"), of("model.ties[].follower"), of("model.ties[].leader")),
        lambda done: same(level3(done, SULPHUR)[4], level3(done, OXYGEN)[7] + 43.52),
    ),
    of("model.ties[].operation", "mul"): lambda done: same(level3(done, SULPHUR)[5], level3(done, OXYGEN)[8]),
    of("model.shared_width", False): widths_differ,
    of("velocity.zero", "median"): lambda done: abs(np.nanmedian(done.planes(VELOCITY)["ne_8 770.42"])) < 1e-4,
    of("composition.lines[]"): lambda done: composed(done, NAME, "simulated/contribution_functions.npz"),
    of("composition.table", None): lambda done: composed(done, NAME, "simulated/contribution_functions.npz"),
    **EVERYTHING,
}
#: One raster with settings that do not hide one another.
CHANGED = {
    "simulated": SIZE,
    "noise": {"frames": 1},
    "despike": False,
    "rotation": "howard",
    "groups": [
        {"name": "mine", "windows": ["mg_9 706.02", "mg_9 749.54"], "alone": True},
        {"name": "other", "windows": ["ne_8 770.42", "s_4 750.22"], "alone": False},
    ],
    "model": {"ties": [], "shared_width": True},
    "binning": {"thresholds": dict.fromkeys("IxsB")},
    "velocity": {"zero": "mean", "gradients": ["x", "y"]},
    "composition": {"lines": []},
    "legacy": {"name": "mine_::PARAMPLACEHOLDER_::CONV.fits"},
}
RUNS = {
    "spice": Run({"spice": {"simulated": SIZE}}, ("spice",), BASE),
    "spice_changed": Run(
        {"spice": CHANGED},
        ("spice",),
        {
            of("noise.frames", 1): lambda done: noise(done) < noise(done.run("spice")),
            of("rotation", "howard"): turned("howard"),
            of("despike", False): lambda done: "spikes=not looked for" in prepared(done),
            of("groups[].name"): lambda done: {"mine STATUS", "other STATUS"} <= set(done.planes(LEVEL3)),
            of("groups[].windows[]"): lambda done: done.has(f"spice/saffron/{NAME}/mine_Background_mine*"),
            of("groups[].alone", True): lambda done: (
                sum("706" in name and name.endswith("RESULTS") for name in done.planes(LEVEL3)) == 2
            ),
            of("groups[].alone", False): lambda done: (
                sum("770" in name and name.endswith("RESULTS") for name in done.planes(LEVEL3)) == 1
            ),
            of("model.shared_width", True): lambda done: not widths_differ(done),
            **dict.fromkeys((of(f"binning.thresholds.{key}", None) for key in "IxsB"), unbinned),
            of("velocity.zero", "mean"): in_words("zero=mean"),
            of("velocity.gradients[]", "x"): lambda done: trend(done, 1) < 0.5 * trend(done.run("spice"), 1),
            of("velocity.gradients[]", "y"): lambda done: trend(done, 0) < 0.5 * trend(done.run("spice"), 0),
            of("legacy.name"): lambda done: len(list((done.folder / f"results/spice/saffron/{NAME}").glob("mine_*.fits"))) > 5,
        },
    ),
    "spice_steps": Run(
        {
            "spice": {
                **ONE,
                "simulated": SIZE,
                "fused": False,
                "denoise": True,
                "rotation": "snodgrass",
                "velocity": {"zero": "rest"},
                "area": [[2, None], [None, 8]],
                "binning": {"lines": ["ne_8 770.42"], "thresholds": {"I": 0.07}},
            }
        },
        ("spice",),
        {
            of("fused", False): lambda done: done.has(f"spice/fitted/{NAME}/*.fits"),
            of("rotation", "snodgrass"): turned("snodgrass"),
            of("denoise", True): lambda done: "denoised=True" in prepared(done),
            of("velocity.zero", "rest"): lambda done: same(
                done.planes(VELOCITY)["ne_8 770.42"][0], 299792.458 * (level3(done, NEON)[4] / 770.42 - 1)
            ),
            of("area[][]", None): lambda done: done.planes(RADIANCE)["ne_8 770.42"].shape == (1, 10, 8),
            of("windows.include[]"): lambda done: "mg_9 706.02" not in done.planes(RADIANCE),
            of("binning.lines[]"): strong_line_counts,
        },
    ),
    "spice_list": Run(
        {
            "spice": {
                "source": "list",
                "files": ["mine.fits"],
                "rotation": "snodgrass_ulrich",
                "windows": {"exclude": ["mg_9 706.02"]},
                "groups": [],
                "model": {"ties": []},
                "composition": {"lines": ["s_4 750.22", "n_4 765.15"], "table": "functions.npz"},
            }
        },
        ("spice",),
        {
            of("source", "list"): lambda done: products(done) == {"mine"} and not done.has("spice/simulated"),
            of("rotation", "snodgrass_ulrich"): turned("snodgrass_ulrich", "mine"),
            of("files[]"): lambda done: "level 2" in source(done, "mine") and "mine.fits" in source(done, "mine"),
            of("windows.exclude[]"): lambda done: "mg_9 706.02" not in done.planes("spice/radiance/mine.fits"),
            of("composition.table"): lambda done: composed(done, "mine", "functions.npz"),
        },
        files=own_file,
    ),
    "spice_lines": Run(
        {
            "spice": {
                "saffron": "saffron.json",
                "windows": {"exclude": ["mg_9 706.02"]},
                "groups": [],
                "model": {"ties": []},
                "composition": {"lines": ["s_4 750.22", "n_4 765.15"], "table": functions()},
            }
        },
        ("spice",),
        {
            of("composition.table[]"): lambda done: composed(done, "mine", "spice/contribution_functions.npz"),
            of("saffron"): lambda done: (
                done.has("spice/saffron/mine/saffron_*.fits")
                and "spikes=not looked for" in prepared(done, "spice/level3/mine.fits")
            ),
        },
        files=own_file,
    ),
    "spice_folder": Run(
        {
            "spice": {
                **ONE,
                "source": "folder",
                "folder": "L2",
                "filters": FILTERS,
                "catalogue": "lines.json",
                "rotation": "rigid",
                "windows": {"include": ["ne_8 770.43"]},
            }
        },
        ("spice",),
        {
            of("source", "folder"): lambda done: products(done) == {"a_wanted"},
            of("rotation", "rigid"): turned("rigid", "a_wanted"),
            of("folder"): lambda done: "L2/a_wanted.fits" in source(done, "a_wanted"),
            of("catalogue"): lambda done: "ne_8 770.43" in done.planes("spice/radiance/a_wanted.fits"),
            **{
                of(f"filters.{key}"): (
                    lambda done, name=name: done.folder.joinpath("L2", name).exists() and Path(name).stem not in products(done)
                )
                for key, name in {**{key: f"{card}_wanted.fits" for key, card in CARDS.items()}, "name": "b.fits"}.items()
            },
        },
        files=folder_of_six,
    ),
    "spice_dates": Run(
        {"spice": {**ONE, "source": "dates", "folder": "tree", "dates": {"year": "all", "month": "all", "day": "all"}}},
        ("spice",),
        {
            of("source", "dates"): lambda done: "tree/2022/04/02/first.fits" in source(done, "first"),
            **dict.fromkeys(
                (of(f"dates.{key}") for key in ("year", "month", "day")), lambda done: products(done) == {"first", "second"}
            ),
        },
        files=days,
    ),
}
EXCEPTIONS: dict[Value, str] = {}
