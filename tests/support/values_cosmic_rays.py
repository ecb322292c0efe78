"""Values of the section ``cosmic_rays``: one run, a job for each value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from offers import TEXT, Check, Done, Run, Value

SIDE = (60, 60)
SKY, HIT, EDGE = 700.0, (slice(20, 21), slice(30, 33)), (0, 15)
#: Pixels of the odd frames of a stack, and by how much they are off.
ODD, OFF = (5, 7), 90.0


def write(path: Path, data: np.ndarray, **cards: object) -> None:
    """Write a frame in DN."""
    fits.PrimaryHDU(data.astype(np.float32), fits.Header({"BUNIT": "adu", **cards})).writeto(path)


def frames(folder: Path) -> None:
    """Write seven darks with an odd one, biases, flats, a night's frame with hits in the middle and at the edge, and planes."""
    rng = np.random.default_rng(7)
    for k in range(7):
        dark = rng.normal(100, 5, SIDE)
        dark[ODD] = 100 + k + OFF * (k == 3)
        write(folder / f"dark_{k}.fits", dark)
        write(folder / f"flat_{k}.fits", (1000 + 100 * k) * np.linspace(0.9, 1.1, SIDE[1]) + rng.normal(0, 5, SIDE))
    night = rng.normal(SKY, 12, SIDE)
    night[HIT] += 900
    night[EDGE] += 900
    write(folder / "night.fits", night)
    write(folder / "euv.fits", night, WAVELNTH=171)
    chips = [
        fits.ImageHDU(night.astype(np.float32), name="CHIP1"),
        fits.ImageHDU((night + 50).astype(np.float32), name="CHIP2"),
    ]
    fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(folder / "both.fits")
    error = fits.ImageHDU(np.full(SIDE, 12, np.float32), name="UNCERT")
    fits.HDUList([fits.PrimaryHDU(night.astype(np.float32), fits.Header({"BUNIT": "adu"})), error]).writeto(
        folder / "known.fits"
    )
    write(folder / "variance.fits", np.full(SIDE, 1e6))
    write(folder / "background.fits", np.where(night > SKY + 450, night - SKY, 0))
    bad = np.zeros(SIDE)
    bad[HIT] = 1
    write(folder / "bad.fits", bad)
    y, x = np.mgrid[-2:3, -2:3]
    write(folder / "star.fits", np.exp(-(x**2 + y**2) / 2))


def combination(name: str, kind: str = "dark", files: Any = "dark_*.fits", **choices: Any) -> dict[str, Any]:
    """Return a job that combines frames."""
    return {"name": name, "kind": kind, "files": files, **choices}


def cleaning(name: str, files: Any = "night.fits", read_noise: float | None = 8.0, **choices: Any) -> dict[str, Any]:
    """Return a job that cleans a frame."""
    return {"name": name, "files": files, "gain": 5.0, "read_noise": read_noise, **choices}


def stack() -> np.ndarray:
    """Return the values of the odd pixel."""
    return np.array([100 + k + OFF * (k == 3) for k in range(7)])


def combined(name: str, value: float) -> Check:
    """Return the check of what the odd pixel has become."""
    return lambda done: np.isclose(done.image(f"cosmic_rays/combined/{name}.fits").data[ODD], value, atol=1e-3)


def cleaned(done: Done, name: str, frame: str = "night") -> Any:
    """Return a cleaned frame."""
    return done.image(f"cosmic_rays/cleaned/{name}/{frame}.fits")


def hit(done: Done, name: str, place: Any = HIT, frame: str = "night") -> bool:
    """Return whether a place is flagged as a cosmic ray."""
    return bool((cleaned(done, name, frame).flags[place] & 8).all())


def reported(name: str, words: str, frame: str = "night") -> Check:
    """Return the check of what the header of a cleaned frame records of the step."""
    return lambda done: words in done.parameters(f"cosmic_rays/cleaned/{name}/{frame}.fits", "clean")


def in_one_process(done: Done) -> bool:
    """Five frames of one entry have one log, that of the first."""
    logs = sorted(path.name for path in (done.folder / "results/logs/cosmic_rays_clean/many").iterdir())
    return logs == ["dark_0.log"] and all(done.has(f"cosmic_rays/cleaned/many/dark_{k}.fits") for k in range(5))


def around(done: Done, name: str) -> np.ndarray:
    """Return the good pixels in the 5 × 5 pixels about the first one of the hit."""
    image = cleaned(done, name)
    part = slice(18, 23), slice(28, 33)
    return image.data[part][(image.flags[part] & 8) == 0]


