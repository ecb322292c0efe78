"""Where level-1 images come from: an archive that is queried, or files that the user has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.aia.channels import THIN
from helioreduce.errors import InputError
from helioreduce.jsoc import losses, vso
from helioreduce.jsoc.policy import Loss
from helioreduce.plan import selection
from helioreduce.plan.settings import changed
from helioreduce.quality import Policy
from helioreduce.series import LEVEL1

#: How the events begin that concern the pointing table.
_POINTING = "pointing_"
#: What all connections of a run share: a job takes its part of it (resource ``jsoc``, limited in the profiles).
CONNECTION_SHARES = 12


def unread(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what to say of keys that are set and not used: of stand-ins, of a region, of the user's files and their series."""
    source, jsoc = config["source"], config["jsoc"]
    if jsoc["nearest_s"] is not None and jsoc["on_missing"] != "nearest":
        yield f"jsoc.nearest_s is set, and jsoc.on_missing is {jsoc['on_missing']}: it is not used."
    if config["aia"]["cutout"]["centre"] is None:
        for section in ("cutout", "cube"):
            for key in changed(config, "aia", section):
                yield f"aia.{section}.{key} is set, and aia.cutout.centre is null: it is not used."
    if source == "local" and config["aia"]["series"] != "auto":
        yield "aia.series is set, and source is local: files are taken whatever their series."
    if source != "local" and config["local"]["directory"]:
        yield f"local.directory is set, and source is {source}: its files are not read. For them set source to local."


