"""Differential emission measure of a set of channels, some rows at a time."""

from typing import Any

import numpy as np

from helioreduce.aia.dem import inversion, product
from helioreduce.aia.dem.sets import Set
from helioreduce.io import ecsv, fits, streams
from helioreduce.io.provenance import sha256
from helioreduce.runtime import script


def main(channels: str, response: str, settings: dict[str, Any], output: str) -> None:
    """Choose the response that belongs to the data, invert block after block, write."""
    header = fits.read_header(channels)
    asked = product.inversion(ecsv.read_table(response), header["DEMRESP"], settings)
    shape = header["NAXIS2"], header["NAXIS1"]
    of, reference = Set(np.empty(0), np.empty(0), header), f"{response}, sha256:{sha256(response)}"
    layout = product.layout(asked, of, shape, settings, reference)
    with streams.writing(output, layout, product.tables(asked)) as stream:
        for row, (data, sigma) in streams.rows(channels, (0, "UNCERT"), max(product.PIXELS // shape[1], 1)):
            pixels = [np.moveaxis(plane.astype(float), 0, -1).reshape(-1, len(plane)) for plane in (data, sigma)]
            found = asked.invert(pixels[0], inversion.with_relative(pixels[1], pixels[0], settings["relative_error"]))
            for name, values in product.planes(found, data).items():
                stream.write(name, row, values)


if __name__ == "__main__":
    script.run(main, snakemake)
