"""Plan of a SPICE reduction: rasters, groups of windows, files, and the part of the settings that each rule uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from helioreduce.errors import InputError
from helioreduce.plan.paths import located
from helioreduce.spice import saffron, selection
from helioreduce.spice.selection import Raster, Selection
from helioreduce.spice.synthetic import WINDOWS

#: The simulated raster; its file is made by the workflow.
SIMULATED = Raster(
    "solo_L2_spice-n-ras_20220402T111537_V00_synthetic", None, tuple(selection.unique(window.name for window in WINDOWS))
)
#: Products of every raster: folder and suffix.
PRODUCTS = {"level3": "fits", "radiance": "fits", "velocity": "fits", "report": "html"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the section ``spice`` of a configuration asks for.

    Attributes
    ----------
    settings
        The section, with a SAFFRON configuration laid over it where one is given.
    rasters
        Rasters to be reduced, by name.
    refused
        Files that were selected and cannot be reduced, with the reason.
    notes
        What a user should know before the run: keys without a meaning here, and the refused files.
    catalogue
        Named input of the rules that read the user's line catalogue; empty for the built-in one.
    tables
        Files of contribution functions; empty for those of the simulated raster.
    """

    settings: Mapping[str, Any]
    rasters: Mapping[str, Raster]
    refused: Mapping[str, str]
    notes: tuple[str, ...]
    catalogue: Mapping[str, str]
    tables: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Plan:
        """Return the plan of a validated configuration.

        Raises
        ------
        InputError
            If a file, a folder or a window does not exist, or no raster is left, or a setting has no meaning.
        """
        settings, notes = _settings(config["spice"])
        chosen = _selection(settings)
        _check(settings)
        notes += [*_unused(settings), *_groups(settings["groups"], chosen.rasters)]
        left_out = [f"spice: left out: {reason}" for reason in chosen.refused.values()]
        return cls(
            settings=settings,
            rasters={raster.name: raster for raster in chosen.rasters},
            refused=chosen.refused,
            notes=(*notes, *left_out),
            catalogue={"catalogue": str(located(settings["catalogue"]))} if settings["catalogue"] else {},
            tables=_tables(settings["composition"]),
        )

    @property
    def composed(self) -> bool:
        """Whether maps of the composition are made."""
        return bool(self.settings["composition"]["lines"] and (self.tables or self.settings["source"] == "simulated"))

    def targets(self) -> list[str]:
        """Return the products of every raster, and its page."""
        products = {**PRODUCTS, "composition": "fits"} if self.composed else PRODUCTS
        return [f"results/spice/{folder}/{name}.{suffix}" for name in self.rasters for folder, suffix in products.items()]

    def products(self, folder: str, suffix: str = ".fits") -> list[str]:
        """Return one product of every raster."""
        return [f"results/spice/{folder}/{name}{suffix}" for name in self.rasters]

    def level2(self, wildcards: Any) -> str:
        """Return the level-2 file of a raster."""
        raster = self.rasters[wildcards.raster]
        return str(raster.file or f"results/spice/simulated/{raster.name}.fits")

    def groups(self, raster: str) -> list[str]:
        """Return the names of a raster's groups of windows: those of the configuration, and every other window alone."""
        count = len(self.rasters[raster].windows)
        joined = [list(group) for group in self.settings["groups"] if max(group) < count]
        grouped = {number for group in joined for number in group}
        alone = [[number] for number in range(count) if number not in grouped]
        return [f"window{'-'.join(map(str, group))}" for group in sorted(joined + alone)]

    def windows(self, wildcards: Any) -> list[int]:
        """Return the numbers of a group's windows in the level-2 file."""
        return [int(number) for number in wildcards.group.removeprefix("window").split("-")]

    def fitted(self, wildcards: Any) -> list[str]:
        """Return the files with the fits of a raster, one per group."""
        return [f"results/spice/fitted/{wildcards.raster}/{group}.fits" for group in self.groups(wildcards.raster)]

    @property
    def contribution_functions(self) -> str:
        """The table of contribution functions: the user's, one joined from the user's files, or the synthetic one."""
        if not self.tables:
            return "results/spice/simulated/contribution_functions.npz"
        return self.tables[0] if len(self.tables) == 1 else "results/spice/contribution_functions.npz"

    @property
    def composition(self) -> dict[str, str]:
        """Named input of the rules that read the composition maps; empty where none are made."""
        return {"composition": "results/spice/composition/{raster}.fits"} if self.composed else {}

    @property
    def simulated(self) -> str:
        """Name of the simulated raster."""
        return SIMULATED.name

    @property
    def joining(self) -> dict[str, Any]:
        """Settings of the windows' join: area and noise."""
        return {"area": self.settings["area"], **self.settings["noise"]}

    @property
    def spike_threshold(self) -> float | None:
        """Threshold of a spike; None leaves spikes in."""
        return self.settings["spike_threshold"] if self.settings["despike"] else None

    @property
    def model_of_spikes(self) -> dict[str, Any]:
        """The model that spikes are looked for with; empty where they are left in."""
        return self.settings["model"] if self.settings["despike"] else {}


