"""Requests for one frame of the small archive, as the workflow makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helioreduce import times
from helioreduce.io import provenance
from helioreduce.jsoc import fetch, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.records import Record
from helioreduce.jsoc.store import Entry, Store

EUV = "aia.lev1_euv_12s"
#: Part of the path of images.
IMAGE = "image_lev1"
SLOT = times.parse("2014-01-01T00:00:01Z")
ONE = f"{EUV}[2014-01-01T00:00:01Z][171]"
SOON = staged.Waiting(poll_s=0.02, timeout_s=60.0)


def fetched(client: Client, store: Store) -> Entry:
    """Fetch one image: query, transfer, store."""
    (record,) = client.records(ONE, ["image"])
    return fetch.segment(record, "image", client.download_url, store, retry_policy=client.retry_policy)


def written(client: Client, folder: Path, record_set: str = ONE) -> tuple[dict[str, Any], Path]:
    """Fetch an image and write it with the header of the database; return its history and file."""
    (record,) = client.records(record_set, ["image", "spikes"])
    entry = fetch.segment(record, "image", client.download_url, Store(folder / "store"), retry_policy=client.retry_policy)
    return fetch.image(entry, record, folder / "image.fits"), folder / "image.fits"


def exported(
    client: Client, folder: Path, waiting: staged.Waiting = SOON, record_set: str = ONE
) -> tuple[dict[tuple[str, str], str], Record]:
    """Have image and spikes of one frame staged; return their paths and the record."""
    ((text, members),) = staged.batches(client.records(record_set, ["image"]))
    return staged.paths(client, text, members, ["image", "spikes"], folder, waiting), members[0]


def stored_file(root: Path) -> Path:
    """The image in the archive."""
    return root / "frames" / "171" / "20140101T000001" / "image_lev1.fits"


def source(root: Path) -> str:
    """Digest of the file that must arrive."""
    return provenance.sha256(stored_file(root))


def edit(root: Path, channel: int, name: str, **changes: Any) -> None:
    """Change the description of a frame."""
    path = root / "frames" / str(channel) / name / "record.json"
    entry = json.loads(path.read_text())
    entry["keywords"] |= changes.pop("keywords", {})
    path.write_text(json.dumps({**entry, **changes}))
