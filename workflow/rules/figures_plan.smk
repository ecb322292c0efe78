"""Figures: frames they show and names of files."""

from collections import namedtuple

from helioreduce.aia import channels

Figure = namedtuple("Figure", "name group tail channels params inputs")
FIGURES = {}
FRAME, CHANNEL, TIME, RUN = "{channel}/{time}", "{channel}", "{time}", ""
CHANNELS = list(dict.fromkeys(channel for channel, _ in aia.frames))
TIMES = {c: sorted(time for other, time in aia.frames if other == c) for c in CHANNELS}
ALL_TIMES = sorted({time for _, time in aia.frames})
DECONVOLUTION = {
    "core": aia.settings["deconvolve"]["core"],
    "iterations": aia.settings["deconvolve"]["iterations"],
}
PSF = f"results/aia/psf/{DECONVOLUTION['core']}/{{channel}}.fits"
SIDE = {"side": 600}  # of cut-outs, pixels


def figure(name, group, tail, channels, params=None, **inputs):
    """Add a figure: its script and caption, its group, one for each … of these channels, and what it is drawn from."""
    FIGURES[name] = Figure(name, group, tail, channels, params or {}, inputs)


def under(folder, spec):
    """Pattern of a figure's files in a folder, without their ending."""
    return str(Path(folder, spec.name, spec.tail))


def passing(step):
    """Channels whose first frame goes through a step."""
    return [c for c in CHANNELS if aia.left_out(step, c, TIMES[c][0]) is None]


def product(state):
    """Pattern of a state's images."""
    return f"results/aia/{state}/{{channel}}/{{time}}.fits"


def frames_of_day(wildcards):
    """Level-1 frames of a channel on the day of its first one."""
    day = TIMES[wildcards.channel][0][:8]
    return [product("level1").format(channel=wildcards.channel, time=t) for t in TIMES[wildcards.channel] if t[:8] == day]


def frame_and_next(wildcards):
    """A frame with its error plane, and the one after it unless the archive knows the truth."""
    later = [time for time in TIMES[wildcards.channel] if time >= wildcards.time]
    state = aia.latest(wildcards.channel, wildcards.time, "deconvolve")
    return [product(state).format(channel=wildcards.channel, time=t) for t in later[: 1 if ARCHIVED else 2]]


def files_of(spec):
    """Names of a figure without suffix: the first frame of a channel stands for it; others can be asked for by name."""
    values = [{"channel": channel, "time": TIMES.get(channel, [""])[0]} for channel in spec.channels]
    return list(dict.fromkeys(under("results/figures", spec).format(**value) for value in values))


ARCHIVED = aia.source.is_archive
EUV = [c for c in CHANNELS if int(c) in channels.EUV]
RESPONDING = CHANNELS if response_files("instrument") else []
RADIATING = EUV if RESPONDING and response_files("emissivity") else []
PAIRED = [c for c in CHANNELS if ARCHIVED or len(TIMES[c]) > 1]
before_after = {"before": aia.before("deconvolve"), "after": product("deconvolved")}
raw = {"image": aia.before("deconvolve"), "table": "results/aia/tables/error.ecsv"}
pair = {"level1": product("level1"), "registered": product("level1.5")}
spikes = {"level1": product("level1"), "spikes": product("spikes")}
statistics = [product("statistics").replace("fits", "ecsv").format(channel=c, time=t) for c, t in aia.frames]
respiking, deconvolving, degrading = (
    passing("respike"),
    passing("deconvolve"),
    passing("degradation"),
)

figure("deconvolution", "Deconvolution", FRAME, deconvolving, SIDE, **before_after)
figure("slit", "Deconvolution", FRAME, deconvolving, SIDE, **before_after)
figure(
    "psf",
    "Deconvolution",
    CHANNEL,
    deconvolving,
    {"core": DECONVOLUTION["core"]},
    psf=PSF,
)
figure(
    "psf_energy",
    "Deconvolution",
    RUN,
    deconvolving,
    {"channels": [*map(int, deconvolving)]},
    psf=expand(PSF, channel=deconvolving),
)
figure(
    "convergence",
    "Deconvolution",
    FRAME,
    deconvolving,
    SIDE | {"settings": DECONVOLUTION},
    before=aia.before("deconvolve"),
)
figure(
    "spike_cutouts",
    "Spikes",
    FRAME,
    respiking,
    SIDE,
    **spikes,
    respiked=product("respiked"),
)
figure("spike_positions", "Spikes", FRAME, respiking, **spikes)
figure(
    "spike_histogram",
    "Spikes",
    RUN,
    respiking,
    {"channels": [*map(int, respiking)]},
    spikes=[product("spikes").format(channel=c, time=TIMES[c][0]) for c in respiking],
)
figure("registration", "Registration", FRAME, CHANNELS, **pair)
figure("limb", "Registration", FRAME, CHANNELS, **pair)
figure(
    "pointing",
    "Registration",
    CHANNEL,
    CHANNELS,
    table=lambda wildcards: f"results/aia/tables/pointing/{TIMES[wildcards.channel][0][:8]}.ecsv",
    images=frames_of_day,
)
figure(
    "degradation",
    "Degradation",
    CHANNEL,
    list(dict.fromkeys(degrading + ["335"] * ARCHIVED)),  # 335 Å has lost most
    {
        "times": lambda wildcards: TIMES.get(wildcards.channel) or ALL_TIMES,
        "version": aia.tables.version,
    },
    history="results/aia/response/history/{channel}.ecsv",
    table="results/aia/tables/degradation.ecsv",
)
figure(
    "trend",
    "Degradation",
    CHANNEL,
    degrading if RESPONSE["means"] else [],
    means=str(located(RESPONSE["means"])) if RESPONSE["means"] else [],
    tables=[
        "results/aia/tables/degradation.ecsv",
        *(str(located(path)) for path in RESPONSE["compare"]),
    ],
)
figure(
    "correction",
    "Degradation",
    FRAME,
    degrading,
    before=aia.before("degradation"),
    after=product("corrected"),
)
figure("error_map", "Errors", FRAME, CHANNELS, image=aia.finished)
figure("error_components", "Errors", FRAME, CHANNELS, **raw)
figure("error_histograms", "Errors", FRAME, CHANNELS, **raw)
figure(
    "pulls",
    "Errors",
    FRAME,
    PAIRED,
    images=frame_and_next,
    truth=f"results/archive/frames/{FRAME}/truth.fits" if ARCHIVED else [],
)
figure(
    "autocorrelation",
    "Errors",
    FRAME,
    CHANNELS,
    SIDE | {"settings": DECONVOLUTION},
    level1=product("level1"),
)
figure(
    "response_components",
    "Response",
    FRAME,
    RESPONDING,
    response="results/aia/response/{channel}/{time}.ecsv",
)
figure(
    "response_variants",
    "Response",
    FRAME,
    RESPONDING,
    response="results/aia/response/{channel}/{time}.ecsv",
)
figure(
    "temperature_response",
    "Response",
    TIME,
    RADIATING[:1],
    response="results/aia/response/temperature/{time}.ecsv",
)
figure("light_curves", "Series", RUN, CHANNELS, statistics=statistics)
figure("timeline", "Series", RUN, CHANNELS, statistics=statistics)
