"""ESIS: the frames of a flight, its sequences, and the files that each rule reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import product as product_of
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis.camera import CAMERAS, TABLE_2019, Flight, read_table
from helioreduce.esis.level0 import NAME, identity
from helioreduce.plan.aia import product
from helioreduce.plan.paths import located

#: Level-0 frames: {exposure number: {camera: file}}, in order.
Exposures = Mapping[int, Mapping[int, str]]
#: Made by the simulation of a flight.
SIMULATED_TARGET = "results/esis/level0/target.fits"
_SIMULATED_FRAME = "results/esis/level0/ESIS{}_{:05d}.fits"
#: A simulated flight starts this many exposures after the first in sunlight, and its darks with this number.
_AFTER_FIRST_LIGHT, _FIRST_DARK = 11, 97
#: Flight whose table is in the package.
_DEFAULT = "2019"
_FITS = (".fits", ".fits.gz", ".fts")


@dataclass(frozen=True)
class Plan:
    """What a configuration asks of ESIS.

    Parameters
    ----------
    settings
        The section ``esis`` of the configuration.
    lights, darks
        Level-0 frames taken in sunlight and in the dark.
    targets_of
        Images that an exposure may be aligned to, by its number; the nearest in time is taken. Empty: the designed geometry.
    flight
        Name of the flight in those of the products: what is simulated never has the name of what is not.
    table
        What the flight has of its own, see :class:`helioreduce.esis.camera.Flight`.
    """

    settings: Mapping[str, Any]
    lights: Exposures
    darks: Exposures
    targets_of: Mapping[int, list[str]]
    flight: str
    table: Mapping[str, Any]

    @classmethod
    def of(cls, config: Mapping[str, Any], aia_frames: Iterable[tuple[str, str]]) -> Plan:
        """Return the plan of a validated configuration.

        Parameters
        ----------
        config
            The whole configuration.
        aia_frames
            Channel and time of the frames that are asked of AIA.

        Raises
        ------
        InputError
            If a file or folder does not exist or holds nothing that can be used.
        """
        name, table = _flight(str(config["esis"]["flight"]))
        settings = _settings(config["esis"], name, table)
        if settings["directory"] is None:
            name = "simulated"
        lights, darks = _given(settings) if settings["directory"] else _simulated(settings)
        return cls(settings, lights, darks, _targets(settings, lights, aia_frames, Flight.of(table)), name, table)

    @property
    def simulated(self) -> bool:
        """Whether the workflow makes the level-0 frames itself."""
        return self.settings["directory"] is None

    @property
    def cameras(self) -> tuple[int, ...]:
        """Numbers of the cameras."""
        return CAMERAS

    @property
    def sequences(self) -> list[str]:
        """Numbers of the exposures in sunlight, as they stand in file names."""
        return [f"{number:05d}" for number in self.lights]

    @property
    def modelled_on(self) -> list[str]:
        """The AIA image that the simulated Sun resembles; none where AIA is not the target."""
        first = sorted({file for files in self.targets_of.values() for file in files})[:1]
        return first if self.settings["target"] == "aia" else []

    def targets(self) -> list[str]:
        """Return level 3, the comparison of the cameras, and the figures of every requested line."""
        names = [f"level3/{{}}/{{}}/{sequence}.fits" for sequence in self.sequences]
        names += ["compared/{}/{}/movie.gif", "figures/{}/{}/coalignment.png"]
        return [f"results/esis/{name}".format(self.flight, line) for line in self.settings["lines"] for name in names]

    def values(self, folder: str) -> list[dict[str, str]]:
        """Return what the wildcards of the rules stand for together; they are those of every folder."""
        own = product_of([self.flight], self.table["lines"], self.sequences, map(str, CAMERAS))
        return [dict(zip(("flight", "line", "sequence", "camera"), values, strict=True)) for values in own]

    def dark_frames(self, wildcards: Any) -> list[str]:
        """Return the dark frames of a camera."""
        camera = int(wildcards.camera)
        return [files[camera] for files in self.darks.values() if camera in files]

    def light_frames(self, wildcards: Any) -> list[str]:
        """Return the frames of a sequence, in the order of the cameras."""
        return list(self._of(self.lights, wildcards).values())

    def target(self, wildcards: Any) -> list[str]:
        """Return the images that a sequence may be aligned to."""
        return self._of(self.targets_of, wildcards)

    def every(self, state: str) -> Callable[[Any], list[str]]:
        """Return the input function of one state of every sequence of a line."""
        return lambda wildcards: [_state(state, wildcards, sequence) for sequence in self.sequences]

    def every_level1(self) -> list[str]:
        """Return level 1 of all sequences, camera by camera: the figures show one of those that could be used."""
        names = ((sequence, camera) for sequence in self.sequences for camera in CAMERAS)
        return [f"results/esis/level1/{self.flight}/{sequence}/{camera}.fits" for sequence, camera in names]

    def _of(self, exposures: Mapping[int, Any], wildcards: Any) -> Any:
        """Return what belongs to the sequence of a job."""
        try:
            return exposures[int(wildcards.sequence)]
        except KeyError:
            problem = f"there is no sequence {wildcards.sequence}"
            raise InputError(problem, cure=f"The flight has {', '.join(self.sequences)}") from None


def _flight(chosen: str) -> tuple[str, Mapping[str, Any]]:
    """Return name and table of a flight: that of the package, or a file of the user's."""
    if chosen == _DEFAULT:
        return _DEFAULT, TABLE_2019
    try:
        path = located(chosen, "esis.flight")
    except InputError as error:
        cure = f"Give {_DEFAULT}, the flight that is built in, or the file of another"
        raise InputError(error.problem, cure=cure, where=error.where) from None
    if not re.fullmatch(r"[\w-]+", path.stem) or path.stem in (_DEFAULT, "simulated"):
        cure = "Rename it to letters, digits, _ and -, such as flight_2022.toml"
        raise InputError("is no name of a flight of its own", cure=cure, where=path)
    return path.stem, read_table(path)


