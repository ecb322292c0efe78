"""Values of the section ``esis``: a simulated flight of one sequence, then the same frames as a user's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from astropy.io import fits
from offers import TEXT, Check, Done, Run, Value

OV = "esis/level3/{}/ov/*.fits"


def reported(words: str, step: str, flight: str = "simulated") -> Check:
    """Return the check of what level 3 records of a step."""
    return lambda done: words in recorded(done, step, flight)


def recorded(done: Done, step: str, flight: str) -> str:
    """Return parameters of a step of level 3 of O V."""
    header = fits.getheader(done.file(OV.format(flight)))
    n = next(key.removeprefix("PRSTEP") for key in header if key.startswith("PRSTEP") and header[key] == step)
    return str(header[f"PRPARA{n}"])


def own_frames(folder: Path) -> None:
    """Take the simulated frames as the user's, and the target as the user's image, alone and in a folder."""
    made = folder / "results/esis/level0"
    for path in made.glob("ESIS*.fits*"):
        (folder / "given").mkdir(exist_ok=True)
        shutil.copy(path, folder / "given" / path.name)
    (folder / "targets").mkdir()
    shutil.copy(made / "target.fits", folder / "targets/target.fits")


def means(done: Done, flight: str) -> np.ndarray:
    """Return the mean of each camera's image of level 3."""
    with fits.open(done.file(OV.format(flight))) as hdus:
        data = next(hdu.data for hdu in hdus if hdu.data is not None and hdu.data.ndim >= 3)
        return np.nanmean(data.astype(float), axis=(-1, -2)).ravel()


ONE = {"simulate": {"sequences": 1}}
GIVEN = {"directory": "given", "darks": [[97, 103]]}


def of(key: str, value: object = TEXT) -> Value:
    """Return a value of a key of the section."""
    return f"esis.{key}", value


RUNS = {
    "esis": Run(
        {"esis": {**ONE, "lines": ["ov", "hei"]}},
        ("esis",),
        {
            of("directory", None): lambda done: done.has("esis/level0/ESIS1_*.fits*"),
            of("lines[]"): lambda done: all(done.has(f"esis/level3/simulated/{line}/*.fits") for line in ("ov", "hei")),
            of("target", None): lambda done: done.has("esis/level0/target.fits"),
            of("robust", False): reported("robust=False", "esis_register"),
            of("flatten", False): reported("flatten=False; airmass=kept", "esis_normalise"),
        },
    ),
    "esis_given": Run(
        {"esis": {**GIVEN, "target": "targets", "robust": True, "flatten": True}},
        ("esis",),
        {
            of("directory", TEXT): lambda done: done.has("esis/level3/2019/ov/*.fits"),
            of("target", TEXT): lambda done: "target" in str(recorded(done, "esis_drift", "2019")),
            of("robust", True): reported("robust=True", "esis_register", "2019"),
            of("flatten", True): lambda done: (
                reported("flatten=True; airmass=removed", "esis_normalise", "2019")(done)
                and not np.allclose(means(done, "2019"), means(done.run("esis"), "simulated"), rtol=1e-6)
            ),
        },
        after="esis",
        files=own_frames,
    ),
}
#: Of flights, which tests of the plan show; they have no run of their own yet.
EXCEPTIONS: dict[Value, str] = dict.fromkeys(
    (of("darks", None), of("lights", None), of("flight", TEXT)),
    "shown by tests/plan/test_esis.py, not yet by a small run of the workflow",
)
