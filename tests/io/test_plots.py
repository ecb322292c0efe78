"""Figures as files: bytes that repeat, whatever the settings of the user."""

import matplotlib as mpl

from helioreduce.io import plots


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
