"""Figures of pointing and registration: arrows, numbers, limb and table rows as they are."""

import numpy as np
import pytest
from drawing import drawn, labels, line
from matplotlib.quiver import Quiver
from scipy.ndimage import gaussian_filter

from helioreduce import times
from helioreduce.aia.figures import registration


def arrows(axis):
    (found,) = (child for child in axis.get_children() if isinstance(child, Quiver))
    return found


def test_arrows_show_where_pixels_go(frame):
    """The Sun's centre moves from pixel (70, 60) to (75, 58): so does every pixel."""
    before, after = frame(CRPIX1=71.0, CRPIX2=61.0, CROTA2=0.0), frame(CRPIX1=76.0, CRPIX2=59.0, CROTA2=0.0)
    left, right = drawn(registration.registration, before, after).axes
    found = arrows(left)
    np.testing.assert_allclose(found.U, 5, atol=1e-6)
    np.testing.assert_allclose(found.V, -2, atol=1e-6)
    (table,) = right.tables
    box, page = table.get_window_extent(), left.figure.bbox
    assert box.x0 > left.get_window_extent().x1 and box.x1 <= page.x1
    for cell in table.get_celld().values():
        assert cell.get_text().get_window_extent().x0 >= cell.get_window_extent().x0 - 1, cell.get_text().get_text()
    cells = {(row, column): cell.get_text().get_text() for (row, column), cell in table.get_celld().items()}
    assert [cells[0, column] for column in range(3)] == ["", "level 1", "level 1.5"]
    assert [cells[1, column] for column in range(3)] == ["CRPIX1 [pixel]", "71.000000", "76.000000"]


def test_arrows_of_a_roll_turn_about_the_centre(frame):
    """An image rolled by +1° is turned back: to the right of the centre pixels go up or down, by distance × 1°."""
    before, after = frame(CRPIX1=80.0, CRPIX2=60.0, CROTA2=1.0), frame(CRPIX1=80.0, CRPIX2=60.0, CROTA2=0.0)
    left, right = drawn(registration.registration, before, after).axes
    found = arrows(left)
    np.testing.assert_allclose(found.V, (found.X - 79) * np.deg2rad(1), atol=0.02)
    np.testing.assert_allclose(found.U, -(found.Y - 59) * np.deg2rad(1), atol=0.02)
    (table,) = right.tables
    assert [table[9, column].get_text().get_text() for column in range(3)] == ["roll [deg]", "1.000000", "0.000000"]


def test_arrows_of_a_small_frame_are_in_its_own_pixels(frame):
    """Pixels of 2.4″ become 4 of 0.6″: what moves by 3 of them has moved by 3, not to the fourfold place."""
    before = frame(CRPIX1=71.0, CRPIX2=61.0, CROTA2=0.0, CDELT1=2.4, CDELT2=2.4)
    after = frame(CRPIX1=4 * 73.5 + 0.5, CRPIX2=4 * 60.5 + 0.5, CROTA2=0.0, CDELT1=0.6, CDELT2=0.6)
    found = arrows(drawn(registration.registration, before, after).axes[0])
    np.testing.assert_allclose(found.U, 3, atol=1e-6)
    np.testing.assert_allclose(found.V, 0, atol=1e-6)


def disk(frame, x, y):
    """A disk of 160 pixels around (x, y) in an image whose header puts the Sun at (199.5, 199.5)."""
    rows, columns = np.ogrid[:400, :400]
    r = np.hypot(columns - x, rows - y)
    data = gaussian_filter(np.where(r < 160, 200.0, 150 * np.exp(-(r - 160) / 40)), 1.0)
    return frame(data, CRPIX1=200.5, CRPIX2=200.5, CDELT1=2.4, CDELT2=2.4, CROTA2=0.0, RSUN_OBS=384.0)


def test_limb_shows_the_offset_of_the_centre(frame):
    first, second = drawn(registration.limb, disk(frame, 201.0, 198.5), disk(frame, 199.5, 199.5)).axes
    for axis, dx, dy in ((first, 3.6, -2.4), (second, 0.0, 0.0)):
        degrees, circle = line(axis, "fitted circle")
        np.testing.assert_allclose(circle, dx * np.cos(np.deg2rad(degrees)) + dy * np.sin(np.deg2rad(degrees)), atol=0.1)
        at, residual = line(axis, "limb")
        np.testing.assert_allclose(residual, np.interp(at, degrees, circle), atol=2.0)
        reported = axis.get_xlabel().split("(")[1].split(")")[0].split(", ")
        assert [float(value) for value in reported] == pytest.approx([dx, dy], abs=0.1)
    assert first.get_title(loc="left") == "level 1, header's centre"
    assert first.figure.get_suptitle().startswith("SDO/AIA 171 Å, 2014-01-01") and not first.get_legend()


def test_a_cut_out_has_no_limb(frame):
    (text,) = registration.limb(frame(), frame()).texts
    assert "limb is in the image" in text.get_text()


def row(hour, **entries):
    known = {"X0": 2052.0 + hour, "Y0": 2046.0 - hour, "IMSCALE": 0.599489, "INSTROT": 0.0193} | entries
    start, stop = (f"2014-01-01T{h:02d}:00:00" for h in (hour, hour + 3))
    return {"T_START": start, "T_STOP": stop} | {f"A_171_{name}": value for name, value in known.items()}


TABLE = [row(0), row(3), row(6, X0="MISSING"), row(9)]


def test_pointing_shows_every_row_and_those_that_images_took():
    images = [{"T_OBS": "2014-01-01T03:30:00Z"}, {"T_OBS": "2014-01-01T09:00:00Z"}]
    figure = drawn(registration.pointing, TABLE, images, 171)
    x, y = figure.axes[:2]
    assert [axis.get_ylabel() for axis in figure.axes] == list(registration._ENTRIES.values())
    when, values = line(x, "row")
    assert list(when) == [times.parse(entry["T_START"]) for entry in TABLE]
    np.testing.assert_array_equal(values, [2052, 2055, np.nan, 2061])
    np.testing.assert_array_equal(line(y, "row")[1], [2046, 2043, 2040, 2037])
    assert list(line(x, "taken by an image")[1]) == [2055, 2061]
    assert labels(y) == ["row", "taken by an image"] and x.get_title(loc="left") == "master pointing table"
    assert figure.get_suptitle() == "SDO/AIA 171 Å, 2014-01-01"
    assert x.get_ylim()[0] > 2040


def test_without_entries_the_reason_is_given():
    for table, channel, words in (([], 171, "no pointing table"), (TABLE, 4500, "no entries of 4500 Å")):
        (text,) = registration.pointing(table, [], channel).texts
        assert words in text.get_text()
