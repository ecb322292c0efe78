"""SDO/AIA: frames of the request, states of an image, names of files."""

import atexit

from helioreduce.plan import local
from helioreduce import times
from helioreduce.aia import channels, slots
from helioreduce.jsoc import vso
from helioreduce.jsoc.policy import missing

AIA = config["aia"]
JSOC = config["jsoc"]
SOURCE = {"jsoc": JSOC["url"], "vso": vso.ADDRESS}.get(config["source"], config["source"])
SCENARIO = config["archive"] if config["source"] == "archive" else None  # another Sun is fetched anew
TABLES = JSOC["url"] if config["source"] == "vso" else SOURCE  # VSO has no tables
QUALITY = [JSOC["reject_bits"], JSOC["allow_nrt"]]
ARCHIVE_TABLES = {
    "degradation": "response",
    "error": "solarsoft/error",
}  # the embedded archive's files
ON_GPU = {"gpu": 1} if AIA["device"] == "gpu" else {}  # resources of the rules that can compute there
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
    if step == "respike" and config["source"] == "vso":
        return "VSO has no spikes"
    if step == "respike" and frame and not frame.spikes:
        return "there is no spikes file beside the image"
    if step == "deconvolve" and channel not in channels.EUV:
        return "there is no PSF for this channel"
    if step == "degradation" and channel in channels.VISIBLE:
        return "there is no degradation table for this channel"
    return None


WANTED = list(FRAMES)
FRAMES_OF = {}  # (channel, day): its frames
for frame in FRAMES:
    FRAMES_OF.setdefault((frame[0], frame[1][:8]), []).append(frame)


def records_file(channel, day):
    """The list of records of a channel and day."""
    return f"results/aia/records/{channel}/{day}.jsonl"


def exports_file(channel, day):
    """Where the staged files of a channel and day are told; None for stored files."""
    stored = JSOC["method"] == "url_quick" or config["source"] == "vso"
    return None if stored else f"results/aia/exports/{channel}/{day}.json"


def known_missing():
    """Frames that cannot be had, by the lists of records that there are."""
    listed = [(channel, Path(records_file(channel, day))) for channel, day in FRAMES_OF]
    return {(channel, time) for channel, file in listed if file.exists() for time in missing(file, *QUALITY)}


if JSOC["on_missing"] == "skip" and config["source"] != "local":  # an earlier query tells which frames there are not
    for frame in known_missing():
        FRAMES.pop(frame, None)


def after_failure():
    """Frames that a failed run found missing: leave them out and go on, or say what to type to have that done.

    Going on is the same command again, in the place of this process once Snakemake has put its things away. It cannot
    come to that twice for the same frames.
    """
    if config["source"] == "local" or not (lost := known_missing() & FRAMES.keys()):
        return
    print(f"\n{len(lost)} of {len(FRAMES)} frames cannot be had; results/aia/missing.tsv tells which, and why.")
    if JSOC["on_missing"] == "fail":
        print('To go on without them, set on_missing: skip in config.yaml, or add --config jsoc="{on_missing: skip}".')
    elif {"-d", "--directory"} & set(sys.orig_argv):
        print("They are left out from now on: type the same command again.")
    else:
        print("They are left out, and the run goes on.", flush=True)
        atexit.register(os.execv, sys.executable, [sys.executable, *sys.orig_argv[1:]])


def records_of(wildcards):
    """Input function: the list that holds a frame. A longer request renews it, but not what has been fetched."""
    return ancient(records_file(wildcards.channel, wildcards.get("day") or wildcards.time[:8]))


def exports_of(wildcards):
    """Input function: where the staged files of a frame are; nothing for stored files."""
    file = exports_file(wildcards.channel, wildcards.time[:8])
    return ancient(file) if file else []


def offline_targets():
    """Everything that comes over a network: with it in place the rest of the reduction opens no connection."""
    spikes = [frame for frame in FRAMES if left_out("respike", *frame) is None]
    return [
        *(f"results/aia/level1/{channel}/{time}.fits" for channel, time in FRAMES),
        *(f"results/aia/spikes/{channel}/{time}.fits" for channel, time in spikes),
        *(f"results/aia/tables/{table}.ecsv" for table in ("degradation", "error")),
        *{f"results/aia/tables/pointing/{time[:8]}.ecsv" for _, time in FRAMES},
        # a renewed list reaches the fetch jobs as ancient input only, which would not start them; this brings them in
        *(["results/aia/missing.tsv"] if config["source"] != "local" else []),
    ]


def archived(frames):
    """What the embedded archive needs before it can serve these frames; nothing for other sources."""
    if config["source"] != "archive":
        return []
    rendered = [f"results/archive/frames/{channel}/{time}/record.json" for channel, time in frames]
    return [*rendered, "results/archive/pointing.json", "results/archive/response.json"]


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
    return (
        lambda wildcards: f"results/aia/{latest(*wildcards_of(wildcards), step)[0]}/{wildcards.channel}/{wildcards.time}.fits"
    )


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
        *(["results/aia/missing.tsv"] if config["source"] != "local" else []),
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
    if config["source"] in ("jsoc", "vso") or (config["source"] == "archive" and kind == "degradation"):
        return []
    return f"results/archive/{ARCHIVE_TABLES[kind]}.json"
