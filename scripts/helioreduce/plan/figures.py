"""AIA's figures: the frames that they show, the files that they read, and the settings that they use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from helioreduce.aia.channels import EUV
from helioreduce.aia.figures.catalogue import FIGURES, Covers, Entry, module
from helioreduce.plan import aia, dem, response
from helioreduce.plan.aia import Key, product
from helioreduce.plan.paths import REPOSITORY
from helioreduce.plan.source import frame
from helioreduce.times import in_name, readable

FOLDER, CAPTIONS = "results/figures", REPOSITORY / "workflow" / "report"
GALLERY = f"{FOLDER}/gallery.html"
#: Pixels a side of cut-outs, and of those that show single spikes.
SIDE, SMALL_SIDE = 600, 100
#: Names of the files of a figure, by what it covers.
_FILES = {Covers.FRAME: "/{channel}/{time}", Covers.CHANNEL: "/{channel}", Covers.TIME: "/{time}", Covers.RUN: ""}
_LABELS = {
    Covers.FRAME: "{channel} Å, {time}",
    Covers.CHANNEL: "{channel} Å",
    Covers.TIME: "{time}",
    Covers.RUN: "all frames",
}
#: A channel without images in the request: the one that has lost most of its sensitivity.
_MOST_DEGRADED = "335"

Inputs = Mapping[str, str | list[str] | Callable[[Any], str | list[str]]]


@dataclass(frozen=True)
class Figure:
    """One figure: its name in the catalogue, the frames that it is drawn for, and inputs and params of its rule."""

    name: str
    frames: tuple[Key, ...]
    inputs: Inputs
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """The figure's entry in the catalogue."""
        return FIGURES[self.name]

    @property
    def module(self) -> str:
        """Full name of the module that draws it."""
        return module(self.name)

    @property
    def label(self) -> str:
        """What one figure covers, for readers, with the wildcards of its files."""
        return _LABELS[self.entry.covers]

    def pattern(self, suffix: str, folder: str = FOLDER) -> str:
        """Return the pattern of its files with a suffix."""
        return f"{folder}/{self.name}{_FILES[self.entry.covers]}{suffix}"

    def files(self, *suffixes: str) -> list[str]:
        """Return its files with these suffixes, each once."""
        named = [self.pattern(suffix).format(channel=c, time=t) for c, t in self.frames for suffix in suffixes]
        return list(dict.fromkeys(named))


