"""SDO/AIA, level 1 to level 1.5 and beyond, in the order of the data flow."""

from helioreduce import local, times
from helioreduce.aia import channels, slots

AIA = config["aia"]
STATE = {  # step: the folder of its products
    "respike": "respiked",
    "error": "error",
    "deconvolve": "deconvolved",
    "prep": "level1.5",
    "degradation": "corrected",
    "exposure": "normalised",
}


def aia_frames():
    """Every frame of the request as (channel, time), and the local files behind them. Nothing is asked of a network."""
    if config["source"] != "local":
        start, end = times.parse(AIA["start"]), times.parse(AIA["end"])
        wanted = [(c, t) for c in AIA["channels"] for t in slots.slots(c, start, end, AIA["cadence_s"])]
        return {(str(c), times.compact(t)): None for c, t in wanted}, {}
    if not config["local"]["directory"]:
        raise InputError("local.directory is not set", cure="Give the folder of your level-1 files")
    found, refused = local.frames(located(config["local"]["directory"]))
    return {(frame.channel, frame.time): frame for frame in found}, refused


try:
    FRAMES, REFUSED = aia_frames()
except InputError as error:
    raise WorkflowError(f"config: {error}")


def left_out(step, channel, time):
    """Why a frame does not go through a step; None if it does."""
    if not AIA["steps"].get(step, True):
        return "switched off in the configuration"
    channel, frame = int(channel), FRAMES.get((channel, time))
    if step == "respike" and channel not in channels.EUV:
        return "the ground pipeline does not despike this channel"
    if step == "respike" and frame and not frame.spikes:
        return "there is no spikes file beside the image"
    if step == "deconvolve" and channel not in channels.EUV:
        return "there is no PSF for this channel"
    if step == "degradation" and channel in channels.VISIBLE:
        return "there is no degradation table for this channel"
    return None


def latest(channel, time, step=None):
    """The state a step starts from (by default: the finished one), and the steps left out since, with the reasons."""
    steps = list(STATE)
    skipped = {}
    for earlier in reversed(steps[: steps.index(step)] if step else steps):
        reason = left_out(earlier, channel, time)
        if reason is None:
            return STATE[earlier], skipped
        skipped = {earlier: reason, **skipped}
    return "level1", skipped


def before(step):
    """Input function: the image that a step starts from."""
    return lambda wildcards: f"results/aia/{latest(*wildcards_of(wildcards), step)[0]}/{wildcards.channel}/{wildcards.time}.fits"


def skipped(step):
    """Params function: the steps left out just before ``step``, with the reasons."""
    return lambda wildcards: latest(*wildcards_of(wildcards), step)[1]


def wildcards_of(wildcards):
    """Channel and time of a frame's job."""
    return wildcards.channel, wildcards.time


def aia_targets():
    """The finished images of the request, their quick looks, and the files that cannot be named."""
    return [
        *(f"results/aia/{latest(channel, time)[0]}/{channel}/{time}.fits" for channel, time in FRAMES),
        *(f"results/aia/quicklook/{channel}/{time}.png" for channel, time in FRAMES),
        *(f"results/aia/refused/{name}.txt" for name in REFUSED),
    ]


def tables_folder():
    """The user's folder of SolarSoft tables, if there is one."""
    if config["local"]["tables"]:
        return located(config["local"]["tables"])
    return local.tables(located(config["local"]["directory"])) if config["source"] == "local" else None


def table_of(kind):
    """The file of a calibration table: the configured one, the user's folder's, the embedded archive's; none: JSOC's own."""
    setting = AIA["calibration"][kind]
    if setting != "auto":
        return str(located(setting))
    if kind == "pointing":
        return []
    folder = tables_folder()
    version = AIA["calibration"]["version"]
    pattern = f"aia_V{version}_*_response_table.txt" if kind == "degradation" else "aia_V*_error_table.txt"
    files = sorted(folder.glob(pattern)) if folder else []
    if files:
        return str(files[-1])
    return [] if config["source"] == "jsoc" else f"results/archive/{kind}.json"


if config["source"] == "local":

    rule aia_copy:
        message:
            "Take {wildcards.channel} Å at {wildcards.time} from {input.image}."
        input:
            image=lambda wildcards: FRAMES[wildcards_of(wildcards)].image,
        output:
            "results/aia/level1/{channel}/{time}.fits",
        log:
            "results/logs/aia_copy/{channel}/{time}.log",
        params:
            code=code("aia_copy"),
        conda:
            "../../envs/reduction.yaml"
        script:
            "../../scripts/aia_copy.py"

    rule aia_copy_spikes:
        message:
            "Take the spikes of {wildcards.channel} Å at {wildcards.time} from {input.spikes}."
        input:
            image="results/aia/level1/{channel}/{time}.fits",
            spikes=lambda wildcards: FRAMES[wildcards_of(wildcards)].spikes,
        output:
            "results/aia/spikes/{channel}/{time}.fits",
        log:
            "results/logs/aia_copy_spikes/{channel}/{time}.log",
        params:
            code=code("aia_copy_spikes"),
        conda:
            "../../envs/reduction.yaml"
        script:
            "../../scripts/aia_copy_spikes.py"


