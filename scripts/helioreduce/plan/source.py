"""Where level-1 images come from: an archive that is queried, or files that the user has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helioreduce.jsoc import policy, vso
from helioreduce.quality import Policy

#: What all connections of a run share: a job takes its part of it (resource ``jsoc``, limited in the profiles).
CONNECTION_SHARES = 12


@dataclass(frozen=True)
class Source:
    """The source of a request.

    Parameters
    ----------
    kind
        ``archive`` (the embedded one), ``jsoc``, ``vso`` or ``local``.
    jsoc
        The section ``jsoc`` of the configuration.
    archive
        The section ``archive`` of the configuration.
    quality
        The section ``aia.quality``: fields of :class:`helioreduce.quality.Policy`.
    """

    kind: str
    jsoc: Mapping[str, Any]
    archive: Mapping[str, Any]
    quality: Mapping[str, Any]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Source:
        """Return the source of a validated configuration."""
        return cls(config["source"], config["jsoc"], config["archive"], config["aia"]["quality"])

    @property
    def is_local(self) -> bool:
        """Whether the images are the user's own files."""
        return self.kind == "local"

    @property
    def is_archive(self) -> bool:
        """Whether the images are those of the embedded archive."""
        return self.kind == "archive"

    @property
    def name(self) -> str:
        """The address of the server that is asked, or the kind."""
        return {"jsoc": str(self.jsoc["url"]), "vso": vso.ADDRESS}.get(self.kind, self.kind)

    @property
    def tables(self) -> str:
        """Where calibration tables are asked for: VSO has none, JSOC stands in."""
        return str(self.jsoc["url"]) if self.kind == "vso" else self.name

    @property
    def scenario(self) -> Mapping[str, Any] | None:
        """Settings of the synthetic Sun, where the images are of it: another Sun is fetched anew."""
        return self.archive if self.is_archive else None

    @property
    def connection(self) -> int:
        """What one connection takes of the resource ``jsoc``, for ``jsoc.connections`` at one time."""
        return CONNECTION_SHARES // int(self.jsoc["connections"])

    def records(self, channel: str, day: str) -> str:
        """Return the list of records of a channel and day."""
        return f"results/aia/records/{channel}/{day}.jsonl"

    def exports(self, channel: str, day: str) -> str | None:
        """Return the file with the paths of the staged files of a channel and day; None where stored files are fetched."""
        stored = self.jsoc["method"] == "url_quick" or self.kind == "vso"
        return None if stored else f"results/aia/exports/{channel}/{day}.json"

    def served(self, frames: Iterable[tuple[str, str]] = ()) -> list[str]:
        """Return what the embedded archive needs before it can serve these frames; nothing for other sources."""
        if not self.is_archive:
            return []
        rendered = [f"results/archive/frames/{channel}/{time}/record.json" for channel, time in frames]
        return [*rendered, "results/archive/pointing.json", "results/archive/response.json"]

    def missing(self, days: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return the frames of these channels and days that are unavailable, as far as their records are listed."""
        lists = [(channel, Path(self.records(channel, day))) for channel, day in days]
        allowed = Policy(**self.quality)
        return {(channel, time) for channel, file in lists if file.exists() for time in policy.missing(file, allowed)}
