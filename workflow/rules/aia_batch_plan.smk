"""SDO/AIA in batches: chunks and their files."""

LARGE = 3000  # images; their single steps take Snakemake about a minute to plan

if len(WANTED) > LARGE and not AIA["batch"] and workflow.is_main_process:
    logger.warning(
        f"{len(WANTED)} images with a job for each step: planning takes about {len(WANTED) / 60 / 60:.0f} min and "
        f'{len(WANTED) / 5500:.1f} GB. With `--config aia="{{batch: 100}}"` it takes a fifth of the time.'
    )


def aia_chunks():
    """Chunks of one channel as (the first frame's name, the frames); none where each step is a job of its own.

    They are cut from the whole request, so that a frame that turns out to be missing does not shift the others.
    """
    for channel in dict.fromkeys(channel for channel, _ in WANTED if AIA["batch"]):
        wanted = [frame for frame in WANTED if frame[0] == channel]
        for first in range(0, len(wanted), AIA["batch"]):
            if chunk := [frame for frame in wanted[first : first + AIA["batch"]] if frame in FRAMES]:
                yield wanted[first], chunk


def batch_download(channel, time):
    """The files of one frame that is fetched: list of records, staged exports, level 1, history, spikes."""
    spikes = None if left_out("respike", channel, time) else f"results/aia/spikes/{channel}/{time}.fits"
    image = f"results/aia/level1/{channel}/{time}"
    return records_file(channel, time[:8]), exports_file(channel, time[:8]), f"{image}.fits", f"{image}.json", spikes


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
