"""Jobs of the section ``cosmic_rays``: frames that are combined, and frames that are cleaned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

from helioreduce.cosmic_rays.frames import CALIBRATION, Frame
from helioreduce.cosmic_rays.profile import MODELS
from helioreduce.errors import InputError
from helioreduce.plan.paths import check_name, located, places, plain

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

    @property
    def settings(self) -> dict[str, Any]:
        """What the products follow from beside the files: arguments of :func:`helioreduce.cosmic_rays.clean.with_hits`."""
        return {"noise": self.noise, "search": self.search, "electrons": self.electrons, "choice": self.choice}

    def frame(self, job: str, name: str) -> Frame:
        """Return the files of a frame of this job."""
        where = f"cosmic_rays.clean: {job}"
        planes = {plane: _plane(path, name, f"{where}: {plane}") for plane, path in self.planes.items()}
        return Frame(
            self.frames[name], product("cleaned", job, name), product("hits", job, name), {**self.calibration, **planes}
        )


@dataclass(frozen=True)
class Chunk:
    """Frames of one cleaning job that one process cleans: those of ``names``."""

    job: str
    cleaning: Cleaning
    first: int
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """Job and number of its first frame, as in the names of rules."""
        return f"{self.job}_{self.first}"

    @property
    def frames(self) -> list[Frame]:
        """Their files."""
        return [self.cleaning.frame(self.job, name) for name in self.names]

    def products(self, state: str, suffix: str = "fits") -> list[str]:
        """Return one product of each frame."""
        return [product(state, self.job, name, suffix) for name in self.names]


def product_name(file: str) -> str:
    """Return the name of a frame in the products: that of its file without extension, see :func:`plain`."""
    return plain(re.split(r"\.(?:fit|fts)", file, maxsplit=1, flags=re.IGNORECASE)[0])


def product(state: str, job: str, frame: str, suffix: str = "fits") -> str:
    """Return the file of one state of a frame."""
    return f"results/cosmic_rays/{state}/{job}/{frame}.{suffix}"


def combined(name: str) -> str:
    """Return the file of a combined calibration frame."""
    return f"results/cosmic_rays/combined/{name}.fits"


def cleaning(job: Mapping[str, Any], combinations: Mapping[str, object]) -> Cleaning:
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
    return Cleaning(frames_of(job), calibration, noise, search, job.get("electrons", False), planes, choice, rate)


def _plane(path: str, frame: str, where: str) -> str:
    """Return the file of a plane that belongs to a frame."""
    return str(located(path.replace("{frame}", frame), where))


def _calibration_frame(job: Mapping[str, Any], step: str, combinations: Mapping[str, object]) -> str:
    """Return the file of a job's bias, dark or flat: the name of a combined frame, or a path."""
    if job[step] in combinations:
        return combined(job[step])
    return str(located(job[step], f"cosmic_rays.clean: {job['name']}: {step}"))


def frames_of(job: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a job by their names without extension; patterns are expanded as paths are found."""
    patterns: Sequence[str] = [job["files"]] if isinstance(job["files"], str) else job["files"]
    where = f"cosmic_rays.{'combine' if 'kind' in job else 'clean'}: {job['name']}: files"
    found: dict[str, str] = {}
    for pattern in patterns:
        matches = (_fitting(str(place / pattern)) for place in places())
        files = [pattern] if pattern.startswith("results/") else next(filter(None, matches), [])
        if not files:
            raise InputError(f"no file fits {pattern!r}", cure="Give an existing path or pattern", where=where)
        for file in files:
            check_name(file)
            name = product_name(Path(file).name)
            if found.setdefault(name, file) != file:
                problem = f"{found[name]} and {file} have one name"
                raise InputError(problem, cure="Give them to two jobs", where=where)
    return found


def _fitting(pattern: str) -> list[str]:
    """Return the file of this name, or the files that fit the pattern."""
    return [pattern] if Path(pattern).is_file() else sorted(glob(pattern))  # noqa: PTH207  # patterns may be absolute