def _settings(section: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the section, with a SAFFRON configuration laid over it where one is given, and notes on the latter."""
    settings = dict(section)
    if not settings["saffron"]:
        return settings, []
    path = located(settings["saffron"])
    try:
        translation = saffron.settings(path.read_text())
    except InputError as error:
        raise error.at(path) from None
    for key, value in translation.settings.items():
        settings[key] = dict(sorted({**settings[key], **value}.items())) if isinstance(value, dict) else value
    return settings, [f"{path.name}: {note}" for note in translation.notes]


def _check(settings: Mapping[str, Any]) -> None:
    """Refuse limits without room, and names of files that are none."""
    for name, (low, high) in settings["model"]["limits"].items():
        if not low < high:
            raise InputError(f"spice.model.limits.{name} is [{low:g}, {high:g}]", cure="Give the lower limit first")
    bins = settings["binning"]
    try:
        saffron.FileNames(settings["legacy"]["name"], "", bins["extents"], bins["times"], datetime.min)
    except InputError as error:
        raise error.at("spice.legacy.name") from None


def _groups(groups: Iterable[Sequence[int]], rasters: Iterable[Raster]) -> list[str]:
    """Return notes on the groups that some rasters have too few windows for; refuse those that fit none.

    Raises
    ------
    InputError
        If no raster has a window of a group, or two groups have a window in common.
    """
    counts = {raster.name: len(raster.windows) for raster in rasters}
    most, notes, seen = max(counts.values()), [], set[int]()
    for group in groups:
        if max(group) >= most:
            cure = f"Windows are counted from 0, and the file has {most}" if most else "Set spice.groups to []"
            raise InputError(f"spice.groups: there is no window {max(group)}", cure=cure)
        if twice := seen & set(group):
            raise InputError(f"spice.groups: window {min(twice)} is in two groups", cure="Put it into one of them")
        seen |= set(group)
        few = [name for name, count in counts.items() if max(group) >= count]
        notes += [f"{name} has no window {max(group)}: its windows are fitted without the group {list(group)}" for name in few]
    return notes


def _unused(settings: Mapping[str, Any]) -> list[str]:
    """Return what to say of the user's files where another source is set."""
    source, sources = settings["source"], {"files": ("list",), "folder": ("folder", "dates")}
    unread = {key: wanted for key, wanted in sources.items() if settings[key] and source not in wanted}
    return [
        f"spice.{key} is set, and spice.source is {source}: it is not read. For it set spice.source to {' or '.join(wanted)}."
        for key, wanted in unread.items()
    ]


def _selection(settings: Mapping[str, Any]) -> Selection:
    """Return the rasters of the request; the simulated one has no file yet."""
    if settings["source"] == "simulated":
        return Selection((SIMULATED,), {})
    return selection.rasters(_files(settings), settings["filters"])


def _files(settings: Mapping[str, Any]) -> list[Path]:
    """Return the files among which the rasters are."""
    if settings["source"] == "list":
        return [located(path) for path in settings["files"]]
    if not settings["folder"]:
        raise InputError("spice.folder is not set", cure="Give the folder of your level-2 files")
    folder = located(settings["folder"])
    return selection.in_folder(folder) if settings["source"] == "folder" else selection.on_days(folder, **settings["dates"])


def _tables(composition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the user's files of contribution functions, if composition maps are asked for."""
    given = composition["table"] if composition["lines"] else None
    names = [given] if isinstance(given, str) else given or []
    return tuple(str(located(name)) for name in names)
