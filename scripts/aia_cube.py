"""The tracked images of all channels and times as one series in a Zarr store."""

from helioreduce import times
from helioreduce.aia import light_curves
from helioreduce.aia.cube import series
from helioreduce.aia.cube.grid import Grid
from helioreduce.io import fits, stores
from helioreduce.runtime import script


def main(cube: dict, store: str) -> None:
    """Read every header, then every image in the order of the store's files; write the store."""
    correlations = [light_curves.Correlation(*pair) for pair in zip(cube["channels"], cube["deconvolutions"], strict=True)]
    members = [series.Member.of(slot, c, fits.read_header(file), correlations[c]) for slot, c, file in cube["members"]]
    slots = [times.parse(slot) for slot in cube["slots"]]
    whole = series.dataset(Grid.of(cube["grid"]), slots, cube["channels"], members)
    by_channel = sorted(cube["members"], key=lambda member: (member[1], member[0]))
    images = ((slot, channel, fits.read(file)) for slot, channel, file in by_channel)
    planes = series.planes(str(members[0].header["BUNIT"]))
    stores.write(store, whole, planes, series.blocks(images, stores.SHARD_TIMES))


if __name__ == "__main__":
    script.run(main, snakemake)
