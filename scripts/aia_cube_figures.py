"""Pictures of one channel of a tracked cube: running difference, time–distance diagram, movie."""

from helioreduce.aia.cube import series
from helioreduce.aia.figures import cube as draw
from helioreduce.io import plots, stores
from helioreduce.runtime import script


def main(store: str, channel: str, line: list | None, difference: list[str], distance_time: list[str], movie: str) -> None:
    """Read the channel, draw its pictures."""
    images = series.frames(stores.read(store), int(channel))
    plots.write(difference, draw.difference, images)
    plots.write(distance_time, draw.distance_time, images, line)
    norm = draw.scale(images)
    plots.write_movie(movie, draw.frame, ((image, norm) for image in images), draw.SIZE, fps=8)


if __name__ == "__main__":
    script.run(main, snakemake)
