"""Pictures of products of any shape: what is drawn is what the file holds."""

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce import command
from helioreduce.api.products import Array
from helioreduce.command import pictures
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.io.fits import Plane


def array(values, *axes, name="DATA", sigma=None, mask=None, **cards):
    """An array whose axes, first to last as stored, have these types."""
    header = Header(cards)
    for number, kind in enumerate(reversed(axes), 1):
        header[f"CTYPE{number}"] = kind
    return Array(name, Plane(name, values, header), sigma, mask)


def shown(figure):
    """Title and values of every image of a figure."""
    return [(axis.get_title(loc="left"), axis.images[0].get_array().data) for axis in figure.axes if axis.images]


def test_cameras_side_by_side_above_their_errors_at_the_middle_time(rng):
    values, sigma = rng.uniform(1, 2, (2, 3, 4, 9, 8))
    mask = np.zeros(values.shape, bool)
    mask[1, 0, 2, 3] = True
    cube = array(values, "UTC", "CAMERA", "HPLT-TAN", "HPLN-TAN", sigma=sigma, mask=mask, BUNIT="photon")
    found = shown(pictures.draw([cube], "level 3"))
    assert [title for title, _ in found] == [f"DATA camera {number}" for number in (1, 2, 3, 4)] + ["1 σ"] * 4
    assert np.isnan(found[0][1][2, 3])
    np.testing.assert_array_equal(found[3][1], values[1, 3])
    np.testing.assert_array_equal(found[7][1], sigma[1, 3])


def test_a_spectrum_is_averaged_over_its_wavelengths(rng):
    values = rng.uniform(1, 2, (1, 16, 9, 8))
    values[0, 3, 2, 2] = np.nan
    spectra = array(values, "UTC", "WAVE", "HPLT-TAN", "HPLN-TAN", sigma=np.full(values.shape, 0.8))
    (_, mean), (_, error) = shown(pictures.draw([spectra], "window"))
    np.testing.assert_allclose(mean, np.nanmean(values[0], axis=0))
    np.testing.assert_allclose(error[0, 0], 0.8 / 4)  # of the mean of 16
    np.testing.assert_allclose(error[2, 2], 0.8 / np.sqrt(15))


def test_masked_values_and_their_errors_are_left_out_of_a_mean(rng):
    values, mask = rng.uniform(1, 2, (1, 16, 9, 8)), np.zeros((1, 16, 9, 8), bool)
    mask[0, 4:, 2, 2], mask[0, :, 3, 3] = True, True
    spectra = array(values, "UTC", "WAVE", "HPLT-TAN", "HPLN-TAN", sigma=np.full(values.shape, 0.8), mask=mask)
    (_, mean), (_, error) = shown(pictures.draw([spectra], "window"))
    np.testing.assert_allclose(mean[2, 2], values[0, :4, 2, 2].mean())
    np.testing.assert_allclose(error[2, 2], 0.8 / 2)  # of the mean of 4
    assert np.isnan([mean[3, 3], error[3, 3]]).all()


def test_blank_cards_count_as_none():
    figure = pictures.draw([array(np.ones((9, 8)), BUNIT=None, CDELT1=None, CDELT2=0.6)], "frame")
    assert figure.axes[0].get_aspect() == "auto" and figure.axes[1].get_ylabel() == ""


@pytest.mark.parametrize("shape", [(832, 3), (3000, 1)])
def test_a_narrow_raster_fills_its_frame(rng, shape):
    values = rng.uniform(size=(1, *shape))
    figure = pictures.draw([array(values, "UTC", "HPLT-TAN", "HPLN-TAN", CDELT1=4.0, CDELT2=1.1)], "three steps of the slit")
    ((_, drawn),) = shown(figure)
    np.testing.assert_array_equal(drawn, values[0])
    assert figure.axes[0].get_aspect() == "auto"


def test_sit_and_stare_runs_to_the_right(rng):
    values = rng.uniform(size=(20, 9, 1))
    ((_, drawn),) = shown(pictures.draw([array(values, "UTC", "HPLT-TAN", "HPLN-TAN")], "one position"))
    np.testing.assert_array_equal(drawn, values[:, :, 0].T)


def test_velocities_are_about_zero(rng):
    velocity = array(rng.normal(3, 5, (1, 9, 8)), "UTC", "HPLT-TAN", "HPLN-TAN", BUNIT="km/s")
    figure = pictures.draw([velocity], "velocity")
    low, high = figure.axes[0].images[0].get_clim()
    assert low == -high


def test_parameters_are_named_and_matrices_left_out(rng):
    fit = array(rng.uniform(size=(2, 1, 9, 8)), "PARAMETER", "UTC", "HPLT-TAN", "HPLN-TAN", PNAME1A="peak", PNAME1B="centre")
    matrix = array(np.ones((4, 2, 6)), name="QUADRATIC")
    assert [title for title, _ in shown(pictures.draw([fit, matrix], "fit"))] == ["DATA peak", "DATA centre"]
    with pytest.raises(InputError, match="no image to draw"):
        pictures.draw([matrix], "matrix")


def test_a_picture_says_what_is_simulated():
    figure = pictures.draw([array(np.ones((9, 8)), SIMULATE="yes")], "frame")
    assert "SIMULATED" in figure.get_supxlabel()


def test_each_file_is_drawn_or_refused_by_name(tmp_path, capsys, rng):
    fits.write_planes(tmp_path / "map.fits", [Plane("ne_8 770.42", rng.uniform(size=(1, 9, 8)), Header({"CTYPE3": "UTC"}))])
    fits.write_arrays(tmp_path / "factors.fits", {"FACTORS": np.ones((1, 4))})
    (tmp_path / "error.ecsv").write_text("a table")
    (tmp_path / "again").mkdir()
    (tmp_path / "again/map.fits").write_bytes((tmp_path / "map.fits").read_bytes())
    files = [str(tmp_path / name) for name in ("map.fits", "again/map.fits", "factors.fits", "error.ecsv")]
    assert command.main(["quicklook", *files, "-o", str(tmp_path / "out")]) == command.FAILED
    assert (tmp_path / "out/map.jpg").exists()
    said = capsys.readouterr().err
    assert "map.fits: its picture would replace that of" in said
    assert "factors.fits: holds no image to draw" in said
    assert "error.ecsv: is a table" in said
