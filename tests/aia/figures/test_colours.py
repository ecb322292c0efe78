"""AIA's colour tables beside SunPy's."""

import numpy as np
import pytest

from helioreduce.aia.figures import colours

LEVELS = np.arange(256)


@pytest.mark.parametrize("channel", [94, 131, 171, 193, 211, 304, 335, 1600, 1700, 4500])
def test_tables_are_sunpys(channel):
    from sunpy.visualization.colormaps import cmlist

    expected = cmlist[f"sdoaia{channel}"]
    np.testing.assert_allclose(colours.table(channel)(LEVELS), expected(LEVELS), atol=1e-6)
    np.testing.assert_array_equal(colours.table(channel)(LEVELS, bytes=True), expected(LEVELS, bytes=True))


def test_without_a_table_levels_are_grey():
    np.testing.assert_allclose(colours.table(0)(LEVELS)[:, :3], np.repeat(LEVELS[:, None], 3, axis=1) / 255)


def test_missing_pixels_have_a_colour_of_their_own():
    assert colours.table(171)(np.ma.masked_all(1))[0] == pytest.approx([*[0x9A / 255] * 3, 1])
    assert colours.table(171, "0.5").get_bad() == pytest.approx([0.5, 0.5, 0.5, 1])
