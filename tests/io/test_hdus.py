"""FITS files opened and written: faults are named, bytes repeat, nothing else of the process changes."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from helioreduce.errors import InputError, InputWarning
from helioreduce.image import Image
from helioreduce.io import fits, hdus, jsoc_files

SCRIPTS = Path(hdus.__file__).parents[2]


def test_importing_the_package_changes_nothing_of_astropy_or_of_warnings():
    """Checksums that Astropy writes itself still have a date, and warnings their filters."""
    code = f"""
import sys, warnings
from astropy.io import fits
def state():
    members = {{name: vars(cls).copy() for name, cls in vars(fits.hdu.base).items() if isinstance(cls, type)}}
    return members, warnings.filters[:], vars(fits.conf).copy()
before = state()
sys.path.insert(0, {str(SCRIPTS)!r})
from helioreduce.io import atomic, ecsv, fits as ours, hdus, provenance, jsoc_files
assert state() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("kind", ["plain", "compressed"])
def test_equal_products_are_equal_to_the_last_byte_and_have_good_checksums(tmp_path, rng, kind):
    array = rng.poisson(300, (40, 64)).astype(np.int16)
    for name in ("one/a.fits", "two/a.fits"):
        if kind == "plain":
            fits.write_arrays(tmp_path / name, {"A": array, "B": array.astype(np.uint16)}, fits.cards(BUNIT="DN"))
        else:
            jsoc_files.write_compressed(tmp_path / name, array, fits.cards(BUNIT="DN"))
    assert (tmp_path / "one/a.fits").read_bytes() == (tmp_path / "two/a.fits").read_bytes()
    for raw in (False, True):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with astropy_fits.open(tmp_path / "one/a.fits", checksum=True, disable_image_compression=raw) as found:
                assert raw is False or all("CHECKSUM" in hdu.header and "DATASUM" in hdu.header for hdu in found)
                assert raw or (found[1].data == array).all()


def whole(tmp_path, rng):
    path = tmp_path / "whole.fits"
    fits.write_arrays(path, {"A": rng.random((300, 40))})
    return path


@pytest.mark.parametrize("bytes_left", [0, 100, 2880, 2 * 2880, 20000])
def test_a_truncated_file_is_named(tmp_path, rng, bytes_left):
    path = whole(tmp_path, rng)
    path.write_bytes(path.read_bytes()[:bytes_left])
    with pytest.raises(InputError, match="whole.fits"):
        fits.read(path)


def test_one_wrong_bit_is_found_unless_the_file_may_have_been_edited(tmp_path, rng):
    path = whole(tmp_path, rng)
    content = bytearray(path.read_bytes())
    content[-3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"whole.fits: cannot be read as FITS .*[Cc]hecksum"):
        fits.read(path)
    with pytest.warns(InputWarning, match="whole.fits: the checksums do not match the content"):
        assert fits.read_planes(path, edited=True)[1].data.shape == (300, 40)


def test_what_is_absent_or_no_fits_is_named(tmp_path):
    with pytest.raises(InputError, match="none.fits: there is no such file"):
        fits.read(tmp_path / "none.fits")
    (tmp_path / "text.fits").write_text("SIMPLE? no")
    with pytest.raises(InputError, match="text.fits: cannot be read as FITS"):
        fits.read(tmp_path / "text.fits")
    fits.write_arrays(tmp_path / "table.fits", {})
    with pytest.raises(InputError, match="table.fits: holds no image HDU"):
        fits.read(tmp_path / "table.fits")
    with pytest.raises(InputError, match="table.fits"):
        fits.read_arrays(tmp_path / "table.fits", "A")


def test_a_file_may_have_any_name(tmp_path):
    """A header holds ASCII alone: other letters are ? in FILENAME."""
    fits.write(tmp_path / "Köln 夜.fits", Image(np.ones((4, 5), np.float32), fits.cards()))
    assert fits.read_header(tmp_path / "Köln 夜.fits")["FILENAME"] == "K?ln ?.fits"
