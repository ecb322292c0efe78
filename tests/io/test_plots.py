"""Figures as files: bytes that repeat, whatever the settings of the user."""

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from helioreduce.errors import InputError
from helioreduce.io import origin, plots


def draw(number, *, label=""):
    figure = plots.new(plots.COLUMN, 3)
    axis = figure.subplots()
    axis.plot(range(number), label=label)
    axis.legend()
    return figure


def test_files_repeat_to_the_byte_whatever_the_users_settings(tmp_path, monkeypatch):
    plots.write([tmp_path / "a.png", tmp_path / "a.pdf"], draw, 5, label="σ [DN]")
    monkeypatch.setitem(mpl.rcParams, "font.size", 20.0)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    plots.write([tmp_path / "b.png", tmp_path / "b.pdf"], draw, 5, label="σ [DN]")
    for suffix in ("png", "pdf"):
        first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
        assert first == second and len(first) > 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "b.pdf", "b.png"]
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()


def test_style_can_be_another(tmp_path):
    plots.write([tmp_path / "a.png"], draw, 3, style={"savefig.dpi": 50})
    assert mpl.image.imread(tmp_path / "a.png").shape[:2] == (150, 175)


def test_a_reason_stands_in_for_a_figure():
    (text,) = plots.reason("There is no table.").texts
    assert text.get_text() == "There is no table."


def test_a_movie_shows_every_frame_and_repeats_to_the_byte(tmp_path):
    """Frames in their order, each with what is said of simulated data; nothing else is left in the folder."""

    def draw(figure, level):
        figure.subplots().imshow(np.full((4, 4), level), cmap="gray", vmin=0, vmax=1)

    with origin.saying([origin.WORDS]):
        for name in ("a", "b"):
            plots.write_movie(tmp_path / f"{name}.gif", draw, [0.0, 0.5, 1.0], size=(4, 3))
    plots.write_movie(tmp_path / "c.gif", draw, [0.0], size=(4, 3))
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "b.gif", "c.gif"]
    middle, stamped = [], []
    with Image.open(tmp_path / "a.gif") as movie:
        for number in range(movie.n_frames):
            movie.seek(number)
            pixels = np.asarray(movie.convert("RGB")).astype(int)
            middle.append(pixels[150, 200, 0])
            stamped.append((pixels[:, :, 0] - pixels[:, :, 2]).max())
    assert np.abs(np.array(middle) - [0, 128, 255]).max() < 8
    assert min(stamped) > 100  # the red line


@pytest.mark.parametrize("first", [0, 1])
def test_a_movie_with_a_frame_that_fails_ends_with_its_error_and_leaves_nothing(tmp_path, first):
    def frames():
        yield from range(first)
        raise InputError("is damaged", where="aia.fits")

    with pytest.raises(InputError, match=r"aia.fits: is damaged"):
        plots.write_movie(tmp_path / "a.webp", lambda figure, _: figure.subplots(), frames(), size=(4, 3))
    assert not list(tmp_path.iterdir())
