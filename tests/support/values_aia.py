"""Values of the section ``aia``: one finished folder of two channels, and what single settings change in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from offers import TEXT, Check, Done, Run, Value

SMALL = {"archive": {"npix": 64}}
FRAME = "171/20140101T000001_simulated.fits"
SERIES = "aia/series_simulated/171/2014.zarr"
#: States that stay on disk, to be compared.
KEPT = ["level1", "respiked", "error", "deconvolved", "level1.5", "corrected"]
CHANNELS = (94, 131, 171, 193, 211, 304, 335, 1600, 1700, 4500)
NORMALISED, DECONVOLVED, ERROR, BINNED = (f"aia/{state}/{FRAME}" for state in ("normalised", "deconvolved", "error", "binned"))
#: The first frame of every channel: slots of 12 s in the EUV, of 24 s in the UV.
FIRST = {
    **dict.fromkeys(CHANNELS[:7], "20140101T000001_simulated"),
    **dict.fromkeys(CHANNELS[7:9], "20131231T235949_simulated"),
    4500: "20131231T235925_simulated",
}
ONE = {"channels": [171], "steps": {"respike": False, "deconvolve": False}}
PLAIN = {"respike": False, "deconvolve": False, "degradation": False, "exposure": False}
WINGS = [
    {"kind": "power", "exponent": 2, "weight": 1},
    {"kind": "lorentzian", "width": 30, "cut": 900, "weight": 1},
    {"kind": "gaussian", "width": 10, "weight": 2},
]


def of(key: str, value: Any = TEXT) -> Value:
    """Return a value of a key of the section."""
    return f"aia.{key}", value


def target(product: str) -> tuple[str, ...]:
    """Return the only target of a run."""
    return (f"results/{product}",)


def changed(product: str, shows: dict[Value, Check], **aia: Any) -> Run:
    """Return a run in the finished folder, with other settings, up to one product."""
    return Run({**SMALL, "aia": {"channels": [171], "keep": KEPT, **aia}}, target(product), shows, after="aia")


def rounded(done: Done) -> bool:
    """Return whether the store says what was lost, and its values are multiples of powers of two that follow sigma."""
    import xarray

    there = xarray.open_zarr(done.folder / "results" / SERIES).isel(time=[0])
    data, sigma = there.data.values, there.sigma.values
    known = np.isfinite(data) & np.isfinite(sigma)
    step = 2.0 ** np.floor(np.log2(0.1 * sigma[known]) - 0.1)
    return bool("loss_rms" in there.data.attrs and known.any() and (data[known] % step == 0).all())


def card(key: str, value: Any, product: str = NORMALISED) -> Check:
    """Return the check of a card."""
    return lambda done: done.header(product)[key] == value


def reported(words: str, step: str, product: str = NORMALISED) -> Check:
    """Return the check of what a header records of a step."""
    return lambda done: words in done.parameters(product, step)


def time_in_sigma(done: Done) -> bool:
    """Return whether σ, stored in steps, has grown in the mean of bright pixels by the uncertainty of the exposure time."""
    before, after = done.run("aia").image(NORMALISED), done.image(NORMALISED)
    bright = before.data > 10 * before.sigma
    share = after.header["EXPSIGMA"] / after.header["EXPUSED"] * (before.data / before.sigma)[bright]
    expected = np.hypot(1, share).mean() * before.header["EXPUSED"] / after.header["EXPUSED"]
    return abs((after.sigma / before.sigma)[bright].mean() - expected) < 0.02 * (np.hypot(1, share).mean() - 1)


def method(name: str, *more: str) -> Check:
    """Return the check that another method has run: it says so, and the image is another than that of Richardson–Lucy."""
    return lambda done: (
        all(word in done.parameters(DECONVOLVED, "deconvolve") for word in (f"method={name};", *more))
        and done.differs("aia", DECONVOLVED)
    )


def systematic(*names: str) -> Check:
    """Return the check that systematic terms are in the error plane, in quadrature."""

    def check(done: Done) -> bool:
        row = next(row for row in done.table("aia/tables/error.ecsv")[0] if row["WAVELNTH"] in (171, "171"))
        fraction, image = np.hypot.reduce([float(row[name]) for name in names]), done.image(ERROR)
        plain = done.run("aia").image(ERROR).sigma
        return np.allclose(image.sigma**2 - plain**2, (fraction * image.data) ** 2, rtol=1e-3, atol=1e-2)

    return check


def without_terms(done: Done) -> bool:
    """No systematic term is in the error plane."""
    return "SYSFRAC" not in done.header(ERROR)


def own_psf(folder: Path) -> None:
    """Write a PSF, a Gaussian of 2 px."""
    y, x = np.mgrid[-32:32, -32:32]
    kernel = np.exp(-(x**2 + y**2) / 8)
    fits.PrimaryHDU((kernel / kernel.sum()).astype(np.float32)).writeto(folder / "psf_171.fits")


def psf(done: Done, kind: str) -> Any:
    """Return array and header of a PSF of the results."""
    file = done.file(f"aia/psf/{kind}/171.fits")
    return fits.getdata(file, "PSF"), fits.getheader(file)


def kinds_of_wings(kind: str) -> Check:
    """Return the check that wings of a kind are in the PSF: it says so, and is what they add up to."""
    return lambda done: (
        f"kind={kind}" in str(psf(done, "parametric")[1]["PSFWINGS"])
        and np.isclose(psf(done, "parametric")[0].sum(), 1, atol=1e-3)
    )


def binned(npix: int) -> Check:
    """Return the check that the whole Sun has so many pixels a side."""
    return lambda done: done.image(BINNED).data.shape == (npix, npix) and done.header(BINNED)["CDELT1"] == 0.6 * 4096 / npix


BASE: dict[Value, Check] = {
    **{of("keep[]", state): lambda done, state=state: done.has(f"aia/{state}/{FRAME}") for state in KEPT},
    ("aia.start", TEXT): card("T_OBS", "2014-01-01T00:00:00.340"),
    ("aia.end", TEXT): lambda done: len(list((done.folder / "results/aia/normalised/171").iterdir())) == 1,
    of("batch", "auto"): lambda done: done.has(DECONVOLVED) and not done.has("aia/batch"),
    of("device", "auto"): reported("device=", "deconvolve"),
    **{
        of(f"steps.{step}", True): card(key, "COMPLETE")
        for step, key in {
            "respike": "RESPIKE",
            "deconvolve": "DECONVOL",
            "degradation": "DEGRADAT",
            "exposure": "NORMALIS",
        }.items()
    },
    **{of(f"error.{term}", False): without_terms for term in ("preflight", "eve", "chianti")},
    of("psf.model", "grigis"): lambda done: done.has("aia/psf/default/171.fits"),
    of("output.form", "images"): lambda done: not done.has("aia/series_simulated"),
    of("quicklook", "auto"): lambda done: done.has("aia/quicklook/171/*.jpg"),
    of("output.npix", 4096): lambda done: not done.has("aia/binned"),
    of("psf.file", None): lambda done: "PSFMODEL" not in done.header(DECONVOLVED),
    of("deconvolve.method", "rl"): reported("iterations=25; accelerated=False", "deconvolve"),
    of("deconvolve.core", "default"): reported("core=default", "deconvolve"),
    of("deconvolve.accelerate", False): reported("accelerated=False", "deconvolve"),
    of("deconvolve.precision", "float32"): reported("precision=float32", "deconvolve"),
    of("exposure.source", "auto"): card("EXPSRC", "measured"),
    of("exposure.error", False): reported("in_sigma=False", "exposure"),
    of("alignment.reference", None): lambda done: not done.has("aia/aligned"),
}
RUNS = {
    "aia": Run({**SMALL, "aia": {"channels": [171, 1600], "keep": KEPT}}, (), BASE),
    "aia_channels": Run(
        {**SMALL, "aia": {"channels": list(CHANNELS)}},
        tuple(f"results/aia/level1/{channel}/{time}.fits" for channel, time in FIRST.items()),
        {
            of("channels[]", channel): lambda done, channel=channel: (
                done.header(f"aia/level1/{channel}/*.fits")["WAVELNTH"] == channel
            )
            for channel in CHANNELS
        },
    ),
    "aia_plain": changed(
        f"aia/level1.5/{FRAME}",
        {
            of(f"steps.{step}", False): lambda done, key=key: done.header(f"aia/level1.5/{FRAME}")[key] == "SKIPPED"
            for step, key in {
                "respike": "RESPIKE",
                "deconvolve": "DECONVOL",
                "degradation": "DEGRADAT",
                "exposure": "NORMALIS",
            }.items()
        },
        steps=PLAIN,
    ),
    "aia_series": changed(
        f"{SERIES}/zarr.json",
        {
            of("output.form", "series"): lambda done: done.has(f"{SERIES}/data/c/0/0/0") and done.has(f"{SERIES}/zarr.json"),
            of("output.precision", "float32"): lambda done: "loss_rms" not in done.file(f"{SERIES}/zarr.json").read_text(),
        },
        output={"form": "series", "npix": 512},
    ),
    "aia_archived": Run(
        {**SMALL, "aia": {**ONE, "output": {"form": "series", "npix": 512, "precision": "archived"}, "quicklook": "all"}},
        (),
        {
            of("output.precision", "archived"): rounded,
            of("quicklook", "all"): lambda done: done.has("aia/series_simulated/quicklook/171/20140101/*_simulated.jpg"),
        },
    ),
    "aia_no_quicklook": Run(
        {**SMALL, "aia": {**ONE, "quicklook": "none"}},
        (),
        {of("quicklook", "none"): lambda done: done.has(NORMALISED) and not done.has("aia/quicklook")},
    ),
    **{
        f"aia_{npix}": changed(BINNED, {of("output.npix", npix): binned(npix)}, output={"npix": npix})
        for npix in (2048, 1024, 512)
    },
    "aia_inverse": changed(
        DECONVOLVED,
        {
            of("deconvolve.method", "inverse"): method("inverse"),
            of("device", "cpu"): reported("device=cpu", "deconvolve", DECONVOLVED),
        },
        deconvolve={"method": "inverse"},
        device="cpu",
    ),
    "aia_cg": changed(
        DECONVOLVED,
        {
            of("deconvolve.method", "cg"): method("cg"),
        },
        deconvolve={"method": "cg"},
    ),
    "aia_bid": changed(
        DECONVOLVED,
        {
            of("deconvolve.method", "bid"): method("bid"),
            of("deconvolve.positive", False): lambda done: np.nanmin(done.image(DECONVOLVED).data) < 0,
        },
        deconvolve={"method": "bid"},
    ),
    "aia_positive": changed(
        DECONVOLVED,
        {
            of("deconvolve.positive", True): lambda done: np.nanmin(done.image(DECONVOLVED).data) >= 0,
            of("deconvolve.precision", "float64"): reported("precision=float64", "deconvolve", DECONVOLVED),
        },
        deconvolve={"method": "bid", "positive": True, "precision": "float64"},
    ),
    "aia_wiener": changed(DECONVOLVED, {of("deconvolve.method", "wiener"): method("wiener")}, deconvolve={"method": "wiener"}),
    "aia_accelerated": changed(
        DECONVOLVED,
        {
            of("deconvolve.core", "preflight"): lambda done: (
                reported("core=preflight", "deconvolve", DECONVOLVED)(done) and done.has("aia/psf/preflight/171.fits")
            ),
            of("deconvolve.accelerate", True): lambda done: (
                reported("accelerated=True", "deconvolve", DECONVOLVED)(done) and done.differs("aia", DECONVOLVED)
            ),
            of("device", "gpu"): lambda done: (
                reported("device=cpu", "deconvolve", DECONVOLVED)(done) == ("device gpu cannot be used" in done.said)
            ),
        },
        deconvolve={"accelerate": True, "core": "preflight"},
        device="gpu",
    ),
    "aia_preflight": changed(
        ERROR,
        {
            of("error.preflight", True): systematic("CALERR", "CHIANTI"),
            of("error.chianti", True): systematic("CALERR", "CHIANTI"),
        },
        error={"preflight": True, "chianti": True},
    ),
    "aia_eve": changed(ERROR, {of("error.eve", True): systematic("EVEERR")}, error={"eve": True}),
    "aia_measured": changed(
        NORMALISED,
        {
            of("exposure.source", "measured"): lambda done: (
                done.header(NORMALISED)["EXPUSED"] == done.header(NORMALISED)["EXPTIME"]
            ),
        },
        exposure={"source": "measured"},
    ),
    "aia_commanded": changed(
        NORMALISED,
        {
            of("exposure.source", "commanded"): card("EXPUSED", 2.0),
            of("exposure.error", True): lambda done: time_in_sigma(done) and reported("in_sigma=True", "exposure")(done),
        },
        exposure={"source": "commanded", "error": True},
    ),
    "aia_own_psf": Run(
        {**SMALL, "aia": {"channels": [171], "keep": KEPT, "psf": {"model": "file", "file": "psf_{channel}.fits"}}},
        target(DECONVOLVED),
        {
            of("psf.model", "file"): lambda done: done.differs("aia", DECONVOLVED) and done.has("aia/psf/file/171.fits"),
            of("psf.file"): lambda done: np.isclose(psf(done, "file")[0].max(), 1 / (8 * np.pi), rtol=0.01),
        },
        after="aia",
        files=own_psf,
    ),
    "aia_parametric": changed(
        "aia/psf/parametric/171.fits",
        {
            of("psf.model", "parametric"): lambda done: psf(done, "parametric")[1]["PSFDIFF"] == 0.1,
            of("psf.side", 4096): lambda done: psf(done, "parametric")[0].shape == (4096, 4096),
            **{of("psf.wings[].kind", wing["kind"]): kinds_of_wings(wing["kind"]) for wing in WINGS},
        },
        psf={"model": "parametric", "diffuse": 0.1, "wings": WINGS},
    ),
    "aia_wide": changed(
        "aia/psf/parametric/171.fits",
        {
            of("psf.side", 8192): lambda done: psf(done, "parametric")[0].shape == (8192, 8192),
        },
        psf={"model": "parametric", "diffuse": 0.1, "wings": WINGS[:1], "side": 8192},
    ),
}
EXCEPTIONS: dict[Value, str] = {}
