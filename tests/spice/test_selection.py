"""Which level-2 files are reduced."""

from datetime import UTC, datetime

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import selection, simulate

NAME = "solo_L2_spice-n-ras_20220402T111537_V00_1-000"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path):
    """Two days of level-2 files, and a file that is none."""
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2))
    for day, study in (("02", "COMPOSITION"), ("03", "DYNAMICS")):
        for plane in planes:
            plane.header["STUDY"] = f"SCI_{study}_SS"
        folder = tmp_path / "2022" / "04" / day
        fits.write_planes(folder / f"solo_L2_spice-n-ras_202204{day}T000000_V00_1-000.fits", planes)
    fits.write_arrays(tmp_path / "other.fits", {"A": np.zeros((3, 3))})
    return tmp_path


def test_folder_and_days(tree):
    found, refused = selection.rasters(selection.in_folder(tree), {})
    assert len(found) == 2
    assert list(refused) == ["other.fits"]
    assert len(found[0].windows) == 3
    assert len(selection.on_days(tree, 2022, "all", [2])) == 1
    assert len(selection.on_days(tree, [2021, 2022], 4, "all")) == 2
    assert selection.on_days(tree, 2021, "all", "all") == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"study": "composition"}, 1), ({"misostud": 2085}, 2), ({"soop": ["CONNECTION", "x"]}, 2), ({"stp": "194"}, 2),
     ({"name": "20220403"}, 1), ({"name": ["0402", "20220402"]}, 1), ({"study": "all", "stp": None}, 2)],
)  # fmt: skip
def test_filters(tree, filters, count):
    assert len(selection.rasters(selection.in_folder(tree), filters)[0]) == count


def test_nothing_left_is_an_error(tree):
    with pytest.raises(InputError, match=r"none of 3 files"):
        selection.rasters(selection.in_folder(tree), {"misostud": 1})