def frame(channel: str, time: str) -> str:
    """Return the folder of a frame of the embedded archive."""
    return f"results/archive/frames/{channel}/{times.in_name(time)}"


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
    cuts
        Whether it cuts level 1 before the transfer, which is an export.
    asked
        What else is asked of it: ``series``, one of single exposures or empty, and ``where``, a condition in SQL or empty; see
        :func:`helioreduce.plan.selection.asked`.
    """

    kind: str
    jsoc: Mapping[str, Any]
    archive: Mapping[str, Any]
    quality: Mapping[str, Any]
    cuts: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Source:
        """Return the source of a validated configuration.

        Raises
        ------
        InputError
            If staged exports are asked for without an address, or a server that cuts is asked for what it does not do.
        """
        jsoc = {**config["jsoc"], "url": config["jsoc"]["url"].rstrip("/") + "/"}
        region = config["aia"]["cutout"]
        cuts = region["centre"] is not None and region["cut"] == "server"
        if cuts and config["source"] in ("vso", "local"):
            raise InputError(f"source {config['source']} cuts nothing", cure="Set aia.cutout.cut to here, or to last")
        if cuts and jsoc["record"]:
            problem = "jsoc.record keeps whole images, and with aia.cutout.cut: server none is fetched"
            raise InputError(problem, cure="Set aia.cutout.cut to here, or jsoc.record to null")
        exports = jsoc["method"] == "url" or cuts
        if config["source"] == "jsoc" and exports and not (jsoc["email"] or os.environ.get("JSOC_EMAIL")):
            what = "aia.cutout.cut: server" if cuts else "jsoc.method: url"
            raise InputError(f"{what} needs a registered address", cure="Set jsoc.email, or JSOC_EMAIL in the environment")
        asked = selection.asked(config["source"], config["aia"], jsoc)
        return cls(config["source"], jsoc, config["archive"], config["aia"]["quality"], cuts, asked)

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

    def scenario(self, channel: str, time: str) -> dict[str, Any]:
        """Return the settings of the synthetic Sun that one frame depends on."""
        own = f"{channel}/{times.in_name(time)}"
        events = {name: [own] for name in self.archive["events"] if self._has(name, own)}
        sun = {name: value for name, value in self.archive.items() if name != "psf"}
        own_keys = {"quarter_dn": channel == "94", "dem": int(channel) in THIN}
        return {**sun, "events": events, **{key: self.archive[key] and of_channel for key, of_channel in own_keys.items()}}

    @property
    def scatters(self) -> bool:
        """Whether the embedded archive's mirrors scatter light diffusely."""
        return bool(self.archive["psf"]["diffuse"])

    @property
    def psf(self) -> str:
        """Pattern of the file of the PSF through which the embedded archive sees a channel."""
        return "results/archive/psf/{channel}.fits" if self.scatters else "results/aia/psf/default/{channel}.fits"

    @property
    def instrument(self) -> dict[str, Any]:
        """Settings of the synthetic Sun that the pointing depends on."""
        events = {name: patterns for name, patterns in self.archive["events"].items() if name.startswith(_POINTING)}
        return {"seed": self.archive["seed"], "npix": self.archive["npix"], "events": events}

    def unused_events(self, frames: Iterable[tuple[str, str]]) -> list[str]:
        """Return what to say of events that happen to none of these frames of the embedded archive."""
        names = {f"{channel}/{times.in_name(time)}" for channel, time in frames if self.is_archive}
        patterns = [(event, pattern) for event in self.archive["events"] for pattern in self._patterns(event) if names]
        unused = [(event, pattern) for event, pattern in patterns if not any(fnmatchcase(name, pattern) for name in names)]
        return [
            f"archive.events.{event}: no frame of the request fits {pattern}, as {min(names)} would"
            for event, pattern in unused
        ]

    def _has(self, event: str, frame: str) -> bool:
        """Return whether an event happens to a frame."""
        return any(fnmatchcase(frame, pattern) for pattern in self._patterns(event))

    def _patterns(self, event: str) -> list[str]:
        """Return the patterns of an event's frames; none for those of the pointing table."""
        return [] if event.startswith(_POINTING) else self.archive["events"][event]

    @property
    def connection(self) -> int:
        """What one connection takes of the resource ``jsoc``, for ``jsoc.connections`` at one time."""
        return CONNECTION_SHARES // int(self.jsoc["connections"])

    def records(self, channel: str, period: str) -> str:
        """Return the list of records of a channel and period."""
        return f"results/aia/records/{channel}/{period}.jsonl"

    def exports(self, channel: str, period: str) -> str | None:
        """Return the file with the paths of the staged files of a channel and period; None where stored files are fetched."""
        stored = (self.jsoc["method"] == "url_quick" and not self.cuts) or self.kind == "vso"
        return None if stored else f"results/aia/exports/{channel}/{period}.json"

    def served(self, frames: Iterable[tuple[str, str]]) -> list[str]:
        """Return the records that the embedded archive serves these frames from; nothing for other sources.

        Where neighbours stand in for missing frames, it has those of frames with events.
        """
        if not self.is_archive:
            return []
        near = [own for key in frames for own in (key, *(self._neighbours(*key) if "within_s" in self.asked else ()))]
        return [f"{frame(*key)}/record.json" for key in dict.fromkeys(near)]

    def _neighbours(self, channel: str, time: str) -> list[tuple[str, str]]:
        """Return the frames of the slots before and after that of a frame with events; none of one without."""
        if not self.scenario(channel, time)["events"]:
            return []
        apart, middle = timedelta(seconds=LEVEL1[int(channel)].slot_s), times.from_compact(time)
        return [(channel, times.compact(middle + way * apart)) for way in (-1, 1)]

    def series(self, table: str, period: str = "") -> list[str]:
        """Return the files that the embedded archive serves a table from; nothing for other sources.

        The pointing of a period is also that of the row before its first midnight and of the row after its last.
        """
        start, end = times.ends(period, before=timedelta(days=1)) if period else (None, None)
        parts = [f"{start:%Y%m%d}", period, f"{end:%Y%m%d}"] if period else []
        files = {
            "pointing": [f"results/archive/pointing/{part}.json" for part in parts],
            "degradation": ["results/archive/response.json"],
        }
        return files.get(table, []) if self.is_archive else []

    def losses(self, periods: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Loss]:
        """Return the frames of these channels and periods that are unavailable, as far as their records are listed."""
        allowed = Policy(**self.quality)
        return {(c, time): loss for c, file in self._listed(periods) for time, loss in losses.of(file, allowed).items()}

    def stand_ins(self, periods: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return the frames of these channels and periods for which a neighbour stands in, as far as records are listed."""
        listed = self._listed(periods) if "within_s" in self.asked else []
        return {(channel, time) for channel, file in listed for time in losses.replaced_by_neighbours(file)}

    def _listed(self, periods: Iterable[tuple[str, str]]) -> list[tuple[str, Path]]:
        """Return channel and list of records of those channels and periods whose records are listed."""
        lists = [(channel, Path(self.records(channel, period))) for channel, period in periods]
        return [(channel, file) for channel, file in lists if file.exists()]
