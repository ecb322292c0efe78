"""Plan of a SPICE reduction: rasters, their fits, files, and the part of the settings that each rule uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.plan import spice_checks
from helioreduce.plan.paths import check_name, located, plain
from helioreduce.spice import composition, naming, saffron, selection
from helioreduce.spice.catalogue import Catalogue, read_catalogue
from helioreduce.spice.naming import Fits, Seen
from helioreduce.spice.selection import Raster, Selection
from helioreduce.spice.synthetic import STEP, WINDOWS

#: The simulated raster; its file is made by the workflow.
SIMULATED = "solo_L2_spice-n-ras_20220402T111537_V00_synthetic"
#: Products of every raster: folder and suffix.
PRODUCTS = {"level3": "fits", "radiance": "fits", "velocity": "fits", "report": "html"}
#: Memory of a job (MB): without pixels, and for each MB of the level-2 file.
_MEMORY, _PER_MB = 600, 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What the section ``spice`` of a configuration asks for.

    Attributes
    ----------
    settings
        The section, with a SAFFRON configuration laid over it where one is given.
    rasters
        Rasters to be reduced, by name.
    fits
        The fits of each raster, and what of the settings does not apply to it.
    refused
        Files that were selected and cannot be reduced, with the reason.
    notes
        What a user should know before the run: keys without a meaning here, and the refused files.
    catalogue
        Named input of the rules that read the user's line catalogue; empty for the built-in one.
    lines
        The line catalogue.
    tables
        Files of contribution functions; empty for those of the simulated raster.
    """

    settings: Mapping[str, Any]
    rasters: Mapping[str, Raster]
    fits: Mapping[str, Fits]
    refused: Mapping[str, str]
    notes: tuple[str, ...]
    catalogue: Mapping[str, str]
    lines: Catalogue
    tables: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """Return the plan of a validated configuration.

        Raises
        ------
        InputError
            If a file or folder does not exist, a name occurs nowhere, no raster is left, or a setting has no meaning.
        """
        settings, notes = _settings(config["spice"])
        path = str(located(settings["catalogue"], "spice.catalogue")) if settings["catalogue"] else ""
        lines, tables = read_catalogue(path), _tables(settings["composition"])
        chosen = _selection(settings, lines, tables)
        spice_checks.check(settings, lines, chosen.rasters, tables)
        fits = {raster.name: _fits(settings, raster, lines) for raster in chosen.rasters}
        left_out = [f"spice: left out: {reason}" for reason in chosen.refused.values()]
        return cls(
            settings=settings,
            rasters={raster.name: raster for raster in chosen.rasters},
            fits=fits,
            refused=chosen.refused,
            notes=(*notes, *_unused(settings), *_together(fits), *left_out),
            catalogue={"catalogue": path} if path else {},
            lines=lines,
            tables=tables,
        )

    def is_composed(self, raster: str) -> bool:
        """Return whether a map of the composition is made of a raster: it has a line of either side."""
        asked = [
            line for line in self.settings["composition"]["lines"] if naming.windows(line, self._chosen(raster), self.lines)
        ]
        sides = {composition.is_low(line, self.settings["composition"]["sides"]) for line in asked}
        return len(sides) == 2 and bool(self.tables or self.settings["source"] == "simulated")

    def pattern(self, *, composed: bool) -> str:
        """Return a regular expression of the rasters that one job reduces, with or without a map of the composition."""
        names = [name for name in self.rasters if self.settings["fused"] and self.is_composed(name) is composed]
        return "|".join(name.replace(".", r"\.").replace("+", r"\+") for name in names) or "(?!)"

    def _chosen(self, raster: str) -> list[Seen]:
        return naming.chosen(self.settings["windows"], self.rasters[raster].windows, self.lines)

    def targets(self) -> list[str]:
        """Return the products of every raster, its page, and the statement that nothing was refused."""
        made = []
        for name in self.rasters:
            products = {**PRODUCTS, "composition": "fits"} if self.is_composed(name) else PRODUCTS
            made += [f"results/spice/{folder}/{name}.{suffix}" for folder, suffix in products.items()]
        return [*made, "results/spice/complete.txt"]

    def products(self, folder: str, suffix: str = ".fits") -> list[str]:
        """Return one product of every raster."""
        return [f"results/spice/{folder}/{name}{suffix}" for name in self.rasters]

    @property
    def recorded(self) -> list[str]:
        """The rasters whose jobs record what they refuse; in single steps a window that cannot be reduced stops its raster."""
        return list(self.rasters) if self.settings["fused"] else []

    def values(self, folder: str) -> list[dict[str, str]]:
        """Return what the wildcards of the rules stand for together, in one folder: not every raster has a composition."""
        made = [name for name in self.rasters if folder != "composition" or self.is_composed(name)]
        return [{"raster": name, "group": group} for name in made for group in self.fits[name].windows]

    def level2(self, wildcards: Any) -> str:
        """Return the level-2 file of a raster."""
        raster = _known(self.rasters, wildcards.raster, "raster")
        return str(raster.file or f"results/spice/simulated/{raster.name}.fits")

    def memory(self, wildcards: Any, attempt: int) -> int:
        """Return the memory (MB) that a job of a raster asks for, from the size of its file."""
        file = Path(self.level2(wildcards))
        return attempt * int(_MEMORY + _PER_MB * (file.stat().st_size / 1e6 if file.is_file() else 10))

    def fit(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the windows of one fit of a raster, and what they are called in the products."""
        found: dict[str, list[str]] = _known(self.every_fit(wildcards), wildcards.group, f"fit of {wildcards.raster}")
        return found

    def every_fit(self, wildcards: Any) -> dict[str, dict[str, list[str]]]:
        """Return :meth:`fit` of every fit of a raster, by name."""
        fits = self.fits[wildcards.raster].windows
        return {name: {"windows": list(own), "labels": naming.labelled(fits, name)} for name, own in fits.items()}

    def trim(self, wildcards: Any) -> dict[str, list[float]]:
        """Return the wavelengths kept of a raster's windows, by name."""
        given, seen = self.settings["windows"]["trim"], self._chosen(wildcards.raster)
        return {own.name: list(limits) for name, limits in given.items() for own in naming.windows(name, seen, self.lines)}

    def fitted(self, wildcards: Any) -> list[str]:
        """Return the files with the fits of a raster, one per group."""
        return [f"results/spice/fitted/{wildcards.raster}/{name}.fits" for name in self.fits[wildcards.raster].windows]

    def notes_of(self, wildcards: Any) -> list[str]:
        """Return what of the settings does not apply to a raster, for its page."""
        return self.fits[wildcards.raster].notes

    @property
    def contribution_functions(self) -> str:
        """The table of contribution functions: the user's, one joined from the user's files, or the synthetic one."""
        if not self.tables:
            return "results/spice/simulated/contribution_functions.npz"
        return self.tables[0] if len(self.tables) == 1 else "results/spice/contribution_functions.npz"

    @property
    def dems(self) -> list[str]:
        """The user's files of reference DEMs."""
        return [str(located(path, "spice.composition.dems")) for path in self.settings["composition"]["dems"]]

    def composition(self, wildcards: Any) -> dict[str, str]:
        """Return the named input of the page that reads the composition map; empty where none is made."""
        made = self.is_composed(wildcards.raster)
        return {"composition": f"results/spice/composition/{wildcards.raster}.fits"} if made else {}

    @property
    def simulated(self) -> str:
        """Name of the simulated raster."""
        return SIMULATED

    def request(self, wildcards: Any) -> dict[str, Any]:
        """Return the settings of preparation and fit (:class:`helioreduce.spice.raster.Request`)."""
        return {
            "joining": self.joining,
            "trim": self.trim(wildcards),
            "threshold": self.spike_threshold,
            "denoise": self.settings["denoise"],
            "model": self.settings["model"],
            "bins": self.settings["binning"],
        }

    def after(self, wildcards: Any) -> dict[str, Any]:
        """Return the settings of what is made of the fits, and the notes of a raster's page."""
        bins, composed = self.settings["binning"], self.settings["composition"]
        return {
            "layout": {"pattern": self.settings["legacy"]["name"], "extents": bins["extents"], "times": bins["times"]},
            "velocity": self.settings["velocity"],
            "composition": {key: composed[key] for key in ("lines", "log_n", "sides")},
            "notes": self.notes_of(wildcards),
        }

    @property
    def joining(self) -> dict[str, Any]:
        """Settings of the windows' join: area, rotation and noise."""
        return {"area": self.settings["area"], "rotation": self.settings["rotation"], **self.settings["noise"]}

    @property
    def spike_threshold(self) -> float | None:
        """Threshold of a spike; None leaves spikes in."""
        return self.settings["spike_threshold"] if self.settings["despike"] else None

    @property
    def model_of_spikes(self) -> dict[str, Any]:
        """The model that spikes are looked for with; empty where they are left in."""
        return self.settings["model"] if self.settings["despike"] else {}


def _known(entries: Mapping[str, Any], name: str, kind: str) -> Any:
    """Return an entry by its name."""
    if name not in entries:
        raise InputError(f"there is no {kind} {name!r}", cure=f"There are {', '.join(entries)}")
    return entries[name]


def _settings(section: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the section, with a SAFFRON configuration laid over it where one is given, and notes on the latter."""
    settings = dict(section)
    if not settings["saffron"]:
        return settings, []
    path = located(settings["saffron"], "spice.saffron")
    try:
        translation = saffron.settings(path.read_text())
    except InputError as error:
        raise error.at(path) from None
    for key, value in translation.settings.items():
        settings[key] = dict(sorted({**settings[key], **value}.items())) if isinstance(value, dict) else value
    return settings, [f"{path.name}: {note}" for note in translation.notes]


def _fits(settings: Mapping[str, Any], raster: Raster, lines: Catalogue) -> Fits:
    """Return the fits of a raster, and notes on what of the settings does not apply to it.

    Raises
    ------
    InputError
        If no window is left.
    """
    seen = naming.chosen(settings["windows"], raster.windows, lines)
    found = naming.fits(settings["groups"], seen, lines)
    return Fits(found.windows, naming.unapplied(settings, found, seen, lines))


def _unused(settings: Mapping[str, Any]) -> list[str]:
    """Return what to say of the user's files where another source is set."""
    source, sources = settings["source"], {"files": ("list",), "folder": ("folder", "dates")}
    unread = {key: wanted for key, wanted in sources.items() if settings[key] and source not in wanted}
    return [
        f"spice.{key} is set, and spice.source is {source}: it is not read. For it set spice.source to {' or '.join(wanted)}."
        for key, wanted in unread.items()
    ]


def _together(fits: Mapping[str, Fits]) -> list[str]:
    """Return the notes of all rasters, each once, with the rasters it is of."""
    found: dict[str, list[str]] = {}
    for name, own in fits.items():
        for note in own.notes:
            found.setdefault(note, []).append(name)
    return [
        f"spice: {note} ({names[0] if len(names) == 1 else f'{len(names)} of {len(fits)} rasters'})"
        for note, names in found.items()
    ]


def _selection(settings: Mapping[str, Any], lines: Catalogue, tables: tuple[str, ...]) -> Selection:
    """Return the rasters of the request; the simulated one has no file yet."""
    if settings["source"] == "simulated":
        found = Selection((simulated(settings["simulated"]),), {})
    else:
        found = selection.rasters(_files(settings), settings["filters"], _name)
    empty = {
        raster.name: f"{raster.file or raster.name}: spice.windows leaves none of its windows"
        for raster in found.rasters
        if not naming.chosen(settings["windows"], raster.windows, lines)
    }
    kept = tuple(raster for raster in found.rasters if raster.name not in empty)
    if not kept:
        spice_checks.check(settings, lines, found.rasters, tables)
        raise InputError(next(iter(empty.values())), cure="Change spice.windows.include or spice.windows.exclude")
    return Selection(kept, {**found.refused, **empty})


def _name(path: Path) -> str:
    """Return what the products of a level-2 file are called; refuse a path that Snakemake cannot read."""
    check_name(path)
    return plain(selection.stem(path))


def simulated(settings: Mapping[str, Any]) -> Raster:
    """Return the raster that the workflow simulates, as the headers of its file will describe it."""
    shape = (settings["times"], settings["rows"], settings["columns"])
    windows = [Seen(own.name, own.first, own.first + STEP * (own.samples - 1), shape) for own in WINDOWS]
    return Raster(SIMULATED, None, tuple(windows))


def _files(settings: Mapping[str, Any]) -> list[Path]:
    """Return the files among which the rasters are."""
    if settings["source"] == "list":
        return [located(path, "spice.files") for path in settings["files"]]
    if not settings["folder"]:
        problem = f"spice.source is {settings['source']}, and spice.folder is not set"
        raise InputError(problem, cure="Give the folder of your level-2 files")
    folder = located(settings["folder"], "spice.folder", is_folder=True)
    return selection.in_folder(folder) if settings["source"] == "folder" else selection.on_days(folder, **settings["dates"])


def _tables(composition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the user's files of contribution functions, if composition maps are asked for."""
    given = composition["table"] if composition["lines"] else None
    names = [given] if isinstance(given, str) else given or []
    return tuple(str(located(name, "spice.composition.table")) for name in names)
