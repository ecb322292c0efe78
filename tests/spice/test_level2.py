"""Level-2 files: windows with unique names, wavelengths, masked samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io.fits import Plane
from helioreduce.spice import level2, naming, simulate, synthetic


@pytest.fixture
def planes():
    return simulate.raster(simulate.Settings(rows=8, columns=3, spikes=0, rim=0))[0]


@given(st.lists(st.sampled_from(["Ne VIII", "Ne VIII (2)", "O III", ""]), max_size=6))
def test_names_are_unique_and_the_first_ones_stay(names):
    found = naming.unique(names)
    assert len(set(found)) == len(names)
    assert all(own.startswith(name) for own, name in zip(found, names, strict=True))
    if len(set(names)) == len(names):
        assert found == names


def test_two_windows_of_one_name_are_kept_apart(planes):
    twice = [planes[0], planes[1], Plane(planes[0].name, 2 * planes[0].data, planes[0].header)]
    first, _, second = level2.windows(twice)
    assert second.name == f"{first.name} (2)"
    np.testing.assert_array_equal(second.data, 2 * first.data)


@pytest.mark.parametrize(("unit", "factor"), [("nm", 1.0), ("Angstrom", 10.0), ("m", 1e-9), ("um", 1e-3)])
def test_wavelengths_do_not_depend_on_the_unit(planes, unit, factor):
    header = planes[0].header.copy()
    header["CUNIT3"] = unit
    for key in ("CRVAL3", "CDELT3"):
        header[key] *= factor
    found = level2.wavelengths(header, 64)
    np.testing.assert_allclose(found, simulate.WINDOWS[0].first + synthetic.STEP * np.arange(64), rtol=1e-12)


def test_unknown_unit_is_refused(planes):
    planes[0].header["CUNIT3"] = "eV"
    with pytest.raises(InputError, match="CUNIT3 is 'eV'"):
        level2.windows(planes)
    planes[1].header["BUNIT"] = "Jy"
    with pytest.raises(InputError, match="BUNIT is 'Jy'"):
        level2.windows(planes[1:])


def test_implausible_samples_are_masked(planes):
    planes[0].data[0, 3, 2, 1], planes[0].data[0, 4, 2, 1], planes[0].data[0, 5, 2, 1] = 491, -11, np.nan
    window = level2.windows(planes)[0]
    assert [int(bits) for bits in window.mask[0, 3:6, 2, 1]] == [Flag.SATURATED, Flag.BAD_PIXEL, Flag.NO_DATA]
    assert np.isnan(window.data[0, 3:6, 2, 1]).all()
    found = level2.quality(window)
    assert (found["samples_saturated"], found["samples_implausible"]) == (1, 1)
    assert found["samples_missing"] == round(3 / window.data.size, 4)


def test_spatial_header_has_no_wavelength(planes):
    header = level2.spatial_header(planes[0].header)
    assert [header[f"CTYPE{axis}"] for axis in (1, 2, 3)] == ["HPLN-TAN", "HPLT-TAN", "UTC"]
    assert header["PC3_1"] == planes[0].header["PC4_1"]
    assert header["WCSAXES"] == 3
    assert not {"NAXIS", "CTYPE4", "PC4_1", "EXTNAME", "BUNIT"} & set(header)
    assert "WAVE" in planes[0].header.values()


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_names_do_not_depend_on_the_order_of_the_file(planes, order):
    """Two windows of one EXTNAME, distinguished by their wavelengths."""
    later = planes[0].header.copy()
    later["CRVAL3"] += 1.0
    every = [*planes, Plane(planes[0].name, planes[0].data, later)]
    found = {window.name: window.low for window in level2.windows([every[i] for i in order])}
    assert found[planes[0].name] == pytest.approx(701.4)
    assert found[f"{planes[0].name} (2)"] == pytest.approx(711.4)


def test_a_unit_of_spectral_radiance_is_converted(planes):
    """1 W/m²/sr/nm = 10⁶ erg/s/cm²/sr/cm·10⁻⁴ …: by astropy.units, data and unit together."""
    other = planes[0].header.copy()
    other["BUNIT"] = "erg / (s cm2 sr Angstrom)"
    window = level2.windows([Plane(planes[0].name, planes[0].data * 100, other)])[0]
    np.testing.assert_allclose(window.data, planes[0].data, rtol=1e-6)
    assert window.header["BUNIT"] == "W/m2/sr/nm"


@pytest.mark.parametrize(
    ("card", "value"),
    [("LEVEL", "L1"), ("BUNIT", "adu"), ("BUNIT", "ct"), ("BUNIT", "MISSING (x)"), ("CDELT1", "MISSING (x)"), ("CDELT2", None)],
)
def test_counts_and_other_levels_are_refused_window_by_window(planes, card, value):
    """Counts came out as W/m²/sr, 1,300 times wrong; the other windows of the file stay."""
    planes[1].header[card] = value
    if value is None:
        del planes[1].header[card]
    found = level2.sorted_out(planes)
    assert [window.name for window in found.windows] == [planes[0].name, planes[2].name]
    assert list(found.refused) == [planes[1].name]
    assert card in found.refused[planes[1].name]


def test_a_window_without_a_finite_sample_costs_itself(planes):
    planes[2].data[:] = np.nan
    found = level2.sorted_out(planes)
    assert len(found.windows) == 2
    assert "no sample is finite" in found.refused[planes[2].name]
