"""Cosmic rays of any FITS frames: combined calibration frames, cleaned frames, tables and figures of the hits."""

from glob import glob

COSMIC_RAYS = config["cosmic_rays"]
COSMIC_RAYS_CALIBRATION = ("bias", "dark", "flat")
COSMIC_RAYS_NOISE = {
    "gain": 1.0,
    "read_noise": None,
    "electrons_per_photon": 1.0,
}  # defaults of the example's jobs; those of the configuration come from the schema
COSMIC_RAYS_SEARCH = (
    "mode",
    "sigclip",
    "sigfrac",
    "objlim",
    "iterations",
    "saturation",
    "border",
    "replacement",
)
COSMIC_RAYS_CHOICES = ("method", "sigma", "deviation", "trim", "quantum", "noise")
COSMIC_RAYS_EXTENDED = 3  # pixels
COSMIC_RAYS_ROWS = 30  # hits drawn

# the example: a simulated CCD, cleaned at a high and a low threshold
COSMIC_RAYS_CAMERA = {"gain": 1.5, "read_noise": 10.0}  # e⁻/DN, e⁻
COSMIC_RAYS_SCIENCE = "results/cosmic_rays/simulated/science.fits"
COSMIC_RAYS_DARKS = [f"results/cosmic_rays/simulated/dark_{n:02d}.fits" for n in range(13)]
COSMIC_RAYS_EXAMPLES = {
    f"example_sigclip{sigclip}": {
        "files": COSMIC_RAYS_SCIENCE,
        "dark": "example_dark",
        "sigclip": float(sigclip),
        **COSMIC_RAYS_CAMERA,
    }
    for sigclip in (8, 5)
}


def cosmic_rays_files(job):
    """Files of a job, by their names without extensions; patterns are expanded in the places where paths are looked for."""
    patterns = [job["files"]] if isinstance(job["files"], str) else job["files"]
    places = (Path.cwd(), Path(os.environ.get("PWD", ".")), REPOSITORY)
    found = {}
    for pattern in patterns:
        if pattern.startswith("results/"):
            files = [pattern]
        else:
            matches = (sorted(glob(str(place / pattern))) for place in places)
            files = next(filter(None, matches), [])
        if not files:
            raise WorkflowError(f"config: cosmic_rays: no file fits {pattern!r}. Give an existing path or pattern.")
        for file in files:
            name = Path(file).name.split(".fit")[0].split(".fts")[0]
            if found.setdefault(name, file) != file:
                raise WorkflowError(f"config: cosmic_rays: {found[name]} and {file} have one name. Give them to two jobs.")
    return found


COSMIC_RAYS_COMBINE = {
    "example_dark": {"kind": "dark", "files": COSMIC_RAYS_DARKS},
    **{job["name"]: job for job in COSMIC_RAYS["combine"]},
}
COSMIC_RAYS_CLEAN = {
    **COSMIC_RAYS_EXAMPLES,
    **{job["name"]: job for job in COSMIC_RAYS["clean"]},
}
COSMIC_RAYS_FRAMES = {name: cosmic_rays_files(job) for name, job in COSMIC_RAYS_CLEAN.items()}


def cosmic_rays_inputs(wildcards):
    """The frame of a job and its calibration frames: the name of a combined one, or a path."""
    job = COSMIC_RAYS_CLEAN[wildcards.job]
    given = {step: job[step] for step in COSMIC_RAYS_CALIBRATION if job.get(step)}
    calibration = {
        step: (f"results/cosmic_rays/combined/{frame}.fits" if frame in COSMIC_RAYS_COMBINE else str(located(frame)))
        for step, frame in given.items()
    }
    return {"frame": COSMIC_RAYS_FRAMES[wildcards.job][wildcards.frame], **calibration}


def cosmic_rays_chosen(keys, defaults=None):
    """Params function: those settings of a cleaning job that are given."""
    return lambda wildcards: {
        **(defaults or {}),
        **{key: COSMIC_RAYS_CLEAN[wildcards.job][key] for key in keys if key in COSMIC_RAYS_CLEAN[wildcards.job]},
    }


def cosmic_rays_targets():
    """What the configuration asks for: nothing, by default."""
    frames = [f"{job['name']}/{frame}" for job in COSMIC_RAYS["clean"] for frame in COSMIC_RAYS_FRAMES[job["name"]]]
    return [
        *(f"results/cosmic_rays/combined/{job['name']}.fits" for job in COSMIC_RAYS["combine"]),
        *(f"results/cosmic_rays/cleaned/{frame}.fits" for frame in frames),
        *(f"results/cosmic_rays/sources/{frame}.png" for frame in frames),
    ]


wildcard_constraints:
    job=r"[\w-]+",
    frame=r"[\w.+-]+",


localrules:
    cosmic_rays,
    cosmic_rays_example,


rule cosmic_rays:
    input:
        cosmic_rays_targets(),


