"""SDO/AIA: level-1 images and spikes by one call, from JSOC or from the embedded Sun."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce import quality, times
from helioreduce.aia import cards
from helioreduce.api.values import ChannelLike, ImageLike, to_channels, to_image, to_times
from helioreduce.errors import InputError, unwritable
from helioreduce.io import fits, jsoc_files, provenance
from helioreduce.jsoc.errors import Rejected
from helioreduce.jsoc.policy import has_spikes
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.store import Store
from helioreduce.quality import Policy
from helioreduce.series import LEVEL1


def fetch(
    at: Any,
    channels: ChannelLike | Any,
    source: str = "simulated",
    folder: str | Path = "level1",
    *,
    spikes: bool = True,
    allow: Collection[str] = (),
    keep: Callable[[Mapping[str, str]], bool] | None = None,
    **sun: Any,
) -> list[Path]:
    """Fetch level-1 images, with the header that the database holds today, and their spikes.

    Parameters
    ----------
    at
        One or several times: text, datetime or :class:`astropy.time.Time`, UTC; each gives the frame of the slot nearest to it.
    channels
        One or several, Å.
    source
        ``jsoc``, or the address of an archive that speaks its protocol; ``simulated``: the embedded Sun, rendered here.
    folder
        Where the files are written, by JSOC's names of exports, which end in ``_simulated`` where they are; frames of an
        embedded Sun with settings of its own in a folder below. A file that is there is not fetched again.
    spikes
        Fetch what the ground pipeline replaced, too.
    allow
        Flaws that QUALITY may report, by the names of ``aia.quality.allow`` in the configuration.
    keep
        Function of a record's keywords (texts) that says whether its frame is fetched, such as
        ``lambda keywords: float(keywords["EXPTIME"]) < 2``.
    **sun
        Of the embedded Sun: ``npix`` (4096), ``seed``, ``activity`` and the other keys of the configuration's ``archive``.

    Returns
    -------
    list
        The files of the images, by time and channel; spikes lie beside them.

    Raises
    ------
    InputError
        If a frame is missing, bad, or cannot be fetched.

    Examples
    --------
    >>> from helioreduce import aia
    >>> files = aia.fetch("2014-01-01T00:00:00", [171, 193], "jsoc")  # doctest: +SKIP
    >>> images = [aia.reduce(file) for file in files]  # doctest: +SKIP
    """
    from helioreduce.jsoc.client import Client  # with drms and pandas

    target, wanted, numbers = Path(folder, _name(sun)), to_times(at), to_channels(channels)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, target) from None
    files = []
    with _archive(source, target / "simulated", numbers, wanted, sun) as url:
        for channel in numbers:
            client = Client.at(url)
            slots = sorted({times.slot(time, LEVEL1[channel].slot_s) for time in wanted})
            records = sorted(client.in_slots(channel, slots), key=lambda record: record.recnum)
            found = {record.keywords["T_REC"]: record for record in records}  # of several, the one made last
            if len(found) < len(slots):
                raise InputError(f"the archive has {len(found)} of {len(slots)} frames of {channel} Å", cure="Ask for others")
            queries = [{"url": query.url, "sha256": query.sha256} for query in client.queries]
            given: dict[str, Any] = {"url": url, "queries": queries, "policy": Policy(allow=allow), "spikes": spikes}
            files += [_fetched(record, target, **given) for record in found.values() if not keep or keep(record.keywords)]
    return sorted(files)


def _fetched(record: Record, folder: Path, url: str, queries: list[dict[str, str]], policy: Policy, spikes: bool) -> Path:
    """Fetch one frame; return the file of the image."""
    from helioreduce.jsoc import fetch as transfers

    if found := quality.objections(record.keywords, policy):
        raise Rejected(quality.words(found), cure=quality.cure(found), where=record.name)
    slot = times.parse(record.keywords["T_REC"])
    stem = f"{record.series.name}.{slot:%Y-%m-%dT%H%M%SZ}.{record.keywords['WAVELNTH']}"
    ending = "_simulated.fits" if provenance.is_simulated(record.keywords) else ".fits"
    image, beside = folder / f"{stem}.image_lev1{ending}", folder / f"{stem}.spikes{ending}"
    segment = partial(transfers.segment, record, base_url=url, store=Store(folder / "store"))
    if not image.exists():
        transfers.image(segment("image"), record, image, queries, policy)
    if spikes and has_spikes(record) and not beside.exists():
        jsoc_files.write_compressed(beside, jsoc_files.read_spikes(segment("spikes").file)[0].astype(np.int32))
    return image


def fetch_spikes(source: ImageLike, archive: str = "jsoc") -> np.ndarray:
    """Fetch the pixels that the ground pipeline replaced in an image.

    Parameters
    ----------
    source
        Level 1 (ny, nx), full frame or cut-out, of whose T_REC the record is asked.
    archive
        ``jsoc``, or the address of an archive that speaks its protocol.

    Returns
    -------
    numpy.ndarray
        (3, N): index ``y · 4096 + x`` on the detector, value before despiking, value after, DN.

    Raises
    ------
    InputError
        If the archive has none, or cannot be reached.

    Examples
    --------
    >>> from helioreduce import aia
    >>> image = aia.respike(image, aia.fetch_spikes(image))  # doctest: +SKIP
    """
    from helioreduce.jsoc import fetch as transfers
    from helioreduce.jsoc.client import JSOC, Client

    image = to_image(source)
    channel, t_rec = cards.channel(image.header), cards.time(image.header, "T_REC")
    url = JSOC if archive == "jsoc" else archive
    record = next(iter(Client.at(url).in_slots(channel, [t_rec])), None)
    if record is None or "spikes" not in record.segments:
        raise InputError(f"the archive has no spikes of {channel} Å at {times.iso(t_rec)}", cure="Ask for another frame")
    with tempfile.TemporaryDirectory() as folder:
        values, _ = jsoc_files.read_spikes(transfers.segment(record, "spikes", url, Store(folder)).file)
    return values


def _name(sun: dict[str, Any]) -> str:
    """Return the folder of an embedded Sun: its frames are never taken for those of another."""
    return f"sun_{hashlib.sha256(json.dumps(sun, sort_keys=True).encode()).hexdigest()[:8]}" if sun else ""


@contextmanager
def _archive(source: str, folder: Path, channels: list[int], at: list[datetime], sun: dict[str, Any]) -> Iterator[str]:
    """Yield the address of an archive; the embedded Sun is rendered before it is served."""
    if source != "simulated":
        from helioreduce.jsoc.client import JSOC

        yield JSOC if source == "jsoc" else source
        return
    from helioreduce.archive.server import serve

    for channel in channels:
        for time in at:
            _render(folder, channel, times.slot(time, LEVEL1[channel].slot_s), sun)
    with serve(folder) as url:
        yield url


def _render(folder: Path, channel: int, slot: datetime, sun: dict[str, Any]) -> None:
    """Render one frame of the embedded Sun, unless it is there."""
    from helioreduce.aia import psf
    from helioreduce.archive import records
    from helioreduce.sun import calibration
    from helioreduce.sun.frame import STORED_IN_STEPS, render
    from helioreduce.sun.scenario import Scenario

    place = folder / "frames" / str(channel) / times.compact(slot)
    if (place / "record.json").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    scenario = Scenario.from_mapping(sun)
    response = psf.psf(channel).astype(np.float32) if channel in psf.MESHES else None
    frame = render(scenario, channel, slot, response, calibration.degradation(channel, slot))
    quarters = scenario.quarter_dn and channel == 94
    jsoc_files.write_compressed(place / "image_lev1.fits", frame.image, frame.header, quarters=quarters)
    if frame.spikes is not None:
        jsoc_files.write_compressed(place / "spikes.fits", frame.spikes)
    fits.write_arrays(place / "truth.fits", frame.truth.planes(), frame.truth_header(), in_steps=STORED_IN_STEPS)
    day = timedelta(days=1)
    for name, rows in (
        ("pointing", calibration.pointing_records(scenario, slot - day, slot + day)),
        ("response", calibration.response_records()),
    ):
        series = {"pointing": "aia.master_pointing3h", "response": "aia.response"}[name]
        records.write(folder / f"{name}.json", records.series(series, rows))
    records.write(place / "record.json", frame.record)