def low_median(done: Done, name: str) -> float:
    """Return their median, the lower one of an even number."""
    values = np.sort(around(done, name))
    return float(values[(len(values) - 1) // 2])


def between_noise(done: Done) -> bool:
    """The frame's own error plane, 12 DN, is the noise."""
    return reported("known", "noise=error plane", "known")(done) and hit(done, "known", frame="known")


COMBINE = {
    "clip": combination("clip"),
    "median": combination("median", method="median"),
    "trimmed": combination("trimmed", method="trimmed_mean", trim=0.25),
    "mean": combination("mean", method="mean"),
    "std": combination("std", deviation="std"),
    "noise": combination("noise", deviation="noise", noise=5.0),
    "bias": combination("bias", "bias", ["dark_0.fits", "dark_1.fits"]),
    "flat": combination("flat", "flat", "flat_*.fits"),
    "chips": combination("chips", "dark", ["both.fits"], extension="CHIP2", method="mean"),
}
CLEAN = {
    "plain": cleaning("plain"),
    "listed": cleaning("listed", ["night.fits", "known.fits"]),
    "many": cleaning("many", [f"dark_{k}.fits" for k in range(5)]),
    "calibrated": cleaning("calibrated", bias="bias", dark="dark_5.fits", flat="flat"),
    "known": cleaning("known", "known.fits", None),
    "euv": cleaning("euv", "euv.fits", electrons_per_photon="auto"),
    "electrons": cleaning("electrons", electrons=True),
    "astroscrappy": cleaning("astroscrappy", mode="astroscrappy"),
    "iraf": cleaning("iraf", mode="iraf"),
    "copy": cleaning("copy", border="copy"),
    "nearest": cleaning("nearest", border="nearest"),
    "reflect": cleaning("reflect", mode="astroscrappy", border="reflect"),
    "mean": cleaning("mean", mode="iraf", replacement="mean"),
    "median": cleaning("median", replacement="median"),
    "distance": cleaning("distance", replacement="distance"),
    "sepmed": cleaning("sepmed", sepmed=True, sigclip=2.5),
    "full": cleaning("full", sepmed=False, sigclip=2.5),
    "gauss": cleaning("gauss", psf="gauss"),
    "star": cleaning("star", psf="star.fits"),
    "variance": cleaning("variance", variance="variance.fits"),
    "background": cleaning("background", background="background.fits"),
    "mask": cleaning("mask", mask="bad.fits"),
    "chip": cleaning("chip", "both.fits", extension="CHIP2"),
    "amplifiers": cleaning(
        "amplifiers",
        electrons=True,
        amplifiers=[{"section": "[1:30, 1:60]", "gain": 5.0}, {"section": "[31:60, 1:60]", "gain": 10.0}],
    ),
}
TARGETS = (
    *(f"results/cosmic_rays/combined/{name}.fits" for name in COMBINE),
    *(
        f"results/cosmic_rays/cleaned/{job['name']}/{Path(file).stem}.fits"
        for job in CLEAN.values()
        for file in ([job["files"]] if isinstance(job["files"], str) else job["files"])
    ),
)


def of(kind: str, key: str, value: Any) -> Value:
    """Return a value of a job's key."""
    return f"cosmic_rays.{kind}[].{key}", value


KEPT = np.delete(stack(), 3).mean()
COMBINED: dict[Value, Check] = {
    of("combine", "name", TEXT): lambda done: done.has("cosmic_rays/combined/clip.fits"),
    of("combine", "kind", "bias"): lambda done: "kind=bias" in done.parameters("cosmic_rays/combined/bias.fits", "combine"),
    of("combine", "kind", "dark"): lambda done: np.isclose(
        np.median(done.image("cosmic_rays/combined/clip.fits").data), 100, atol=1
    ),
    of("combine", "kind", "flat"): lambda done: np.isclose(
        np.median(done.image("cosmic_rays/combined/flat.fits").data), 1, atol=2e-3
    ),
    of("combine", "files", TEXT): lambda done: done.header("cosmic_rays/combined/clip.fits")["NFRAMES"] == 7,
    of("combine", "files[]", TEXT): lambda done: done.header("cosmic_rays/combined/bias.fits")["NFRAMES"] == 2,
    of("combine", "method", "clip"): combined("clip", KEPT),
    of("combine", "method", "median"): combined("median", np.median(stack())),
    of("combine", "method", "trimmed_mean"): combined("trimmed", np.sort(stack())[1:-1].mean()),
    of("combine", "method", "mean"): combined("mean", stack().mean()),
    of("combine", "deviation", "mad"): combined("clip", KEPT),
    of("combine", "deviation", "std"): combined("std", stack().mean()),
    of("combine", "deviation", "noise"): combined("noise", KEPT),
    of("combine", "extension", TEXT): lambda done: np.isclose(
        np.median(done.image("cosmic_rays/combined/chips.fits").data), SKY + 50, atol=2
    ),
    of("combine", "extension", None): lambda done: np.isclose(
        np.median(done.image("cosmic_rays/combined/clip.fits").data), 100, atol=1
    ),
}
CLEANED: dict[Value, Check] = {
    ("cosmic_rays.batch", "auto"): in_one_process,
    of("clean", "name", TEXT): lambda done: done.has("cosmic_rays/cleaned/plain/night.fits"),
    of("clean", "files", TEXT): lambda done: hit(done, "plain"),
    of("clean", "files[]", TEXT): lambda done: hit(done, "listed") and hit(done, "listed", frame="known"),
    of("clean", "bias", TEXT): lambda done: "bias.fits" in done.parameters("cosmic_rays/cleaned/calibrated/night.fits", "bias"),
    of("clean", "dark", TEXT): lambda done: (
        np.isclose(np.median(cleaned(done, "calibrated").data), SKY - 200, atol=5)
        and "dark_5.fits" in done.parameters("cosmic_rays/cleaned/calibrated/night.fits", "dark")
    ),
    of("clean", "flat", TEXT): lambda done: np.allclose(
        [np.median(cleaned(done, "calibrated").data[:, part]) for part in (slice(0, 10), slice(-10, None))],
        [500 / 0.917, 500 / 1.083],
        rtol=0.02,
    ),
    of("clean", "read_noise", None): between_noise,
    of("clean", "electrons_per_photon", "auto"): reported("euv", "electrons_per_photon=19.8", "euv"),
    of("clean", "electrons", True): lambda done: np.isclose(np.median(cleaned(done, "electrons").data), 5 * SKY, rtol=0.01),
    of("clean", "electrons", False): lambda done: np.isclose(np.median(cleaned(done, "plain").data), SKY, rtol=0.01),
    of("clean", "mode", "standard"): lambda done: hit(done, "plain", EDGE),
    of("clean", "mode", "astroscrappy"): lambda done: hit(done, "astroscrappy") and not hit(done, "astroscrappy", EDGE),
    of("clean", "mode", "iraf"): lambda done: (
        reported("iraf", "border=nearest; replacement=median")(done)
        and np.isclose(cleaned(done, "iraf").data[20, 30], low_median(done, "iraf"), atol=1e-2)
    ),
    of("clean", "border", "reflect"): lambda done: hit(done, "reflect", EDGE),
    of("clean", "border", "copy"): lambda done: hit(done, "copy") and not hit(done, "copy", EDGE),
    of("clean", "border", "nearest"): lambda done: reported("nearest", "border=nearest")(done) and hit(done, "nearest"),
    of("clean", "replacement", "mean"): lambda done: np.isclose(
        cleaned(done, "mean").data[20, 30], around(done, "mean").mean(), atol=1e-2
    ),
    of("clean", "replacement", "median"): lambda done: np.isclose(
        cleaned(done, "median").data[20, 30], low_median(done, "median"), atol=1e-2
    ),
    of("clean", "replacement", "distance"): lambda done: (
        len({float(cleaned(done, name).data[20, 30]) for name in ("distance", "median", "plain")}) == 3
    ),
    of("clean", "sepmed", True): lambda done: (cleaned(done, "sepmed").flags != cleaned(done, "full").flags).any(),
    of("clean", "sepmed", False): lambda done: "sepmed" not in done.parameters("cosmic_rays/cleaned/full/night.fits", "clean"),
    of("clean", "psf", TEXT): lambda done: reported("gauss", "psf 7x7")(done) and reported("star", "psf 5x5")(done),
    of("clean", "psf", None): reported("plain", "fine_structure=median"),
    of("clean", "variance", TEXT): lambda done: not hit(done, "variance") and reported("variance", "noise=variance")(done),
    of("clean", "background", TEXT): lambda done: not hit(done, "background"),
    of("clean", "mask", TEXT): lambda done: (cleaned(done, "mask").flags[HIT] & 8 == 0).all() and hit(done, "mask", EDGE),
    of("clean", "extension", TEXT): lambda done: np.isclose(np.median(cleaned(done, "chip", "both").data), SKY + 50, atol=2),
    of("clean", "extension", None): lambda done: np.isclose(np.median(cleaned(done, "plain").data), SKY, atol=2),
    of("clean", "amplifiers[].section", TEXT): lambda done: np.allclose(
        [np.median(cleaned(done, "amplifiers").data[:, part]) for part in (slice(0, 30), slice(30, 60))],
        [5 * SKY, 10 * SKY],
        rtol=0.01,
    ),
}
RUNS = {
    "cosmic_rays": Run(
        {"cosmic_rays": {"combine": list(COMBINE.values()), "clean": list(CLEAN.values())}},
        TARGETS,
        COMBINED | CLEANED,
        files=frames,
    ),
}
EXCEPTIONS: dict[Value, str] = {}
