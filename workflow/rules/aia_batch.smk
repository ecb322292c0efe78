"""The steps from level 1 to the finished image fused: one job for many images (aia.batch). Products keep their names.

A rule is made for every chunk, with the exact names of its products. A rule without wildcards goes before the rules of the
single steps, whose products can still be asked for.
"""


def aia_chunks():
    """Frames of the request in chunks of one channel; none where each step is a job of its own."""
    for channel in dict.fromkeys(channel for channel, _ in FRAMES if AIA["batch"]):
        frames = [frame for frame in FRAMES if frame[0] == channel]
        for first in range(0, len(frames), AIA["batch"]):
            yield frames[first : first + AIA["batch"]]


def batch_frame(channel, time):
    """The files of one frame, and what is left out: level 1, spikes, pointing table, product. A user's own are read in place."""
    reasons = {step: left_out(step, channel, time) for step in STATE}
    own = FRAMES[channel, time]
    image = own.image if own else f"results/aia/level1/{channel}/{time}.fits"
    spikes = own.spikes if own else f"results/aia/spikes/{channel}/{time}.fits"
    return (
        str(image),
        None if reasons["respike"] else str(spikes),
        f"results/aia/tables/pointing/{time[:8]}.ecsv",
        f"results/aia/{latest(channel, time)[0]}/{channel}/{time}.fits",
        {step: reason for step, reason in reasons.items() if reason},
    )


def taken(step, frames):
    """Whether one of these frames goes through a step."""
    return any(step not in frame[-1] for frame in frames)


for chunk in aia_chunks():
    (channel, first), frames = chunk[0], [batch_frame(*frame) for frame in chunk]

    rule:
        name:
            f"aia_batch_{channel}_{first}"
        input:
            images=[frame[0] for frame in frames],
            spikes=[frame[1] for frame in frames if frame[1]],
            pointing=sorted({frame[2] for frame in frames}),
            error=["results/aia/tables/error.ecsv"],
            degradation=(["results/aia/tables/degradation.ecsv"] if taken("degradation", frames) else []),
            psf=([f"results/aia/psf/{AIA['deconvolve']['core']}/{channel}.fits"] if taken("deconvolve", frames) else []),
        output:
            [frame[3] for frame in frames],
        log:
            f"results/logs/aia_batch/{channel}/{first}.log",
        conda:
            "../../envs/reduction.yaml"
        threads: 2
        resources:
            mem_mb=lambda wildcards, attempt: 1300 * attempt,
            runtime=lambda wildcards, attempt, images=len(frames): (10 + images) * attempt,
        params:
            frames=frames,
            settings={
                "systematic": AIA["error"],
                "core": AIA["deconvolve"]["core"],
                "iterations": AIA["deconvolve"]["iterations"],
                "version": AIA["calibration"]["version"],
            },
            code=code("aia_batch"),
        message:
            f"Reduce {len(frames)} images of {channel} Å from {first}."
        script:
            "../../scripts/aia_batch.py"

    rule:
        name:
            f"aia_quicklook_{channel}_{first}"
        input:
            [frame[3] for frame in frames],
        output:
            [f"results/aia/quicklook/{channel}/{time}.png" for _, time in chunk],
        log:
            f"results/logs/aia_quicklook/{channel}/{first}.log",
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=lambda wildcards, attempt: 1200 * attempt,
            runtime=lambda wildcards, attempt, images=len(chunk): (10 + images) * attempt,
        params:
            code=code("aia_quicklook"),
        message:
            f"Draw {len(frames)} images of {channel} Å from {first}."
        script:
            "../../scripts/aia_quicklook.py"