rule cosmic_rays_example:
    input:
        expand("results/cosmic_rays/sources/{job}/science.png", job=COSMIC_RAYS_EXAMPLES),
        "results/cosmic_rays/compared/example.png",


rule cosmic_rays_simulate:
    output:
        darks=COSMIC_RAYS_DARKS,
        science=COSMIC_RAYS_SCIENCE,
        truth="results/cosmic_rays/simulated/truth.fits",
    log:
        "results/logs/cosmic_rays_simulate.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        **COSMIC_RAYS_CAMERA,
        code=code("cosmic_rays_simulate"),
    message:
        "Simulate a CCD with known cosmic rays."
    script:
        "../../scripts/cosmic_rays_simulate.py"


rule cosmic_rays_combine:
    input:
        lambda wildcards: list(cosmic_rays_files(COSMIC_RAYS_COMBINE[wildcards.job]).values()),
    output:
        "results/cosmic_rays/combined/{job}.fits",
    log:
        "results/logs/cosmic_rays_combine/{job}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=2000,
    params:
        kind=lambda wildcards: COSMIC_RAYS_COMBINE[wildcards.job]["kind"],
        choices=lambda wildcards: {
            key: value for key, value in COSMIC_RAYS_COMBINE[wildcards.job].items() if key in COSMIC_RAYS_CHOICES
        },
        memory_mb=COSMIC_RAYS["memory_mb"],
        code=code("cosmic_rays_combine"),
    message:
        "Combine the frames of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_combine.py"


rule cosmic_rays_clean:
    input:
        unpack(cosmic_rays_inputs),
    output:
        image="results/cosmic_rays/cleaned/{job}/{frame}.fits",
        hits="results/cosmic_rays/hits/{job}/{frame}.fits",
    log:
        "results/logs/cosmic_rays_clean/{job}/{frame}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        noise=cosmic_rays_chosen(COSMIC_RAYS_NOISE, COSMIC_RAYS_NOISE),
        search=cosmic_rays_chosen(COSMIC_RAYS_SEARCH),
        electrons=lambda wildcards: COSMIC_RAYS_CLEAN[wildcards.job].get("electrons", False),
        code=code("cosmic_rays_clean"),
    message:
        "Clean {wildcards.frame} of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_clean.py"


rule cosmic_rays_sources:
    input:
        image="results/cosmic_rays/cleaned/{job}/{frame}.fits",
        hits="results/cosmic_rays/hits/{job}/{frame}.fits",
    output:
        table="results/cosmic_rays/sources/{job}/{frame}.ecsv",
        picture="results/cosmic_rays/sources/{job}/{frame}.png",
    log:
        "results/logs/cosmic_rays_sources/{job}/{frame}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        extended=COSMIC_RAYS_EXTENDED,
        rows=COSMIC_RAYS_ROWS,
        code=code("cosmic_rays_sources"),
    message:
        "List and draw the hits of {wildcards.job}/{wildcards.frame}."
    script:
        "../../scripts/cosmic_rays_sources.py"


rule cosmic_rays_compare:
    input:
        images=expand(
            "results/cosmic_rays/cleaned/{job}/science.fits",
            job=reversed(COSMIC_RAYS_EXAMPLES),
        ),
        hits=expand(
            "results/cosmic_rays/hits/{job}/science.fits",
            job=reversed(COSMIC_RAYS_EXAMPLES),
        ),
        truth="results/cosmic_rays/simulated/truth.fits",
    output:
        table="results/cosmic_rays/compared/example.ecsv",
        picture="results/cosmic_rays/compared/example.png",
    log:
        "results/logs/cosmic_rays_compare.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        names=[f"sigclip {COSMIC_RAYS_EXAMPLES[job]['sigclip']:g}" for job in reversed(COSMIC_RAYS_EXAMPLES)],
        extended=COSMIC_RAYS_EXTENDED,
        code=code("cosmic_rays_compare"),
    message:
        "Compare two thresholds with the truth."
    script:
        "../../scripts/cosmic_rays_compare.py"


def cosmic_rays_series(wildcards):
    """Times of the requested frames of a channel around one: up to two before and two after."""
    times = sorted({wildcards.time} | {time for channel, time in FRAMES if channel == wildcards.channel})
    here = times.index(wildcards.time)
    return times[max(here - 2, 0) : here + 3]


rule cosmic_rays_score:
    input:
        image="results/aia/error/{channel}/{time}.fits",
        spikes=lambda wildcards: [
            f"results/aia/spikes/{wildcards.channel}/{time}.fits" for time in cosmic_rays_series(wildcards)
        ],
    output:
        "results/cosmic_rays/scored/{channel}/{time}.ecsv",
    log:
        "results/logs/cosmic_rays_score/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        position=lambda wildcards: cosmic_rays_series(wildcards).index(wildcards.time),
        search={"sigclip": 6.0, "objlim": 3.0, "sigfrac": 0.5},
        code=code("cosmic_rays_score"),
    message:
        "Compare with the spikes of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/cosmic_rays_score.py"
