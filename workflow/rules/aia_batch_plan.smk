"""SDO/AIA in batches: chunks and their files."""


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
