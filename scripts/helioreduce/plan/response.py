"""AIA's responses: the files that they are made from, and their settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helioreduce.aia.channels import CHANNELS, EUV, UV, VISIBLE
from helioreduce.errors import InputError
from helioreduce.plan import aia
from helioreduce.plan.paths import located

#: SolarSoft's files of the instrument, and the channels that they hold.
INSTRUMENT = {"aia_V*_all_fullinst.genx": EUV, "aia_V*_fuv_fullinst.genx": (*UV, *VISIBLE)}
#: SolarSoft's file of the emissivity.
EMISSIVITY = "aia_V*_fullemiss.genx"


@dataclass(frozen=True)
class Plan:
    """What a configuration asks of AIA's responses.

    Parameters
    ----------
    instrument, emissivity
        Files of the telescopes' components and of the plasma; none where nothing offers them.
    channels
        Channels with a wavelength response.
    fix
        Named input of the rule that reads empirical corrections; empty where there are none.
    tables
        Degradation tables to compare: the one that corrects the images, and those of the user.
    means
        The user's daily image means; None if there are none.
    settings
        Version of the degradation table, EVE normalisation, crosstalk.
    """

    instrument: tuple[str, ...]
    emissivity: tuple[str, ...]
    channels: tuple[int, ...]
    fix: Mapping[str, str]
    tables: tuple[str, ...]
    means: str | None
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, images: aia.Plan) -> Plan:
        """Return the plan of a validated configuration, which ``images`` is the plan of.

        Raises
        ------
        InputError
            If a configured file does not exist, or chiantifix is given without eve.
        """
        settings, folder = images.settings["response"], images.tables.folder
        if settings["chiantifix"] and not settings["eve"]:
            problem = "aia.response.chiantifix belongs to the EVE-normalised response"
            raise InputError(problem, cure="Set aia.response.eve to true, or chiantifix to null")
        found = {pattern: _newest(folder, pattern) for pattern in (*INSTRUMENT, EMISSIVITY)}
        choices = [path for pattern in INSTRUMENT for path in found[pattern]]
        instrument = _files(settings, "instrument", "results/archive/instrument.ecsv", choices, images)
        emissivity = _files(settings, "emissivity", "results/archive/emissivity.ecsv", found[EMISSIVITY], images)
        held = [channel for pattern, channels in INSTRUMENT.items() if found[pattern] for channel in channels]
        of_folder = settings["instrument"] == "auto" and not images.source.is_archive
        return cls(
            instrument=instrument,
            emissivity=emissivity,
            channels=tuple(held) if of_folder else CHANNELS,
            fix={"fix": _own(settings["chiantifix"], "chiantifix")} if settings["chiantifix"] else {},
            tables=("results/aia/tables/degradation.ecsv", *(_own(path, "compare") for path in settings["compare"])),
            means=_own(settings["means"], "means") if settings["means"] else None,
            settings={"version": images.tables.version, "eve": settings["eve"], "crosstalk": settings["crosstalk"]},
        )

    def has_wavelength(self, channel: str) -> bool:
        """Return whether a channel has a wavelength response."""
        return bool(self.instrument) and int(channel) in self.channels

    def has_temperature(self, channel: str) -> bool:
        """Return whether a channel has a temperature response."""
        return self.has_wavelength(channel) and bool(self.emissivity) and int(channel) in EUV


def _files(settings: Mapping[str, Any], key: str, archived: str, found: Sequence[str], images: aia.Plan) -> tuple[str, ...]:
    """Return the configured files, or those that the source offers."""
    if (setting := settings[key]) != "auto":
        return tuple(_own(path, key) for path in ([setting] if isinstance(setting, str) else setting))
    return (archived,) if images.source.is_archive else tuple(found)


def _own(path: str, key: str) -> str:
    """Return a file of the user's."""
    return str(located(path, f"aia.response.{key}"))


def _newest(folder: Path | None, pattern: str) -> list[str]:
    """Return the file of the highest version in a folder, if there is one."""
    files = sorted(folder.glob(pattern), key=_version) if folder else []
    return [str(file) for file in files[-1:]]


def _version(file: Path) -> int:
    """Return the version in a name such as ``aia_V9_all_fullinst.genx``."""
    found = re.match(r"aia_V(\d+)_", file.name)
    return int(found[1]) if found else -1
