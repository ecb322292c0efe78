"""From level 1 to level 0.5: the pixels that the ground pipeline replaced are put back."""

from helioreduce import fits, provenance
from helioreduce.aia import level1, spikes
from helioreduce.log import log_to


def main(image: str, spikes_file: str, output: str) -> None:
    """Read one frame and its spikes, respike, write."""
    frame = level1.ingest(fits.read(image))
    listed, header = fits.read_spikes(spikes_file)
    if listed.shape[1] == 0 and frame.header.get("NSPIKES", 0) > 0:
        reason = header.get("REASON", "the archive holds no spikes of this frame")
        fits.write(output, provenance.skip(frame, {"respike": reason}))
    else:
        fits.write(output, spikes.respike(frame, listed))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.spikes, snakemake.output[0])
