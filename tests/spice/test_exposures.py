"""Times of exposures: from the table of the file, else from its axis; XPOSURE is not the cadence."""

import numpy as np
import pytest
from astropy.wcs import WCS

from helioreduce.io import fits
from helioreduce.io.fits import Plane
from helioreduce.spice import binning, exposures, group, level2, simulate


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning", "ignore:.*not verified")
@pytest.mark.parametrize(
    ("name", "shape", "cadence"), [("l2_header_raster.fits", (1, 30), 60.25), ("l2_header_sit_and_stare.fits", (32, 1), 1.0)]
)
def test_real_tables_agree_with_the_axis_and_with_astropy(real, name, shape, cadence):
    """TIMAQUTC + XPOSURE/2 against axis 4 by astropy.wcs: within 5 ms; a cadence of twice XPOSURE in the sit-and-stare."""
    path = real / f"spice/{name}"
    header = fits.read_headers(path)[0]
    found = exposures.times(header, shape, fits.read_tables(path))
    assert found.source.startswith("VARIABLE_KEYWORDS TIMAQUTC")
    t, x = np.indices(shape)
    expected = WCS(header).pixel_to_world_values(x, 0, 0, t)[3]
    np.testing.assert_allclose(found.middle, expected, atol=0.005)
    np.testing.assert_allclose(exposures.times(header, shape).middle, expected, atol=1e-9)
    assert exposures.cadence(found.middle) == pytest.approx(cadence, abs=0.002)


@pytest.mark.parametrize(("last", "reference"), [("MISSING", "2022-03-17T00:25:36"), ("2022-03-17T00:25:46", "MISSING (none)")])
def test_a_table_whose_entries_are_no_times_gives_way_to_the_axis(last, reference):
    header = {"VAR_KEYS": "OWN;TIMAQUTC", "DATEREF": reference, "XPOSURE": 4.0, "CRVAL4": 7.0, "PC4_1": -5.0}
    table = fits.Table("OWN", {"TIMAQUTC": np.array([["2022-03-17T00:25:41", last]])}, fits.cards())
    found = exposures.times(header, (1, 2), [table])
    assert found.source == "axis of the header"
    np.testing.assert_array_equal(found.middle, [[7.0, 2.0]])


@pytest.mark.parametrize("card", ["MISSING (none)", None])
def test_an_axis_of_text_gives_no_times(card):
    """Commissioning files have MISSING in place of numbers; a blank card is None."""
    found = exposures.times({"CRVAL4": card}, (1, 2))
    assert np.isnan(found.middle).all() and found.middle.shape == (1, 2)


def test_times_of_a_table_do_without_the_exposure_time():
    header = {"VAR_KEYS": "OWN;TIMAQUTC", "DATEREF": "2022-03-17T00:25:36", "XPOSURE": None}
    table = fits.Table("OWN", {"TIMAQUTC": np.array([["2022-03-17T00:25:41", "2022-03-17T00:25:46"]])}, fits.cards())
    np.testing.assert_array_equal(exposures.times(header, (1, 2), [table]).middle, [[5.0, 10.0]])


def test_bins_of_a_still_slit_lie_along_it_and_in_time():
    """CDELT1 0, or one column: no division by zero, and no box across the slit."""
    assert binning.boxes([1, 3], [1, 3], 0.0, 1.098) == [(1, 1, 1), (1, 3, 1), (3, 1, 1), (3, 3, 1)]
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=1, times=4, spikes=0))
    for step in (0.0, 1.0, 4.0):
        planes[0].header["CDELT1"] = step
        own = group.join("own", level2.windows(planes[:1]))
        given = {"extents": [1, 3], "times": [1, 3], "thresholds": {}, "lines": [], "correlation": 0}
        assert {box.x for box in binning.Settings.of(given, own).boxes} == {1}


def test_tables_of_pointing_jitter_are_carried_and_a_wide_slit_is_warned_of():
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=2, spikes=0))
    planes[0].header.update(CWDIS1="Lookup", SLIT_WID=30)
    table = Plane("WCSDVARR", np.zeros(2), planes[0].header.copy())
    for given, said in (([*planes, table], "CARRIED"), (planes, "ABSENT")):
        found = level2.sorted_out(given)
        assert found.windows[0].header["JITTER"] == said
        notes = exposures.notes(found.windows[0].header)
        assert any("30 arcsec wide" in note for note in notes)
        assert any("jitter" in note for note in notes)
        assert len(found.jitter) == (said == "CARRIED")