@dataclass(frozen=True)
class Plan:
    """The figures of a reduction of AIA: of each channel's first frame that goes through the step that they show.

    Figures of other frames can be asked for by name.
    """

    images: aia.Plan
    responses: response.Plan
    side: int = SIDE

    @cached_property
    def times(self) -> dict[str, list[str]]:
        """Times of the frames by channel, in order."""
        found: dict[str, list[str]] = {}
        for channel, time in self.images.frames:
            found.setdefault(channel, []).append(time)
        return {channel: sorted(times) for channel, times in found.items()}

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Every figure by its name, in the order of the catalogue; those without frames are not drawn by themselves."""
        groups = (
            *self._deconvolution(),
            *self._spikes(),
            *self._registration(),
            *self._degradation(),
            *self._errors(),
            *self._response(),
            *self._dem(),
            *self._series(),
        )
        return {figure.name: figure for figure in groups}

    @property
    def box(self) -> list[float]:
        """Region of the cut-outs, arcsec; empty where the figures choose it."""
        return list(self.images.settings["figures"]["box"] or [])

    @property
    def statistics(self) -> list[str]:
        """The statistics of every frame."""
        return [f"results/aia/statistics/{channel}/{time}.ecsv" for channel, time in self.images.frames]

    @property
    def curves(self) -> list[str]:
        """The light curve of every channel."""
        return [f"results/aia/light_curves/{channel}.ecsv" for channel in self.times]

    @property
    def light_curves(self) -> list[str]:
        """Tables and pictures of the light curves."""
        return [
            *self.curves,
            *(file for name in ("light_curves", "channels") for file in self.figures[name].files(".pdf", ".png")),
        ]

    @property
    def finished(self) -> list[str]:
        """The finished images, by channel and time."""
        keys = [(channel, time) for channel, times in self.times.items() for time in times]
        return [product(self.images.latest(*key), *key) for key in keys]

    @property
    def alignment(self) -> list[str]:
        """Table and picture of the offsets between channels, and the aligned images where they are asked for."""
        aligned = self.images.frames if self.images.settings["alignment"]["reference"] else ()
        pictures = self.figures["alignment"].files(".pdf", ".png")
        return ["results/aia/alignment.ecsv", *pictures, *(product("aligned", *frame) for frame in aligned)]

    def targets(self) -> list[str]:
        """Return the files of all figures, and the page that shows them."""
        return [*(file for figure in self.figures.values() for file in figure.files(".pdf", ".png")), GALLERY]

    # Frames

    def first(self, step: str | None = None, channels: Iterable[str] | None = None) -> tuple[Key, ...]:
        """Return the first frame of each channel that goes through a step; by default of all channels."""
        chosen = self.times if channels is None else channels
        frames = ([(c, t) for t in self.times[c] if not (step and self.images.left_out(step, c, t))] for c in chosen)
        return tuple(passing[0] for passing in frames if passing)

    def _first_in(self, holds: Callable[[str], bool]) -> tuple[Key, ...]:
        return self.first(channels=[channel for channel in self.times if holds(channel)])

    # Groups of figures

    def _deconvolution(self) -> Iterable[Figure]:
        frames, settings = self.first("deconvolve"), self.images.settings["deconvolve"]
        pair: Inputs = {"before": self.images.before("deconvolve"), "after": product("deconvolved")}
        psfs = [self.images.psf.pattern.format(channel=channel) for channel, _ in frames]
        yield Figure("deconvolution", frames, pair, {"side": SIDE, "box": self.box})
        yield Figure("slit", frames, pair, {"side": SIDE, "box": self.box})
        yield Figure("psf", frames, {"psf": self.images.psf.pattern}, {"core": settings["core"]})
        yield Figure("psf_energy", frames, {"psfs": psfs}, {"channels": [int(channel) for channel, _ in frames]})
        before: Inputs = {"before": self.images.before("deconvolve")}
        yield Figure("convergence", frames, before, {"side": SIDE, "deconvolution": settings})

    def _spikes(self) -> Iterable[Figure]:
        frames = self.first("respike")
        spikes: Inputs = {"level1": product("level1"), "spikes": product("spikes")}
        lists: Inputs = {"spikes": [product("spikes", *frame) for frame in frames]}
        yield Figure(
            "spike_cutouts", frames, {**spikes, "respiked": product("respiked")}, {"side": SMALL_SIDE, "box": self.box}
        )
        yield Figure("spike_positions", frames, spikes)
        yield Figure("spike_histogram", frames, lists, {"channels": [int(channel) for channel, _ in frames]})

    def _registration(self) -> Iterable[Figure]:
        pair: Inputs = {"level1": product("level1"), "registered": product("level1.5")}
        yield Figure("registration", self.first(), pair)
        yield Figure("limb", self.first(), pair)
        yield Figure("pointing", self.first(), {"table": self._pointing_table, "images": self._first_day})

    def _degradation(self) -> Iterable[Figure]:
        frames, extra = self.first("degradation"), ((_MOST_DEGRADED, ""),) * self.images.source.is_archive
        history: Inputs = {"history": "results/aia/response/history/{channel}.ecsv", "table": self.responses.tables[0]}
        yield Figure("degradation", (*frames, *extra), history, {"frames": self._times, "version": self.images.tables.version})
        means = self.responses.means
        inputs: Inputs = {"means": means or [], "tables": list(self.responses.tables)}
        yield Figure("trend", frames if means else (), inputs)
        yield Figure("correction", frames, {"before": self.images.before("degradation"), "after": product("corrected")})

    def _errors(self) -> Iterable[Figure]:
        raw: Inputs = {"image": self.images.before("deconvolve"), "table": "results/aia/tables/error.ecsv"}
        yield Figure("error_map", self.first(), {"image": self.images.finished})
        yield Figure("error_components", self.first(), raw)
        yield Figure("error_histograms", self.first(), raw)
        if self.images.source.is_archive:
            yield Figure("pulls", self.first(), {"images": self._frame, "truth": self._truth})
        else:
            yield Figure("pulls", self._first_in(lambda channel: len(self.times[channel]) > 1), {"images": self._pair})
        euv = self._first_in(lambda channel: int(channel) in EUV)
        params = {"side": SIDE, "deconvolution": self._deconvolution_of_noise}
        yield Figure("autocorrelation", euv, {"level1": product("level1")}, params)

    def _response(self) -> Iterable[Figure]:
        wavelength: Inputs = {"response": "results/aia/response/{channel}/{time}.ecsv"}
        temperature: Inputs = {"response": "results/aia/response/temperature/{time}.ecsv"}
        yield Figure("response_components", self._first_in(self.responses.has_wavelength), wavelength)
        yield Figure("response_variants", self._first_in(self.responses.has_wavelength), wavelength)
        yield Figure("temperature_response", self._first_in(self.responses.has_temperature)[:1], temperature)

    def _dem(self) -> Iterable[Figure]:
        sets: Inputs = {"dem": "results/aia/dem/{time}.fits"}
        found = dem.Plan(self.images, self.responses)
        frames = () if found.refusal else tuple((dem.CHANNELS[0], time) for time in list(found.groups)[:1])
        for name in ("dem_inputs", "dem_fit", "dem_curves", "dem_recovery"):
            yield Figure(name, frames, sets)
        yield Figure("dem_dated", frames, {**sets, "response": "results/aia/response/temperature/{time}.ecsv"})
        yield Figure("dem_truth", frames if found.of_archive else (), {**sets, "truth": self._plasma})

    def _series(self) -> Iterable[Figure]:
        yield Figure("light_curves", self.first(), {"curves": self.curves})
        images = [product(self.images.latest(*key), *key) for key in self.first()]
        yield Figure("channels", self.first(), {"images": images, "curves": self.curves})
        several = self.first() if len(self.times) > 1 else ()
        yield Figure("alignment", several, {"offsets": "results/aia/alignment.ecsv"})
        yield Figure("timeline", self.first(), {"series": "results/aia/statistics.ecsv"})

    # Input and params functions

    def images_of_channel(self, wildcards: Any) -> list[str]:
        """Return the finished images of a channel, in order of time."""
        keys = [(wildcards.channel, time) for time in self.times[wildcards.channel]]
        return [product(self.images.latest(*key), *key) for key in keys]

    def deconvolution_of_channel(self, wildcards: Any) -> dict[str, Any]:
        """Return what the correlation of a channel's pixels follows from; empty where it is not deconvolved."""
        return self.images.deconvolution(wildcards.channel, self.times[wildcards.channel][0])

    def _pointing_table(self, wildcards: Any) -> str:
        return self.images.pointing_table(self.times[wildcards.channel][0])

    def _first_day(self, wildcards: Any) -> list[str]:
        """Return the level-1 frames of a channel on the day of its first one."""
        times = self.times[wildcards.channel]
        return [product("level1", wildcards.channel, time) for time in times if time[:8] == times[0][:8]]

    def _times(self, wildcards: Any) -> list[str]:
        """Return the times of a channel's frames; of all frames where it has none."""
        return self.times.get(wildcards.channel) or sorted({time for times in self.times.values() for time in times})

    def _frame(self, wildcards: Any) -> list[str]:
        """Return a frame with its error plane."""
        return [product(self.images.latest(wildcards.channel, wildcards.time, "deconvolve"), wildcards.channel, wildcards.time)]

    def _truth(self, wildcards: Any) -> str:
        """Return the file of the truth behind a frame of the embedded archive."""
        return f"{frame(wildcards.channel, wildcards.time)}/truth.fits"

    def _plasma(self, wildcards: Any) -> str:
        """Return the file of the emission measure behind a set of the embedded archive."""
        return f"results/archive/dem/{in_name(wildcards.time)}.fits"

    def _pair(self, wildcards: Any) -> list[str]:
        """Return a frame with its error plane and the next one of its channel; of the last frame the one before."""
        times = self.times[wildcards.channel]
        first = min(times.index(wildcards.time), len(times) - 2)
        keys = [(wildcards.channel, time) for time in times[first : first + 2]]
        return [product(self.images.latest(*key, "deconvolve"), *key) for key in keys]

    def _deconvolution_of_noise(self, wildcards: Any) -> dict[str, Any]:
        """Return the settings of a frame's deconvolution but for its error plane; empty where it is not deconvolved."""
        if self.images.left_out("deconvolve", wildcards.channel, wildcards.time):
            return {}
        return {name: value for name, value in self.images.settings["deconvolve"].items() if name != "redraws"}

    # The gallery

    @property
    def gallery(self) -> dict[str, list[str]]:
        """Inputs of the page: figures, captions, and images before and after deconvolution."""
        frames = self.first("deconvolve")
        return {
            "figures": [file for figure in self.figures.values() for file in figure.files(".png")],
            "captions": [str(CAPTIONS / f"{name}.rst") for name in self.figures],
            "before": [product(self.images.latest(*frame, "deconvolve"), *frame) for frame in frames],
            "after": [product("deconvolved", *frame) for frame in frames],
        }

    @property
    def facts(self) -> dict[str, str]:
        """What the page says of the run."""
        times = sorted(time for _, time in self.images.frames)
        return {
            "source": self.images.source.kind,
            "channels": ", ".join(f"{channel} Å" for channel in self.times),
            "images": str(len(times)),
            "first": readable(", ".join(times[:1])),
            "calibration": self.images.tables.name,
        }
