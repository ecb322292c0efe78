"""Commands that fetch three frames of 171 Å from a small archive, without Snakemake: its scripts in the order of its rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configuration import configuration
from jsoc_requests import edit

import aia_export
import aia_fetch
import aia_fetch_batch
import aia_fetch_spikes
import aia_missing
import aia_query
from helioreduce.archive.faults import Fault, Faults
from helioreduce.archive.server import Archive
from helioreduce.errors import ReductionError
from helioreduce.io import provenance
from helioreduce.jsoc import losses
from helioreduce.plan.aia import Key, Plan
from helioreduce.plan.aia_batch import Batches

CHANNEL, SLOTS = "171", ("20140101T000001", "20140101T000013", "20140101T000025")
#: The frame that things happen to.
BAD = SLOTS[1]
REQUEST = {"channels": [171], "start": "2014-01-01T00:00:00", "end": "2014-01-01T00:00:24", "cadence_s": 12}


@dataclass
class Case:
    """An archive, and what is asked of it; the working folder is the project's."""

    archive: Archive
    settings: dict[str, Any] = field(default_factory=dict)
    batch: int = 0
    passes: int = 0
    seen: int = 0

    def command(self) -> list[str]:
        """Type the command: run, and run again where frames are found to be missing or back; return what was asked."""
        with environment():
            losses.begin()
            for self.passes in range(1, 9):
                plan = self.plan()
                self._run(plan)
                missing = plan.losses()
                if not missing.keys() & plan.frames.keys() and not plan.lost.keys() - missing.keys():
                    break
        return self.requests()

    def list_only(self) -> None:
        """Type the command, and kill it when the records are listed and staged."""
        with environment():
            losses.begin()
            self._list(self.plan())
        self.requests()

    def plan(self) -> Plan:
        """Return the plan of a run."""
        quick = {"retries": 1, "timeout_s": 2.0, "url": self.archive.url, "on_missing": "skip", **self.settings}
        return Plan.of(configuration(source="jsoc", jsoc=quick, aia={**REQUEST, "batch": self.batch}))

    def requests(self) -> list[str]:
        """Return what has been asked of the archive since the last look: record sets of queries, paths of files."""
        made = self.archive.requests[self.seen :]
        self.seen += len(made)
        asked = [request["query"].get("ds") or request["path"] for request in made]
        return [what for what in asked if what != "aia.lev1_euv_12s"]

    def frames(self) -> dict[str, tuple[str, ...]]:
        """Return the SHA-256 of image and spikes of the frames that are there."""
        files = {slot: [Path(f"results/aia/{state}/{CHANNEL}/{slot}.fits") for state in ("level1", "spikes")] for slot in SLOTS}
        whole = {slot: pair for slot, pair in files.items() if all(file.exists() for file in pair)}
        return {slot: tuple(provenance.sha256(file) for file in pair) for slot, pair in whole.items()}

    def missing(self) -> dict[str, tuple[str, str, str]]:
        """Return the list of missing frames: time → what becomes of it, whether it may return, reason."""
        rows = [line.split("\t") for line in Path("results/aia/missing.tsv").read_text().splitlines()[1:]]
        return {time: (frame, may_return, reason) for _, time, frame, may_return, reason in rows}

    def edit(self, **changes: Any) -> None:
        """Change the archive's description of the frame."""
        edit(self.archive.catalogue.root, int(CHANNEL), BAD, **changes)

    def answer(self, **keywords: str | None) -> None:
        """Have the archive give these texts for keywords of the frame; None: it has no such keyword."""
        honest = Archive.answer.__get__(self.archive)

        def altered(path: str, query: Mapping[str, str], host: str = "") -> dict[str, Any]:
            reply = honest(path, query, host)
            parts = [*reply.get("keywords", ()), *reply.get("segments", ())]
            columns = {column["name"]: column["values"] for column in parts if "values" in column}
            times = [text.translate({ord(sign): None for sign in "-:Z"}) for text in columns.get("T_REC", ())]
            for name, text in keywords.items() if BAD in times else ():
                if text is None:
                    reply["keywords"] = [column for column in reply["keywords"] if column["name"] != name]
                else:
                    columns[name][times.index(BAD)] = text
            return reply

        self.archive.answer = altered if keywords else honest

    def faults(self, *faults: Fault) -> None:
        """Give the archive these faults in place of those that it has."""
        self.archive.faults = Faults(faults)

    @property
    def path(self) -> str:
        """The address of the frame's files."""
        catalogue = self.archive.catalogue
        catalogue.refresh()
        found = catalogue.records("aia.lev1_euv_12s")
        return next(catalogue.directory(record) for record in found if self.folder in record.segments["image"].parents)

    @property
    def folder(self) -> Path:
        """The frame's folder in the archive."""
        return self.archive.catalogue.root / "frames" / CHANNEL / BAD

    def _list(self, plan: Plan) -> None:
        """Query the records, and have them staged."""
        common = _common(plan)
        for (channel, period), slots in plan.frames_of_period.items():
            output = plan.source.records(channel, period)
            if not Path(output).exists():
                aia_query.main(
                    plan.source.name, channel, [time for _, time in slots], plan.source.asked, common["config"], output
                )
            if (exports := plan.source.exports(channel, period)) and not Path(exports).exists():
                aia_export.main(record_list=output, output=exports, quality=plan.settings["quality"], **common)

    def _run(self, plan: Plan) -> None:
        """Run once: a job that fails loses its outputs, and no other is begun after it."""
        common = _common(plan)
        self._list(plan)
        lists = [plan.source.records(*period) for period in plan.frames_of_period]
        try:
            for chunk in Batches.of(plan).chunks or ():
                _job(chunk.fetched, aia_fetch_batch.main, frames=[tuple(frame) for frame in chunk.downloads], **common)
            for key in () if self.batch else plan.frames:
                _fetch(plan, key, common)
        except ReductionError:
            pass
        asked = {"respike": plan.settings["steps"]["respike"], "quality": plan.settings["quality"]}
        aia_missing.main(inputs=lists, again=plan.again(), output="results/aia/missing.tsv", **asked, **common)


def _common(plan: Plan) -> dict[str, Any]:
    """Return what all scripts are given."""
    return {"source": plan.source.name, "config": {"jsoc": plan.source.jsoc, "aia": plan.settings}}


def _fetch(plan: Plan, key: Key, common: Mapping[str, Any]) -> None:
    """Fetch image and spikes of one frame, by two jobs."""
    names = ("level1/{}/{}.fits", "level1/{}/{}.json", "spikes/{}/{}.fits")
    image, history, spikes = (f"results/aia/{name.format(*key)}" for name in names)
    period = key[0], plan.period(key[1])
    given = {"record_list": plan.source.records(*period), "time": key[1], "exports": plan.source.exports(*period), **common}
    _job([image, history], aia_fetch.main, image=image, history=history, **given)
    _job([spikes], aia_fetch_spikes.main, image=image, output=spikes, **given)


def _job(outputs: list[str], main: Any, **given: Any) -> None:
    """Run a script where one of its outputs is missing, as Snakemake does."""
    if all(Path(output).exists() for output in outputs):
        return
    try:
        main(**given)
    except BaseException:
        for output in outputs:
            Path(output).unlink(missing_ok=True)
        raise


@contextmanager
def environment() -> Iterator[None]:
    """Leave the environment as it was."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
