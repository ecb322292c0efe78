"""Cosmic rays of any frames: jobs that combine calibration frames, jobs that clean frames, and the example."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from helioreduce.cosmic_rays.profile import MODELS
from helioreduce.errors import InputError
from helioreduce.plan.paths import located, places

Entry = TypeVar("Entry")

#: Calibration frames of a cleaning job, in the order in which they are applied.
CALIBRATION = ("bias", "dark", "flat")
#: Settings of a combination, of the noise model with their defaults, and of the search.
CHOICES = ("method", "sigma", "deviation", "trim", "quantum", "noise")
NOISE = {"gain": 1.0, "read_noise": None, "electrons_per_photon": 1.0}
SEARCH = ("mode", "sigclip", "sigfrac", "objlim", "iterations", "saturation", "border", "replacement", "sepmed", "grow")
#: Images that a cleaning job may take beside its frames; {frame} in their path is the name of each.
PLANES = ("variance", "background", "mask")
#: Settings of a profile of point sources, by the arguments that they are.
PSF = {"psf": "model", "psf_fwhm": "fwhm", "psf_size": "size", "psf_beta": "beta"}
#: Settings of the rate of hits.
RATE = ("pixel_um", "expected_rate")
#: Frames before and after one that show which of its spikes stay.
NEIGHBOURS = 2


@dataclass(frozen=True)
class Combination:
    """Frames that become one calibration frame.

    Parameters
    ----------
    kind
        ``bias``, ``dark`` or ``flat``.
    frames
        Their files.
    choices
        Arguments of :class:`helioreduce.cosmic_rays.combine.Choices`.
    extension
        Number or EXTNAME of the image in files with several.
    """

    kind: str
    frames: tuple[str, ...]
    choices: Mapping[str, Any] = field(default_factory=dict)
    extension: int | str | None = None


@dataclass(frozen=True)
class Cleaning:
    """Frames that are cleaned in one way.

    Parameters
    ----------
    frames
        Their files, by their names in the products.
    calibration
        Bias, dark and flat: the step and its file.
    noise
        Arguments of :func:`helioreduce.cosmic_rays.clean.noise_model`.
    search
        Arguments of :func:`helioreduce.cosmic_rays.lacosmic.settings`.
    electrons
        Whether the products are in electrons.
    planes
        Variance, background, mask and PSF: the file, with ``{frame}`` for the name of each frame.
    choice
        ``extension`` of the files, arguments of :func:`helioreduce.cosmic_rays.profile.profile` (``psf``) and of
        :class:`helioreduce.cosmic_rays.proportion.Limits` (``limits``).
    rate
        Size of a pixel and expected rate of hits.
    """

    frames: Mapping[str, str]
    calibration: Mapping[str, str]
    noise: Mapping[str, Any]
    search: Mapping[str, Any]
    electrons: bool
    planes: Mapping[str, str] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=lambda: {"extension": None, "psf": {}, "limits": {}})
    rate: Mapping[str, float | None] = field(default_factory=lambda: dict.fromkeys(RATE))


@dataclass(frozen=True)
class Example:
    """A simulated CCD, its frames and their truth, cleaned at two thresholds."""

    camera: Mapping[str, float] = field(default_factory=lambda: {"gain": 1.5, "read_noise": 10.0})  # e⁻/DN, e⁻
    thresholds: tuple[int, ...] = (5, 8)
    darks: tuple[str, ...] = tuple(f"results/cosmic_rays/simulated/dark_{n:02d}.fits" for n in range(13))
    science: str = "results/cosmic_rays/simulated/science.fits"
    truth: str = "results/cosmic_rays/simulated/truth.fits"

    @property
    def names(self) -> list[str]:
        """What the thresholds are called in the table and the figure."""
        return [f"sigclip {threshold}" for threshold in self.thresholds]

    @property
    def jobs(self) -> list[str]:
        """Names of the cleaning jobs, one for each threshold."""
        return [f"example_sigclip{threshold}" for threshold in self.thresholds]

    def combinations(self) -> dict[str, Combination]:
        """Return the combination of the darks, by its name."""
        return {"example_dark": Combination("dark", self.darks)}

    def cleanings(self) -> dict[str, Cleaning]:
        """Return the cleaning jobs, by their names."""
        calibration = {"dark": combined("example_dark")}
        searches = [{"sigclip": float(threshold)} for threshold in self.thresholds]
        made = [Cleaning({"science": self.science}, calibration, {**NOISE, **self.camera}, one, False) for one in searches]
        return dict(zip(self.jobs, made, strict=True))


@dataclass(frozen=True)
class Plan:
    """What the section ``cosmic_rays`` of a configuration asks for.

    Parameters
    ----------
    combinations, cleanings
        Jobs by name, those of the example among them.
    targets
        Products of the configured jobs; none by default.
    aia_frames
        Channel and time of the requested AIA frames.
    example
        The example.
    """

    combinations: Mapping[str, Combination]
    cleanings: Mapping[str, Cleaning]
    targets: tuple[str, ...]
    aia_frames: Collection[tuple[str, str]]
    example: Example

    @classmethod
    def of(cls, config: Mapping[str, Any], aia_frames: Collection[tuple[str, str]]) -> Plan:
        """Return the plan of a validated configuration.

        Raises
        ------
        InputError
            If a file does not exist, or two jobs, or two frames of one job, have one name.
        """
        settings, example = config["cosmic_rays"], Example()
        combinations, cleanings = example.combinations(), example.cleanings()
        for job in _named(settings["combine"], combinations, "cosmic_rays.combine"):
            choices = {key: value for key, value in job.items() if key in CHOICES}
            combinations[job["name"]] = Combination(job["kind"], tuple(_frames(job).values()), choices, job.get("extension"))
        for job in _named(settings["clean"], cleanings, "cosmic_rays.clean"):
            cleanings[job["name"]] = _cleaning(job, combinations)
        requested = [f"{job['name']}/{frame}" for job in settings["clean"] for frame in cleanings[job["name"]].frames]
        targets = (
            *(combined(job["name"]) for job in settings["combine"]),
            *(f"results/cosmic_rays/cleaned/{frame}.fits" for frame in requested),
            *(f"results/cosmic_rays/sources/{frame}.png" for frame in requested),
            *(f"results/cosmic_rays/rates/{job['name']}.ecsv" for job in settings["clean"]),
        )
        return cls(combinations, cleanings, targets, aia_frames, example)

    def combination(self, wildcards: Any) -> Combination:
        """Return the combination ``{job}``."""
        return _known(self.combinations, wildcards.job, "combination")

    def cleaning(self, wildcards: Any) -> Cleaning:
        """Return the cleaning job ``{job}``."""
        return _known(self.cleanings, wildcards.job, "cleaning job")

    def to_clean(self, wildcards: Any) -> dict[str, str]:
        """Return the frame ``{frame}`` of ``{job}`` and its calibration frames, by name."""
        job = self.cleaning(wildcards)
        frame = _known(job.frames, wildcards.frame, f"frame of {wildcards.job}")
        where = f"cosmic_rays.clean: {wildcards.job}"
        planes = {name: _plane(path, wildcards.frame, f"{where}: {name}") for name, path in job.planes.items()}
        return {"raw": frame, **job.calibration, **planes}

    def of_job(self, state: str) -> Callable[[Any], list[str]]:
        """Return the input function of one product of all frames of a cleaning job."""
        return lambda wildcards: [
            f"results/cosmic_rays/{state}/{wildcards.job}/{frame}.fits" for frame in self.cleaning(wildcards).frames
        ]

    def series(self, wildcards: Any) -> list[str]:
        """Return the times of the AIA frames of ``{channel}`` around ``{time}``: up to two before and two after."""
        times = sorted({wildcards.time} | {time for channel, time in self.aia_frames if channel == wildcards.channel})
        here = times.index(wildcards.time)
        return times[max(here - NEIGHBOURS, 0) : here + NEIGHBOURS + 1]

    def spikes(self, wildcards: Any) -> list[str]:
        """Return the lists of spikes of :meth:`series`."""
        return [f"results/aia/spikes/{wildcards.channel}/{time}.fits" for time in self.series(wildcards)]

    def position(self, wildcards: Any) -> int:
        """Return the position of ``{time}`` in :meth:`series`."""
        return self.series(wildcards).index(wildcards.time)


def product_name(file: str) -> str:
    """Return the name of a frame in the products: that of its file without extension, in letters, digits and . _ + - alone."""
    stem = re.split(r"\.(?:fit|fts)", file, maxsplit=1, flags=re.IGNORECASE)[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", plain) or f"frame_{sha256(file.encode()).hexdigest()[:8]}"


def combined(name: str) -> str:
    """Return the file of a combined calibration frame."""
    return f"results/cosmic_rays/combined/{name}.fits"


def _named(jobs: Iterable[Mapping[str, Any]], taken: Mapping[str, object], section: str) -> Iterable[Mapping[str, Any]]:
    """Yield the jobs of a section; refuse a name that is taken."""
    for job in jobs:
        if job["name"] in taken:
            raise InputError(f"two jobs are called {job['name']!r}", cure="Give each job a name of its own", where=section)
        yield job


def _cleaning(job: Mapping[str, Any], combinations: Mapping[str, object]) -> Cleaning:
    """Return a cleaning job of the configuration."""
    calibration = {step: _calibration_frame(job, step, combinations) for step in CALIBRATION if job.get(step)}
    noise = {key: job.get(key, default) for key, default in NOISE.items()}
    if job.get("amplifiers"):
        noise["amplifiers"] = job["amplifiers"]
    search = {key: job[key] for key in SEARCH if key in job}
    planes = {name: job[name] for name in PLANES if job.get(name)}
    psf = {argument: job[key] for key, argument in PSF.items() if key in job}
    if psf.get("model") not in (None, *MODELS):
        planes["psf"] = psf["model"]
    limits = {name: job[key] for name, key in (("share", "max_share"), ("noise", "noise_ratio")) if key in job}
    wanted = psf if psf.get("model") in MODELS else {}
    choice = {"extension": job.get("extension"), "psf": wanted, "limits": limits}
    rate = {key: job.get(key) for key in RATE}
    return Cleaning(_frames(job), calibration, noise, search, job.get("electrons", False), planes, choice, rate)


def _plane(path: str, frame: str, where: str) -> str:
    """Return the file of a plane that belongs to a frame."""
    try:
        return str(located(path.replace("{frame}", frame)))
    except InputError as error:
        raise error.at(where) from None


def _calibration_frame(job: Mapping[str, Any], step: str, combinations: Mapping[str, object]) -> str:
    """Return the file of a job's bias, dark or flat: the name of a combined frame, or a path."""
    if job[step] in combinations:
        return combined(job[step])
    try:
        return str(located(job[step]))
    except InputError as error:
        raise error.at(f"cosmic_rays: {step} of {job['name']}") from None


def _frames(job: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a job by their names without extension; patterns are expanded as paths are found."""
    patterns: Sequence[str] = [job["files"]] if isinstance(job["files"], str) else job["files"]
    found: dict[str, str] = {}
    for pattern in patterns:
        matches = (sorted(glob(str(place / pattern))) for place in places())  # noqa: PTH207  # patterns may be absolute
        files = [pattern] if pattern.startswith("results/") else next(filter(None, matches), [])
        if not files:
            raise InputError(f"no file fits {pattern!r}", cure="Give an existing path or pattern", where="cosmic_rays")
        for file in files:
            name = product_name(Path(file).name)
            if found.setdefault(name, file) != file:
                problem = f"{found[name]} and {file} have one name"
                raise InputError(problem, cure="Give them to two jobs", where="cosmic_rays")
    return found


def _known(entries: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """Return an entry by its name."""
    if name not in entries:
        raise InputError(f"there is no {kind} {name!r}", cure=f"Those of the configuration: {', '.join(entries)}")
    return entries[name]
