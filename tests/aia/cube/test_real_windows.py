"""Real cut-outs of JSOC: one point of the turning surface predicts where every window starts on the detector."""

import numpy as np
import pytest

from helioreduce.aia import level1, spikes
from helioreduce.aia.wcs import Pointing, view_of
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.numerics import sphere

#: Carrington longitude and latitude, deg, of the middle of the boxes of 40″, found by trying those around the flare.
PLACE = np.deg2rad([33.872, -19.754])
#: Arcsec.
WIDTH = 40.0


@pytest.mark.filterwarnings("ignore:Invalid 'BLANK'")
def test_one_point_predicts_all_window_starts(real):
    """30 of 30, in six channels over 8 minutes, to the pixel; 13 without tracking, which the test would notice."""
    headers = [fits.read_header(file) for file in sorted((real / "aia/flare").glob("*.fits"))]
    found, predicted = [], []
    for header in headers:
        centre = np.array([header["X0_MP"], header["Y0_MP"]])
        found.append(np.rint(centre + 1 - [header["CRPIX1"], header["CRPIX2"]]))
        direction = np.array(sphere.seen_at(view_of(header), *PLACE)) * sphere.ARCSEC
        middle = centre + np.linalg.solve(Pointing.of(header).arcsec_per_px, direction)
        predicted.append(np.round(middle - WIDTH / 2 / header["CDELT1"]))
        assert (header["NAXIS1"], header["NAXIS2"]) == (int(WIDTH / header["CDELT1"] + 1),) * 2
    assert len(headers) == 30
    np.testing.assert_array_equal(predicted, found)


@pytest.mark.filterwarnings("ignore:Invalid 'BLANK'")
@pytest.mark.parametrize("channel", ["094", "131", "171", "193", "211", "335"])
def test_a_cut_out_is_respiked_from_the_list_of_its_frame(real, channel):
    """A real window with the list of a whole frame gets what the frame gets there, to the last bit: edges and corners, too."""
    file = sorted((real / "aia/flare").glob(f"*_{channel}.fits"))[0]
    part = level1.ingest(fits.read(file))
    (x, y), (ny, nx) = level1.origin(part), part.data.shape
    rng = np.random.default_rng(1)
    whole = rng.integers(1, 200, (4096, 4096)).astype(np.float32)
    whole[y : y + ny, x : x + nx] = part.data
    listed = np.unique(np.concatenate([rng.integers(1, 4096**2, 5000), near(x, y, nx, ny, rng)]))
    pixels = whole.ravel()[listed]
    listed, pixels = listed[pixels < 16000], pixels[pixels < 16000]
    of_frame = np.array([listed, pixels + rng.integers(5, 300, listed.size), pixels])
    header = part.header.copy()
    header.update(CRPIX1=header["CRPIX1"] + x, CRPIX2=header["CRPIX2"] + y, NSPIKES=listed.size)
    frame = spikes.respike(Image(whole, header), of_frame)
    found, window = spikes.respike(part, of_frame), np.s_[y : y + ny, x : x + nx]
    np.testing.assert_array_equal(found.data, frame.data[window])
    np.testing.assert_array_equal(found.flagged("spike"), frame.flagged("spike")[window])
    inside = found.flagged("spike")
    assert inside.sum() > 200 and inside[0, 0] and inside[-1, -1] and not inside.all()


def near(x, y, nx, ny, rng):
    """Return places in and around a window: 400 within 10 pixels of it, and its first and last pixel."""
    rows, columns = rng.integers(y - 10, y + ny + 10, 400), rng.integers(x - 10, x + nx + 10, 400)
    return np.concatenate([rows * 4096 + columns, [y * 4096 + x, (y + ny - 1) * 4096 + x + nx - 1]])
