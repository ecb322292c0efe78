"""Names: lines of any catalogue, windows by EXTNAME or line, overlapping groups whose maps are never mixed."""

import numpy as np
import pytest

from helioreduce.spice import catalogue, files, group, level2, level3, maps, naming, raster, simulate

KNOWN = catalogue.built_in()


@pytest.mark.parametrize(
    ("name", "line"),
    [("o_3 702.70", "o_3 702.70"), ("O III 702.85", "o_3 702.70"), ("o_3 703.2", None), ("Mg IX 749.5", "mg_9 749.54"),
     ("mg_8 749.54", None), ("nonsense", None), ("fe_3 994.5", "fe_3 994.26")],
)  # fmt: skip
def test_a_line_is_that_of_its_ion_within_0_3_angstrom(name, line):
    found = naming.line(name, KNOWN.lines)
    assert (found and found.name) == line


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("mg_9 749.54 x", ("mg_9 749.54", "x")),
        ("B Ne VIII 770 - Peak", ("Ne VIII 770 - Peak", "B")),
        ("mg_9 749.54", ("mg_9 749.54", "")),
    ],
)
def test_a_parameter_is_a_line_and_a_letter_or_a_window(name, parts):
    assert naming.parameter(name) == parts


def test_slugs_are_parts_of_paths():
    assert naming.slug("N IV 765 - Peak ... Ne VIII 770 - Peak (Merged)") == "N_IV_765_Peak_Ne_VIII_770_Peak_Merged"
    assert naming.slug("mg_9 706.02") == "mg_9_706.02"
    assert naming.slug("...") == "window"


def test_windows_of_other_shapes_are_fitted_alone():
    seen = [naming.Seen("a", 700, 708, (1, 8, 4)), naming.Seen("b", 746, 752, (1, 9, 4))]
    found = naming.fits([["mg_9 706.02", "mg_9 749.54"]], seen, KNOWN)
    assert found.windows == {"a": ["a"], "b": ["b"]}
    assert "differ in shape" in found.notes[0]


@pytest.fixture(scope="module")
def twice():
    """A window fitted fused and alone: level 3 of both fits."""
    windows = level2.windows(simulate.raster(simulate.Settings(rows=10, columns=4, spikes=0, rim=1))[0])[:2]
    names = [window.name for window in windows]
    fits = {"fused": names, "alone": names[1:]}
    own = {name: raster.Fit(given, naming.labelled(fits, name)) for name, given in fits.items()}
    model = {"ties": [], "fixed": {}, "start": {}, "shared_width": True, "significance": 3, "limits": {}}
    model["limits"] = {"I": [0, 1000], "x": [-1, 1], "s": [0.2, 0.6], "B": [-10, 10]}
    bins = {"extents": [1], "times": [1], "thresholds": {}, "lines": [], "correlation": 0}
    request = raster.Request({}, {}, None, False, model, bins)
    planes, refused = raster.reduced(own, {window.name: window for window in windows}, KNOWN, request, "file")
    assert not refused
    return planes


def test_fits_of_one_window_have_hdus_and_maps_of_their_own(twice, tmp_path):
    """No name twice in a file; what is read back is the radiance of a fit with the error of the same fit."""
    assert len({plane.name for plane in twice}) == len(twice)
    groups = level3.groups(twice)
    given = [maps.radiances(fitted) for fitted in groups]
    files.write_radiances(tmp_path / "radiance.fits", given)
    back = files.read_radiances(tmp_path / "radiance.fits")
    every = [own for own_group in back for own in own_group.maps]
    titles = maps.titles(every)
    assert len(set(titles.values())) == len(every)
    for name in ("fused", "alone"):
        found = maps.find(every, f"s_4 750.22 [{name}]")
        (expected,) = (own for own_group in given for own in own_group.maps if own.fit == name and own.line == "s_4 750.22")
        assert found.fit == name
        np.testing.assert_array_equal(found.data, expected.data)
        np.testing.assert_array_equal(found.sigma, expected.sigma)
    assert maps.find(every, "s_4 750.22").fit == "fused"
    covariance = maps._covariances(back, [maps.find(every, "s_4 750.22 [alone]")])
    (only,) = covariance.values()
    np.testing.assert_allclose(np.sqrt(only), maps.find(every, "s_4 750.22 [alone]").sigma, rtol=1e-4)


@pytest.mark.parametrize("wrong", ["RADCAL", "samples"])
def test_a_group_that_fails_costs_no_other(wrong):
    """A window without a calibration, or trimmed to four samples, which four parameters need one more than."""
    windows = level2.windows(simulate.raster(simulate.Settings(rows=8, columns=3, spikes=0, rim=0))[0])
    trim = {}
    if wrong == "RADCAL":
        del windows[0].header["RADCAL"]
    else:
        trim = {windows[0].name: [706.0, 706.35]}
    own = {window.name: raster.Fit([window.name], [window.name]) for window in windows}
    limits = {"I": [0, 1000], "x": [-1, 1], "s": [0.2, 0.6], "B": [-10, 10]}
    model = {"ties": [], "fixed": {}, "start": {}, "shared_width": False, "significance": 3, "limits": limits}
    bins = {"extents": [1], "times": [1], "thresholds": {}, "lines": [], "correlation": 0}
    joined = group.join("one", windows[1:2])
    assert joined.windows[0].time.shape == (1, 3)
    request = raster.Request({}, trim, None, False, model, bins)
    planes, refused = raster.reduced(own, {w.name: w for w in windows}, KNOWN, request, "file")
    assert list(refused) == [windows[0].name]
    assert wrong in refused[windows[0].name]
    assert len(level3.groups(planes)) == 2
