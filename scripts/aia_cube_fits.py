"""One channel of a tracked cube as a FITS file: data, UNCERT and MASK (time, y, x), and the times of its frames."""

from astropy.io.fits import Header

from helioreduce.aia.cube import series
from helioreduce.io import fits, stores
from helioreduce.runtime import script


def main(store: str, channel: str, output: str) -> None:
    """Read the channel, write it with the coordinates of the cube and T_OBS of every frame."""
    cube = stores.read(store)
    one = series.images_of(cube, int(channel))
    header = Header.fromstring(cube.attrs["wcs"], sep="\n")
    header.update(series.time_axis(one), WAVELNTH=int(channel), BUNIT=one["unit"])
    fits.write_cube(output, one["data"], one["sigma"], one["mask"], header, {"TIMES": one["t_obs"]})


if __name__ == "__main__":
    script.run(main, snakemake)
