"""Files that announce more than they hold, and products that cannot be written."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files


def bomb(tmp_path, **cards):
    """A file whose header announces more than it holds."""
    primary = astropy_fits.Header(list({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, **cards}.items()))
    (tmp_path / "bomb.fits").write_bytes(primary.tostring().encode())
    return tmp_path / "bomb.fits"


@pytest.mark.parametrize(
    "cards",
    [
        {"NAXIS": 2, "NAXIS1": 10**6, "NAXIS2": 10**6},
        {"NAXIS": 2, "NAXIS1": 4096, "NAXIS2": 4096},
        {"NAXIS": 999, "NAXIS1": 2},
        {"NAXIS": 2, "NAXIS1": -5, "NAXIS2": 5},
        {"ZNAXIS": 2, "ZNAXIS1": 10**6, "ZNAXIS2": 10**6},
    ],
)
def test_bombs_are_refused_before_they_unpack(tmp_path, cards):
    with pytest.raises(InputError):
        jsoc_files.check(bomb(tmp_path, **cards))


def test_a_compressed_bomb_is_refused(tmp_path):
    hdu = astropy_fits.CompImageHDU(np.zeros((64, 64), np.int16), compression_type="RICE_1")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), hdu]).writeto(tmp_path / "small.fits")
    with astropy_fits.open(tmp_path / "small.fits", disable_image_compression=True) as hdus:
        hdus[1].header["ZNAXIS1"] = hdus[1].header["ZNAXIS2"] = 10**6
        hdus.writeto(tmp_path / "bomb.fits", checksum=True)
    with pytest.raises(InputError, match="pixels"):
        jsoc_files.check(tmp_path / "bomb.fits")


def test_a_product_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        fits.write_arrays(tmp_path / "file" / "a.fits", {"A": np.zeros((2, 2))})


def test_damaged_bytes_are_refused_by_name(tmp_path, rng):
    """Whatever a flipped bit does to Astropy and its decoders, it is an InputError, or no error at all."""
    image = rng.poisson(200, (64, 64)).astype(np.int16)
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), astropy_fits.CompImageHDU(image)]).writeto(tmp_path / "a.fits")
    whole, refused = (tmp_path / "a.fits").read_bytes(), 0
    for _ in range(600):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] ^= 1 << rng.integers(0, 8)
        (tmp_path / "b.fits").write_bytes(damaged)
        try:
            jsoc_files.check(tmp_path / "b.fits")
            fits.read(tmp_path / "b.fits")
        except InputError:
            refused += 1
    assert refused > 100
