"""Files of AIA's calibration tables: the configured ones, those of the user's folder, those of the embedded archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helioreduce.aia.tables import in_folder
from helioreduce.errors import InputError
from helioreduce.plan import local
from helioreduce.plan.paths import located
from helioreduce.plan.source import Source
from helioreduce.sun.calibration import VERSION

#: Files of the embedded archive.
ARCHIVE = {"degradation": "results/archive/response.json", "error": "results/archive/solarsoft/error.json"}


@dataclass(frozen=True)
class Tables:
    """Where the calibration tables of a request come from.

    Parameters
    ----------
    version
        Of the degradation table.
    folder
        The user's folder of tables; None if there is none.
    files
        Of the tables ``degradation``, ``error`` and ``pointing``; no file (an empty list) where the table comes over a
        network, or the pointing from the images' headers.
    of_archive
        Whether the degradation table is the embedded archive's.
    """

    version: int
    folder: Path | None
    files: Mapping[str, str | list[str]]
    of_archive: bool = False

    @property
    def name(self) -> str:
        """The degradation table in words: that of the embedded archive only resembles the version that it is asked for by."""
        return f"simulated, like version {self.version}" if self.of_archive else f"version {self.version}"

    @classmethod
    def of(cls, config: Mapping[str, Any], source: Source) -> Tables:
        """Return the tables of a validated configuration.

        Raises
        ------
        InputError
            If a configured file or folder does not exist, or nothing serves the version.
        """
        settings, own, folder = config["aia"]["calibration"], config["local"], None
        if own["tables"]:
            folder = located(own["tables"], "local.tables", is_folder=True)
        elif source.is_local:
            folder = local.tables(located(own["directory"], "local.directory", is_folder=True))
        version = settings["version"]
        files: dict[str, str | list[str]] = {
            kind: _found(kind, version, folder, source) if settings[kind] == "auto" else _own(settings, kind)
            for kind in ("degradation", "error")
        }
        files["pointing"] = _own(settings, "pointing") if settings["pointing"] != "auto" else []
        of_archive = files["degradation"] == (ARCHIVE["degradation"] if not source.is_archive else [])
        if of_archive and version != VERSION:
            problem = f"aia.calibration.version is {version}, and the embedded archive has version {VERSION} only"
            cure = f"Set it to {VERSION}, or give aia.calibration.degradation or a folder local.tables with version {version}"
            raise InputError(problem, cure=cure)
        return cls(version, folder, files, of_archive)


def _own(settings: Mapping[str, Any], kind: str) -> str:
    """Return the user's file of a table."""
    return str(located(settings[kind], f"aia.calibration.{kind}"))


def _found(kind: str, version: int, folder: Path | None, source: Source) -> str | list[str]:
    """Return the file of a table that the configuration leaves to the source."""
    if file := in_folder(folder, kind, version) if folder else None:
        return str(file)
    online = source.kind in ("jsoc", "vso") or (source.is_archive and kind == "degradation")
    return [] if online else ARCHIVE[kind]
