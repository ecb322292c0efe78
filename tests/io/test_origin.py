"""What is simulated says so in every file and picture that is made from it, whatever the step forgets."""

import numpy as np
import pytest
from astropy.table import Table
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helioreduce.errors import InputWarning
from helioreduce.io import ecsv, fits, hdus, inputs, jsoc_files, origin, plots, provenance

ARRAY = {"A": np.ones((4, 5), np.float32)}


def cards(path):
    with hdus.opened(path) as found:
        return found[0].header.copy()


@pytest.fixture
def simulated(tmp_path):
    """A file that a simulation has made."""
    with origin.saying([origin.WORDS]):
        fits.write_arrays(tmp_path / "simulated.fits", ARRAY)
    return tmp_path / "simulated.fits"


def test_it_is_passed_on_from_file_to_file(simulated, tmp_path):
    assert provenance.is_simulated(cards(simulated)) and "not an observation" in cards(simulated)["SIMULATE"]
    with origin.saying(inputs.origins([simulated])):
        fits.write_arrays(tmp_path / "b.fits", ARRAY)
        ecsv.write_table(tmp_path / "c.ecsv", Table({"x": [1]}))
    with origin.saying(inputs.origins([tmp_path / "c.ecsv"])):
        jsoc_files.write_compressed(tmp_path / "d.fits", np.ones((8, 8), np.int16))
    assert all(inputs.origins([tmp_path / name]) == [origin.WORDS] for name in ("b.fits", "c.ecsv", "d.fits"))


def test_an_image_of_the_archive_is_known_by_its_own_header(tmp_path):
    fits.write_arrays(tmp_path / "a.fits", ARRAY, fits.cards(ORIGIN="SIMULATED by helioreduce"))
    assert inputs.origins([tmp_path / "a.fits"]) == [origin.WORDS]


def test_real_files_say_nothing(tmp_path):
    fits.write_arrays(tmp_path / "a.fits", ARRAY, fits.cards(ORIGIN="SDO/JSOC-SDP"))
    ecsv.write_table(tmp_path / "c.ecsv", Table({"x": [1]}))
    (tmp_path / "broken.fits").write_text("no FITS")
    assert inputs.origins([*tmp_path.iterdir(), tmp_path / "absent.fits"]) == []
    assert "SIMULATE" not in cards(tmp_path / "a.fits")


def test_it_is_written_in_words_inside_a_picture(tmp_path):
    figure = plots.new(3, 2)
    origin.stamp(figure)
    assert figure.get_supxlabel() == ""
    with origin.saying([origin.WORDS]):
        origin.stamp(figure)
        origin.stamp(figure)
    assert figure.get_supxlabel() == origin.WORDS
    figure = plots.new(3, 2)
    axis = figure.subplots()
    axis.plot([1, 2], label="a curve")
    axis.set_xlabel("x")
    below = figure.legend(loc="outside lower center")
    with origin.saying([origin.WORDS]):
        origin.stamp(figure)
    FigureCanvasAgg(figure).draw()
    words, legend, label = (part.get_window_extent() for part in (figure._supxlabel, below, axis.xaxis.label))
    assert words.y1 <= legend.y0 and legend.y1 <= label.y0, "below the legend, which stays below the axes"
    plots.write([tmp_path / "real.png"], plots.new, 3, 2)
    with origin.saying([origin.WORDS]):
        plots.write([tmp_path / "simulated.png"], plots.new, 3, 2)
    assert (tmp_path / "real.png").read_bytes() != (tmp_path / "simulated.png").read_bytes()


def test_a_stand_in_of_a_table_is_passed_on_to_pictures(tmp_path):
    header = fits.cards(WAVELNTH=171)
    with pytest.warns(InputWarning):
        provenance.caveat(header, "corrected by a stand-in of the degradation table")
    fits.write_arrays(tmp_path / "a.fits", ARRAY, header)
    figure = plots.new(3, 2)
    with origin.saying(inputs.origins([tmp_path / "a.fits"])):
        origin.stamp(figure)
    assert figure.get_supxlabel() == "corrected by a stand-in of the degradation table"


def test_a_file_says_what_it_is_and_when_it_was_made(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    fits.write_arrays(tmp_path / "a.fits", ARRAY)
    found = cards(tmp_path / "a.fits")
    assert (found["FILENAME"], found["DATE"], found["CREATOR"]) == ("a.fits", "1970-01-02T00:00:00Z", "helioreduce")
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert hdus.date() > "2020"