rule aia_tables:
    message:
        "Take the {wildcards.table} table."
    input:
        file=lambda wildcards: table_of(wildcards.table),
    output:
        "results/aia/tables/{table}.ecsv",
    log:
        "results/logs/aia_tables/{table}.log",
    wildcard_constraints:
        table="degradation|error",
    params:
        version=AIA["calibration"]["version"],
        code=code("aia_tables"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_tables.py"


rule aia_pointing:
    message:
        "Take the pointing table of {wildcards.day}."
    input:
        file=table_of("pointing"),
    output:
        "results/aia/tables/pointing/{day}.ecsv",
    log:
        "results/logs/aia_pointing/{day}.log",
    params:
        source=config["source"],
        code=code("aia_pointing"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_pointing.py"


rule aia_respike:
    message:
        "Respike {wildcards.channel} Å at {wildcards.time}."
    input:
        image="results/aia/level1/{channel}/{time}.fits",
        spikes="results/aia/spikes/{channel}/{time}.fits",
    output:
        "results/aia/respiked/{channel}/{time}.fits",
    log:
        "results/logs/aia_respike/{channel}/{time}.log",
    params:
        code=code("aia_respike"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_respike.py"


rule aia_error:
    message:
        "Estimate the error of {wildcards.channel} Å at {wildcards.time}."
    input:
        image=before("error"),
        table="results/aia/tables/error.ecsv",
    output:
        "results/aia/error/{channel}/{time}.fits",
    log:
        "results/logs/aia_error/{channel}/{time}.log",
    params:
        systematic=AIA["error"],
        skipped=skipped("error"),
        code=code("aia_error"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_error.py"


rule aia_psf:
    message:
        "Compute the point-spread function of {wildcards.channel} Å."
    output:
        "results/aia/psf/{core}/{channel}.fits",
    log:
        "results/logs/aia_psf/{core}/{channel}.log",
    wildcard_constraints:
        core="default|preflight",
    params:
        code=code("aia_psf"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_psf.py"


rule aia_deconvolve:
    message:
        "Deconvolve {wildcards.channel} Å at {wildcards.time}."
    input:
        image=before("deconvolve"),
        psf=f"results/aia/psf/{AIA['deconvolve']['core']}/{{channel}}.fits",
    output:
        "results/aia/deconvolved/{channel}/{time}.fits",
    log:
        "results/logs/aia_deconvolve/{channel}/{time}.log",
    threads: 2
    params:
        iterations=AIA["deconvolve"]["iterations"],
        skipped=skipped("deconvolve"),
        code=code("aia_deconvolve"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_deconvolve.py"


rule aia_prep:
    message:
        "Prep {wildcards.channel} Å at {wildcards.time} to level 1.5."
    input:
        image=before("prep"),
        table=lambda wildcards: f"results/aia/tables/pointing/{wildcards.time[:8]}.ecsv",
    output:
        "results/aia/level1.5/{channel}/{time}.fits",
    log:
        "results/logs/aia_prep/{channel}/{time}.log",
    params:
        skipped=skipped("prep"),
        code=code("aia_prep"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_prep.py"


rule aia_degradation:
    message:
        "Correct {wildcards.channel} Å at {wildcards.time} for degradation."
    input:
        image=before("degradation"),
        table="results/aia/tables/degradation.ecsv",
    output:
        "results/aia/corrected/{channel}/{time}.fits",
    log:
        "results/logs/aia_degradation/{channel}/{time}.log",
    params:
        version=AIA["calibration"]["version"],
        skipped=skipped("degradation"),
        code=code("aia_degradation"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_degradation.py"


rule aia_exposure:
    message:
        "Normalise {wildcards.channel} Å at {wildcards.time} to DN/s."
    input:
        image=before("exposure"),
    output:
        "results/aia/normalised/{channel}/{time}.fits",
    log:
        "results/logs/aia_exposure/{channel}/{time}.log",
    params:
        skipped=skipped("exposure"),
        code=code("aia_exposure"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_exposure.py"


rule aia_quicklook:
    message:
        "Draw {wildcards.channel} Å at {wildcards.time}."
    input:
        lambda wildcards: f"results/aia/{latest(*wildcards_of(wildcards))[0]}/{wildcards.channel}/{wildcards.time}.fits",
    output:
        "results/aia/quicklook/{channel}/{time}.png",
    log:
        "results/logs/aia_quicklook/{channel}/{time}.log",
    params:
        code=code("aia_quicklook"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_quicklook.py"


rule aia_refuse:
    message:
        "Refuse {wildcards.name}: it cannot be named."
    output:
        "results/aia/refused/{name}.txt",
    log:
        "results/logs/aia_refuse/{name}.log",
    params:
        reason=lambda wildcards: REFUSED[wildcards.name],
        code=code("aia_refuse"),
    conda:
        "../../envs/reduction.yaml"
    script:
        "../../scripts/aia_refuse.py"
