"""Values of ``aia.calibration``, ``aia.response``, figures and alignment: tables, and what is made of the finished images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table
from level1_cases import HEADER
from offers import TEXT, Check, Done, Run, Value
from values_aia import CHANNELS, NORMALISED, PLAIN, SMALL, changed, of, target

from helioreduce.aia.channels import CAMERA
from helioreduce.io import ecsv
from helioreduce.sun import calibration


def table_of(kind: str, file: str) -> Check:
    """Return the check that a table is the user's file."""
    return lambda done: file in str(done.table(f"aia/tables/{kind}.ecsv")[1])


def version(number: int) -> Check:
    """Return the check of the version of the degradation table."""
    return lambda done: {int(row["VER_NUM"]) for row in done.table("aia/tables/degradation.ecsv")[0]} == {number}


def solarsoft(rows: list[dict[str, str]], path: Path) -> None:
    """Write a table in SolarSoft's form."""
    lines = [" ".join(rows[0]), *(" ".join(row.values()) for row in rows)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def degradation(number: int, path: Path) -> None:
    """Write the archive's degradation table as another version."""
    rows = [{key: value for key, value in row.items() if key != "ORIGIN"} for row in calibration.response_records()]
    solarsoft([{**row, "VER_NUM": str(number)} for row in rows], path)


def own_tables(folder: Path) -> None:
    """Write tables of the user's own, degradation of two older versions among them."""
    degradation(10, folder / "own/degradation.txt")
    solarsoft(calibration.error_records(), folder / "own/error.txt")
    (folder / "own/pointing.ecsv").write_text((folder / "results/aia/tables/pointing/20140101.ecsv").read_text())
    for number in (8, 9):
        degradation(number, folder / f"old/aia_V{number}_test_response_table.txt")


def picture_differs(name: str, other: str) -> Check:
    """Return the check that a picture is another one than in another run."""
    return lambda done: done.file(name).read_bytes() != done.run(other).file(name).read_bytes()


def columns(done: Done, product: str) -> Any:
    """Return a table with its columns."""
    return ecsv.read_table(done.file(product))


def ratio(product: str, column: str, name: str = "aia_response") -> Callable[[Done], np.ndarray]:
    """Return the ratio of a column to that of another run."""

    def of_run(done: Done) -> np.ndarray:
        own, other = (np.asarray(columns(run, product)[column], float) for run in (done, done.run(name)))
        with np.errstate(invalid="ignore", divide="ignore"):
            return own / other

    return of_run


RESPONSE, TEMPERATURE = "aia/response/94/20140101T000001.ecsv", "aia/response/temperature/20140101T000001.ecsv"
CUT_OUT, TREND = "figures/deconvolution/171/20140101T000001_simulated.png", "figures/trend/171.png"


def without_eve(done: Done) -> bool:
    """The response of a telescope alone is area times gain; with EVE it is multiplied by a factor other than 1."""
    table = columns(done, RESPONSE)
    alone = np.allclose(table["at_launch"], table["effective_area"] * table["gain"], rtol=1e-6)
    return alone and columns(done.run("aia_response"), RESPONSE).meta["eve"] != 1


def crosstalk(done: Done) -> bool:
    """94 Å sees what 304 Å lets through, about 304 Å."""
    table = columns(done, RESPONSE)
    return bool(
        np.any(
            np.asarray(table["at_launch"])
            > 1.001 * np.asarray(table["effective_area"] * table["gain"]) * (table.meta["eve"] or 1)
        )
    )


def fixed(done: Done) -> bool:
    """The user's corrections, 1e-27 at all temperatures, are added to the response of 94 Å, and to no other."""
    own, other = (columns(run, TEMPERATURE) for run in (done, done.run("aia_response")))
    added = np.asarray(own["at_launch_94"]) - np.asarray(other["at_launch_94"])
    return np.allclose(added, 1e-27, rtol=1e-3) and np.array_equal(own["at_launch_171"], other["at_launch_171"])


def own_response(folder: Path) -> None:
    """Write telescopes with twice the gain, twice the emissivity, corrections, an older degradation table, daily means."""
    for name, column in (("instrument", "primary"), ("emissivity", "emissivity")):
        table = ecsv.read_table(folder / f"results/aia/tables/{name}.ecsv")
        table[column] = table[column] * 2
        ecsv.write_table(folder / f"{name}.ecsv", table)
    temperature = ecsv.read_table(folder / f"results/{TEMPERATURE}")
    fix = temperature["temperature", "at_launch_94"]
    fix["at_launch_94"] = np.full(len(fix), 1e-27) * temperature["at_launch_94"].unit
    fix.rename_column("at_launch_94", "chiantifix_94")
    ecsv.write_table(folder / "fix.ecsv", fix)
    degradation(9, folder / "aia_V9_test_response_table.txt")
    days = [f"201{year}-0{month}-01T00:00:00" for year in range(1, 5) for month in (1, 4, 7)]
    ecsv.write_table(folder / "means.ecsv", Table({"time": days, "mean_171": 80 - 0.5 * np.arange(len(days))}))


#: The channel that is aligned to each; the user's own small frames, without the steps that take time.
OTHER = dict(zip(CHANNELS, CHANNELS[1:] + CHANNELS[:1], strict=True))
OWN = {"source": "local", "local": {"directory": "level1"}, "aia": {"steps": PLAIN, "batch": 50}}


def own_channels(folder: Path) -> None:
    """Write one Sun in every channel, 0.2 px further to the right in each."""
    y, x = np.mgrid[:64, :64]
    (folder / "level1").mkdir()
    for number, channel in enumerate(CHANNELS):
        loops = (np.exp(-((x - a - 0.2 * number) ** 2 + (y - b) ** 2) / 8) for a, b in ((20, 20), (45, 30), (30, 50)))
        header = fits.Header(HEADER)
        header.update(WAVELNTH=channel, INSTRUME=f"AIA_{CAMERA[channel]}", CAMERA=CAMERA[channel])
        fits.PrimaryHDU(np.round(300 + 2000 * sum(loops)).astype(np.int16), header).writeto(folder / f"level1/{channel}.fits")


def aligned(channel: int) -> Run:
    """Return the run that aligns the user's frames to a channel: it stays where it is, all others move by what is measured."""

    def check(done: Done) -> bool:
        before, after = (
            [done.header(f"aia/{state}/{c}/*.fits")["CRPIX1"] for c in (channel, OTHER[channel])]
            for state in ("level1.5", "aligned")
        )
        wanted = 0.2 * (CHANNELS.index(OTHER[channel]) - CHANNELS.index(channel))
        return after[0] == before[0] and np.isclose(after[1] - before[1], wanted, atol=0.1)

    files = tuple(f"results/aia/aligned/{c}/20140101T000000.fits" for c in (channel, OTHER[channel]))
    settings = {**OWN, "aia": {**OWN["aia"], "alignment": {"reference": channel}}}
    return Run(settings, files, {of("alignment.reference", channel): check}, after="aia_own")


RUNS = {
    "aia_tables": Run(
        {
            **SMALL,
            "aia": {
                "channels": [171],
                "calibration": {
                    "degradation": "own/degradation.txt",
                    "error": "own/error.txt",
                    "pointing": "own/pointing.ecsv",
                },
            },
        },
        tuple(f"results/aia/tables/{name}.ecsv" for name in ("degradation", "error", "pointing/20140101")),
        {
            of("calibration.degradation"): table_of("degradation", "degradation.txt"),
            of("calibration.error"): table_of("error", "error.txt"),
            of("calibration.pointing"): table_of("pointing/20140101", "pointing.ecsv"),
        },
        after="aia",
        files=own_tables,
    ),
    "aia_8": Run(
        {**SMALL, "local": {"tables": "old"}, "aia": {"channels": [171], "calibration": {"version": 8}}},
        target("aia/tables/degradation.ecsv"),
        {
            of("calibration.version", 8): version(8),
            ("local.tables", TEXT): table_of("degradation", "aia_V8_test_response_table.txt"),
        },
        after="aia",
        files=own_tables,
    ),
    "aia_9": Run(
        {**SMALL, "local": {"tables": "old"}, "aia": {"channels": [171], "calibration": {"version": 9}}},
        target("aia/tables/degradation.ecsv"),
        {of("calibration.version", 9): version(9)},
        after="aia",
        files=own_tables,
    ),
    "aia_response": Run(
        {**SMALL, "aia": {"channels": [171]}},
        (f"results/{RESPONSE}", f"results/{TEMPERATURE}"),
        {
            of("calibration.version", 10): version(10),
            of("response.eve", True): lambda done: columns(done, RESPONSE).meta["eve"] != 1,
            of("response.crosstalk", True): crosstalk,
            of("response.chiantifix", None): lambda done: columns(done, TEMPERATURE).meta["chiantifix"] is False,
        },
        after="aia",
    ),
    "aia_bare_response": Run(
        {
            **SMALL,
            "aia": {
                "channels": [171],
                "response": {
                    "eve": False,
                    "crosstalk": False,
                    "instrument": "instrument.ecsv",
                    "emissivity": "emissivity.ecsv",
                },
            },
        },
        (f"results/{RESPONSE}", f"results/{TEMPERATURE}"),
        {
            of("response.crosstalk", False): lambda done: not crosstalk(done),
            of("response.eve", False): without_eve,
            of("response.instrument"): lambda done: np.isclose(np.nanmedian(ratio(RESPONSE, "effective_area")(done)), 2),
            of("response.emissivity"): lambda done: 2 < np.nanmedian(ratio(TEMPERATURE, "at_launch_171")(done)) < 6,
        },
        after="aia_response",
        files=own_response,
    ),
    "aia_fixed": Run(
        {
            **SMALL,
            "aia": {
                "channels": [171],
                "response": {
                    "chiantifix": "fix.ecsv",
                    "instrument": ["results/archive/instrument.ecsv"],
                    "means": "means.ecsv",
                    "compare": ["aia_V9_test_response_table.txt"],
                },
            },
        },
        (f"results/{TEMPERATURE}", f"results/{RESPONSE}", "results/aia/response/history/171.ecsv", f"results/{TREND}"),
        {
            of("response.chiantifix"): fixed,
            of("response.instrument[]"): lambda done: np.nanmedian(ratio(RESPONSE, "effective_area")(done)) == 1,
            of("response.compare[]"): lambda done: (
                {int(row["version"]) for row in done.table("aia/response/history/171.ecsv")[0]} == {9, 10}
            ),
            of("response.means"): lambda done: done.has(TREND),
        },
        after="aia_response",
        files=own_response,
    ),
    "aia_figure": changed(
        CUT_OUT,
        {
            of("figures.box", None): picture_differs(CUT_OUT, "aia_box"),
            of("response.means", None): lambda done: not done.has("figures/trend"),
        },
    ),
    "aia_box": changed(CUT_OUT, {}, figures={"box": [-300, -300, 300, 300]}),
    "aia_curve": changed(
        "aia/light_curves/171.ecsv",
        {
            of("light_curves.box", None): lambda done: (
                int(done.table("aia/light_curves/171.ecsv")[0][0]["pixels"]) > 0.99 * done.image(NORMALISED).data.size
            ),
        },
    ),
    "aia_own": Run(OWN, ("results/aia/alignment.ecsv",), files=own_channels),
    **{f"aia_to_{channel}": aligned(channel) for channel in CHANNELS},
}
EXCEPTIONS: dict[Value, str] = {}
