"""Cosmic rays: jobs, frames, names of files."""

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


def cosmic_rays_series(wildcards):
    """Times of the requested frames of a channel around one: up to two before and two after."""
    times = sorted({wildcards.time} | {time for channel, time in aia.frames if channel == wildcards.channel})
    here = times.index(wildcards.time)
    return times[max(here - 2, 0) : here + 3]