def _settings(chosen: Mapping[str, Any], name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a configuration, with exposures of the flight where none are chosen."""
    settings = {**chosen, **{key: chosen[key] or table[key] for key in ("lights", "darks")}}
    for first, last in (settings["lights"], *settings["darks"]):
        if last < first:
            raise InputError(f"esis: the exposures {first} to {last} are none", cure="Give the first number first")
    if missing := set(settings["lines"]) - set(table["lines"]):
        problem = f"esis.lines: the flight {name} has no {min(missing)}"
        raise InputError(problem, cure=f"It has {', '.join(table['lines'])}; the table of a flight of yours may have others")
    if settings["directory"] is None and name != _DEFAULT:
        raise InputError("esis.flight: only the flight of 2019 is simulated", cure="Set esis.directory to your frames")
    return settings


def _state(state: str, wildcards: Any, sequence: str) -> str:
    """Return the file of one state of a sequence."""
    return f"results/esis/{state}/{wildcards.flight}/{wildcards.line}/{sequence}.fits"


def _simulated(settings: Mapping[str, Any]) -> tuple[Exposures, Exposures]:
    """Return the frames, light and dark, that the simulation makes."""
    size, first = settings["simulate"], settings["lights"][0] + _AFTER_FIRST_LIGHT
    lights, darks = range(first, first + size["sequences"]), range(_FIRST_DARK, _FIRST_DARK + size["darks"])
    _check_excluded(settings["exclude"], [*darks, *lights], "Give exposures of the simulated flight")
    kept = [number for number in lights if number not in settings["exclude"]]
    if not kept:
        problem = f"esis.exclude leaves none of the simulated exposures {lights[0]} to {lights[-1]}"
        raise InputError(problem, cure="Exclude fewer, or simulate more (esis.simulate.sequences)")
    return _named(kept), _named(darks)


def _named(exposures: Iterable[int]) -> Exposures:
    """Return the simulated frames of some exposures."""
    return {number: {camera: _SIMULATED_FRAME.format(camera, number) for camera in CAMERAS} for number in exposures}


def _given(settings: Mapping[str, Any]) -> tuple[Exposures, Exposures]:
    """Return the user's frames, light and dark; no file is opened."""
    folder = located(settings["directory"], "esis.directory", is_folder=True)
    found = _frames(folder)
    if not found:
        cure = "Set esis.directory to the folder of the files ESIS<camera>_<exposure>.fit.gz"
        raise InputError("holds no level-0 frame of ESIS", cure=cure, where=folder)
    _check_excluded(settings["exclude"], found, "Give numbers of exposures in the folder")
    kept = {number: files for number, files in found.items() if number not in settings["exclude"]}
    ranges = {"lights": [settings["lights"]], "darks": settings["darks"]}
    chosen = {kind: _within(kept, pairs) for kind, pairs in ranges.items()}
    for kind, exposures in chosen.items():
        if not exposures:
            problem = f"no exposure is within esis.{kind}, {settings[kind]}; its exposures are {min(found)} to {max(found)}"
            cure = f"Set esis.{kind} to the first and last number, and see that esis.exclude leaves some"
            raise InputError(problem, cure=cure, where=folder)
    if both := chosen["lights"].keys() & chosen["darks"].keys():
        problem = f"exposure {min(both)} is within esis.lights, {settings['lights']}, and esis.darks, {settings['darks']}"
        raise InputError(problem, cure="Set them to exposures of their own", where=folder)
    return chosen["lights"], chosen["darks"]


def _check_excluded(excluded: Iterable[int], numbers: Collection[int], cure: str) -> None:
    """Refuse to leave out an exposure that is not there: a mistyped number would leave the wrong one in."""
    if absent := set(excluded) - set(numbers):
        problem = f"esis.exclude: there is no exposure {min(absent)}; there are {min(numbers)} to {max(numbers)}"
        raise InputError(problem, cure=cure)


def _frames(folder: Path) -> dict[int, dict[int, str]]:
    """Return every level-0 frame in a folder, by exposure and camera."""
    found: dict[int, dict[int, str]] = {}
    for path in sorted(folder.iterdir()):
        if NAME.fullmatch(path.name):
            camera, exposure = identity(path.name)
            other = found.setdefault(exposure, {}).setdefault(camera, str(path))
            if other != str(path):
                problem = f"{Path(other).name} and {path.name} are both exposure {exposure} of camera {camera}"
                raise InputError(problem, cure="Keep one of them in the folder", where=folder)
    return {exposure: dict(sorted(found[exposure].items())) for exposure in sorted(found)}


def _within(exposures: Exposures, ranges: Iterable[Iterable[int]]) -> Exposures:
    """Return the exposures of some ranges, first and last included."""
    numbers = {number for first, last in ranges for number in range(first, last + 1)}
    return {number: files for number, files in exposures.items() if number in numbers}


def _targets(
    settings: Mapping[str, Any], lights: Exposures, aia_frames: Iterable[tuple[str, str]], flight: Flight
) -> dict[int, list[str]]:
    """Return the images that each exposure may be aligned to."""
    if settings["target"] == "aia":
        return _nearest(lights, [time for channel, time in aia_frames if channel == "304"], flight)
    if settings["target"] is None:
        files = [SIMULATED_TARGET] if settings["directory"] is None else []
    else:
        files = _images(located(settings["target"], "esis.target", is_folder=None))
    return dict.fromkeys(lights, files)


def _nearest(lights: Exposures, frames: list[str], flight: Flight) -> dict[int, list[str]]:
    """Return the level-1.5 image of AIA nearest in time to each exposure."""
    if not frames:
        cure = "Add it, and set aia.start and aia.end to the flight"
        raise InputError("esis.target is aia, but aia.channels has no 304", cure=cure)
    nearest = {number: min(frames, key=partial(_distance, number, flight)) for number in lights}
    return {number: [product("level1.5", "304", time)] for number, time in nearest.items()}


def _distance(exposure: int, flight: Flight, time: str) -> timedelta:
    """Return the time from the middle of an exposure to a frame of AIA."""
    return abs(times.from_compact(time) - (flight.time_of(exposure) - timedelta(seconds=flight.exposure_s / 2)))


def _images(path: Path) -> list[str]:
    """Return a file, or the FITS files of a folder, as a list."""
    if not path.is_dir():
        return [str(path)]
    files = sorted(str(file) for file in path.iterdir() if file.name.lower().endswith(_FITS))
    if not files:
        raise InputError("holds no FITS file", cure="Set esis.target to a level-1.5 image, or a folder of them", where=path)
    return files
