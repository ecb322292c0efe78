"""Pixel lists of level-2 files: every sample they name is taken out, and no other."""

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import fits
from helioreduce.spice import level2, pixel_lists, simulate

SHAPE = (1, 51, 12, 6)  # t, λ, y, x


def columns(rows, kinds=None):
    """Columns of a list from rows (x, y, λ, t) of pixel numbers."""
    numbers = np.array(rows).reshape(-1, 4)
    found = {f"DIMENSION{k}": numbers[:, k - 1] for k in range(1, 5)}
    return found if kinds is None else found | {"PIXTYPE": np.array(kinds)}


def test_pixels_wildcards_and_boxes():
    single = pixel_lists.listed(columns([(2, 3, 4, 1), (6, 12, 51, 1)]), SHAPE)
    assert np.argwhere(single).tolist() == [[0, 3, 2, 1], [0, 50, 11, 5]]
    every_step = pixel_lists.listed(columns([(0, 5, 3, 1)]), SHAPE)
    assert every_step.sum() == 6
    assert every_step[0, 2, 4].all()
    box = pixel_lists.listed(columns([(1, 0, 33, 1), (1, 0, 48, 1), (2, 1, 1, 1)], [1, 2, 0]), SHAPE)
    assert box.sum() == 16 * 12 + 1
    assert box[0, 32:48, :, 0].all()
    assert not pixel_lists.listed(columns([]), SHAPE).any()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (columns([(7, 1, 1, 1)]), "outside"),
        (columns([(1, 1, 1, 1)], [1]), "corners"),
        (columns([(2, 1, 1, 1), (1, 1, 1, 1)], [1, 2]), "outside"),
        ({"DIMENSION1": np.ones(1)}, "no column 'DIMENSION4'"),
    ],
)
def test_lists_that_make_no_sense_are_refused(wrong, problem):
    table = fits.Table("SATPIXLIST", wrong, astropy_fits.Header())
    with pytest.raises(InputError, match=f"SATPIXLIST.*{problem}"):
        pixel_lists.bits({"PIXLISTS": "SATPIXLIST;"}, SHAPE, [table])


def table(name, rows):
    """A list as it is in a file."""
    made = [astropy_fits.Column(key, "1J", array=values) for key, values in columns(rows).items()]
    return astropy_fits.BinTableHDU.from_columns(made, name=name)


def test_lists_of_a_file_reach_their_own_window(tmp_path):
    """Saturated and spiky samples of one window, lost ones of both, a list of another kind of none; the rest as without."""
    planes = simulate.raster(simulate.Settings(rows=12, columns=6, spikes=0, rim=0))[0][1:]
    first = planes[0].name
    planes[0].header["PIXLISTS"] = f"LOSTPIXLIST;, SATPIXLIST[{first}];ORIGINAL, SPIKPIXLIST[{first}];ORIGINAL,CONFIDENCE"
    planes[1].header["PIXLISTS"] = "LOSTPIXLIST;, SUNSPOTS;"
    path = tmp_path / "solo_L2_spice-n-ras_1.fits"
    fits.write_planes(path, planes)
    with astropy_fits.open(path, mode="append") as hdus:
        hdus.append(table("LOSTPIXLIST", [(1, 1, 1, 1)]))
        hdus.append(table(f"SATPIXLIST[{first}]", [(2, 2, 2, 1), (3, 2, 2, 1)]))
        hdus.append(table(f"SPIKPIXLIST[{first}]", [(4, 4, 4, 1)]))
        hdus.append(table("SUNSPOTS", [(5, 5, 5, 1)]))
    plain = level2.windows(fits.read_planes(path))
    window, other = level2.windows(fits.read_planes(path), fits.read_tables(path))
    assert (window.mask == Flag.SATURATED).sum() == 2
    assert window.mask[0, 3, 3, 3] == Flag.SPIKE
    assert window.mask[0, 0, 0, 0] == other.mask[0, 0, 0, 0] == Flag.NO_DATA
    assert (other.mask != 0).sum() == 1
    assert np.isnan(window.data[window.mask != 0]).all()
    np.testing.assert_array_equal(window.data[window.mask == 0], plain[0].data[window.mask == 0])
