"""Pictures of a cube: what changes between images, what moves along a line, what is missing."""

from datetime import timedelta

import numpy as np
import pytest
from cubes import CHANNELS, GAP, SLOTS, START, stored
from drawing import drawn
from matplotlib.dates import num2date

from helioreduce import times
from helioreduce.aia.cube import series
from helioreduce.aia.figures import cube, sky
from helioreduce.errors import InputError
from helioreduce.io import stores

SPEED, FIRST, NUMBER = 4, 10, 12


@pytest.fixture
def moving(frame):
    """A spot of 9 × 9 pixels that moves along the middle by 4 pixels an image; the fifth image is missing."""
    images = []
    for i in range(NUMBER):
        data = np.full((41, 80), 100.0)
        data[16:25, FIRST + SPEED * i - 4 : FIRST + SPEED * i + 5] = 500.0
        if i == 4:
            data[:] = np.nan
        when = START + timedelta(seconds=60 * i)
        images.append(frame(data, T_OBS=times.iso(when), BUNIT="DN/s", CROTA2=0.0, CRPIX1=40.5, CRPIX2=21.0))
    return images


def test_a_running_difference_shows_what_has_come_and_gone(moving):
    """Of 9 pairs without the gap six are shown, first and last among them, on one symmetric scale about nothing."""
    figure = drawn(cube.difference, moving)
    panels = [axis for axis in figure.axes if axis.get_title(loc="left")]
    titles = [axis.get_title(loc="left") for axis in panels]
    assert len(panels) == 6 and titles[0] == "00:01:01 − 00:00:01" and titles[-1] == "00:11:01 − 00:10:01"
    first = panels[0].images[0]
    change = np.asarray(first.get_array())
    assert first.norm.vmin == -first.norm.vmax and (change[20, FIRST - 4 : FIRST] == -400).all()
    assert (change[20, FIRST + 5 : FIRST + 9] == 400).all() and not change[:10].any()
    assert "171 Å" in figure.get_suptitle()


def test_a_line_in_the_course_of_time_shows_the_speed(moving):
    """Maxima lie on a straight line of 4 px a minute; the missing image is a gap, and no stretched neighbour."""
    figure = drawn(cube.distance_time, moving, None)
    (axis,) = (axis for axis in figure.axes if axis.get_title(loc="left") == "time–distance")
    (mesh,) = axis.collections
    shown = np.ma.asarray(mesh.get_array()).reshape(80, NUMBER)
    assert shown.mask[:, 4].all() and not shown.mask[:, [3, 5]].any()
    for i in set(range(NUMBER)) - {4}:
        bright = np.flatnonzero(shown[:, i] > 300)
        assert (bright.min(), bright.max()) == (FIRST + SPEED * i - 4, FIRST + SPEED * i + 4)
    coordinates = mesh.get_coordinates()
    assert coordinates[-1, 0, 1] - coordinates[0, 0, 1] == pytest.approx(80 * 0.6)
    middle = num2date((coordinates[0, 2, 0] + coordinates[0, 3, 0]) / 2).replace(tzinfo=START.tzinfo)
    assert abs(middle - START - timedelta(minutes=2)) < timedelta(seconds=1)


def test_a_line_goes_from_place_to_place(frame):
    """A plane read along any line is linear in the distance, and the ends are the places that were given."""
    image = frame(np.add.outer(np.arange(120) * 2.0, np.arange(160) * 3.0), CROTA2=0.0)
    places = [[float(one[0]) for one in sky.arcsec(image, *np.array([[x], [y]]))] for x, y in ((20.0, 100.0), (140.0, 10.0))]
    (x, y), length = cube.along(image, places)
    assert length == pytest.approx(150 * 0.6, rel=1e-4) and x.size == 151
    np.testing.assert_allclose([x[0], y[0], x[-1], y[-1]], [20, 100, 140, 10], atol=1e-3)
    np.testing.assert_allclose(cube.profile(image, x, y), np.linspace(260, 440, 151), atol=0.01)
    with pytest.raises(InputError, match=r"aia.cube.line .* leaves the cube"):
        cube.along(image, [[0, 0], [9000, 0]])


def test_too_few_images_are_said(moving):
    for figure in (drawn(cube.difference, moving[4:6]), drawn(cube.distance_time, moving[4:6], None)):
        assert figure.texts and not figure.axes


def test_a_movie_has_one_scale_and_says_what_is_missing(moving):
    norm = cube.scale(moving)
    for image, words in ((moving[0], "00:00:01"), (moving[4], "no image")):
        figure = drawn(lambda shown: (fresh := cube.plots.new(*cube.SIZE), cube.frame(fresh, shown))[0], (image, norm))
        assert words in figure.axes[0].get_title(loc="left") and figure.axes[0].images[0].norm is norm
        assert "SDO/AIA 171 Å" in figure.axes[0].get_title(loc="left")


def test_frames_of_a_store_have_their_times_and_planes(tmp_path):
    """T_OBS of every image; a missing one has the time of its slot and no finite pixel."""
    found = series.frames(stores.read(stored(tmp_path / "cube.zarr")), CHANNELS[1])
    assert len(found) == SLOTS and found[0].header["WAVELNTH"] == CHANNELS[1]
    seconds = [times.tai_seconds(times.parse(image.header["T_OBS"])) - times.tai_seconds(START) for image in found]
    expected = [12 * i + (0 if i == GAP[0] else 2.34) for i in range(SLOTS)]
    np.testing.assert_allclose(seconds, expected, atol=1e-3)
    assert np.isnan(found[GAP[0]].data).all() and np.isfinite(found[0].data).any()
