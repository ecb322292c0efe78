"""Faults of the published level-3 notebook (Kankelborg-Group/ESIS, kgpy), each turned into a claim about this reduction."""

import ast
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.wcs import WCS

import helioreduce.esis
from helioreduce.esis import align, camera, coalign, kernels, level3, masks, normalise, transforms, vignetting
from helioreduce.esis.resample import resample
from helioreduce.esis.values import Vignetting
from helioreduce.image import Flag
from helioreduce.io import fits

FIRST = camera.FLIGHT.time_of(109)
PACKAGE = Path(helioreduce.esis.__file__).parent


def programs():
    """Syntax trees of the sub-package and its scripts."""
    files = [*PACKAGE.glob("*.py"), *PACKAGE.parents[1].glob("esis_*.py")]
    return {file.name: ast.parse(file.read_text()) for file in files}


def test_1_helium_has_a_window_of_its_own():
    """`if line != 'ov' or 'hei'` is always true: He I could not be reached."""
    ov, hei = camera.FLIGHT.lines["ov"], camera.FLIGHT.lines["hei"]
    assert hei.columns[1] < ov.columns[0]
    assert ov.wavelength_A > hei.wavelength_A


def test_2_no_pixel_is_left_uninitialised():
    """`np.empty` paddings: what is not seen is NaN and flagged, in the resampled image and in the cube."""
    away = transforms.on_grid(np.array([[0.0, 20, 0, 0, 0, 0], [0, 0, 20, 0, 0, 0]]), (40, 40))
    for _ in range(3):
        np.full((40, 40), 1e30)  # dirty memory to be handed out again
        data = resample(np.ones((15, 15)), away, (40, 40)).data
        assert set(np.unique(data[np.isfinite(data)])) == {np.float32(1)}
    none = np.zeros(4)
    found = Vignetting(none, none, none, none, 0.0, 0, none[None])
    cards = fits.cards(**{"DATE-AVG": "2019-09-30T18:06:06.647"})
    cube = level3.empty([cards], found, (8, 8))
    assert np.isnan(cube.data).all() and (cube.mask == Flag.NO_DATA).all()


@pytest.mark.parametrize("shear", [-0.012, 0.012])
def test_3_shears_of_both_signs_are_found(shear, rng):
    """Bounds [0, 0.01] on the shears: the notebook ended on the bound; there are none here."""
    from scipy.ndimage import gaussian_filter

    image = 1 + 0.2 * gaussian_filter(rng.normal(size=(400, 400)), 3) / 0.03
    half = 150
    truth = transforms.on_grid(half * np.array([[200 / half, 1, shear, 0, 0, 0], [200 / half, 0, 1, 0, 0, 0]]), (300, 300))
    everywhere = np.ones((400, 400), bool)
    source = align.scene(image, everywhere, everywhere)
    reference = align.consensus({1: source}, {1: truth}, (300, 300))
    start = transforms.on_grid(half * np.array([[200 / half, 1, 0, 0, 0, 0], [200 / half, 0, 1, 0, 0, 0]]), (300, 300))
    found = align.register(source, reference, start, terms=3).transform
    np.testing.assert_allclose(found.coefficients, truth.coefficients, atol=0.01)


def test_4_padding_does_not_dilute_the_correlation(rng):
    """A correlation divided by the padded size read 0.51 where the images correlate by 0.92."""
    a = rng.normal(size=(50, 50))
    b = a + 0.4 * rng.normal(size=a.shape)
    padded = [np.pad(image, 100, constant_values=np.nan) for image in (a, b)]
    assert coalign.zero_lag(*padded, np.isfinite(padded[0])) == pytest.approx(coalign.zero_lag(a, b), rel=1e-12)


def test_5_vignetting_is_fitted_along_both_axes(rng):
    """A slope along the rows only (a = 90°) is found as well as one along the columns; column means would not see it."""
    y, x = np.indices((400, 400)) / 400
    f = np.stack([x, y, (x + y) / 2, 1 - y])
    image = (1 + np.array([0.4, 0.5, 0.3, 0.45])[:, None, None] * f) * rng.lognormal(0, 0.2, x.shape)
    across = np.zeros((4, 40, 40))
    fit = vignetting.fit(*vignetting.blocks(image, 0.01 * image, f, np.ones(f.shape, bool), across)[:3])
    np.testing.assert_allclose(fit.slopes, [0.4, 0.5, 0.3, 0.45], rtol=2e-3)


def test_6_each_sequence_is_averaged_over_its_own_mask(rng):
    """`np.resize` gave frame (t, c) the mask of frame (4 t + c) mod T."""
    image = rng.uniform(1, 2, (4, 6, 6))
    for column in range(6):
        clear = np.zeros((4, 6, 6), bool)
        clear[:, :, column] = True
        np.testing.assert_allclose(normalise.masked_means(image, clear), image[:, :, column].mean(axis=1), rtol=1e-12)


def test_7_and_8_no_comparison_of_arrays_with_none_and_no_dead_numpy():
    """`params == None`, `np.int`, `np.float`: none of them is written anywhere."""
    for name, tree in programs().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                assert not any(isinstance(c, ast.Constant) and c.value is None for c in node.comparators), name
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
                assert node.attr not in {"int", "float", "bool", "object", "str"}, name


def test_9_a_plane_of_the_cube_has_a_two_dimensional_wcs():
    """`to_fits` died of 'HighLevelWCSWrapper has no dropaxis'."""
    plane = WCS(level3.wcs_header(FIRST)).celestial
    assert plane.naxis == 2 and list(plane.wcs.ctype) == ["HPLN-TAN", "HPLT-TAN"]


def test_10_the_time_axis_starts_at_a_date():
    """CRVAL4 held the cadence, DATEREF no date (datfix warning), the camera axis began at pixel 0."""
    header = level3.wcs_header(FIRST)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WCS(header)
    assert header["CRVAL4"] == 0 and header["CDELT4"] == camera.FLIGHT.exposure_s
    assert header["CRPIX3"] == header["CRVAL3"] == 1
    assert header["DATEREF"] == "2019-09-30T18:06:11.647"


def test_11_and_13_nothing_here_needs_files_or_a_network():
    """All tests of the original are skipped for want of data; the sub-package opens neither files nor connections."""
    allowed = {"fits", "provenance", "times", "errors", "image", "log"}
    for name, tree in programs().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open", name
            if isinstance(node, ast.ImportFrom) and node.module == "helioreduce":
                assert {alias.name for alias in node.names} <= allowed | {"cosmic_rays"}, name
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & {"pickle", "socket", "urllib", "requests", "drms"}, name


def test_12_the_silhouette_of_the_field_stop_counts_only_where_it_is_asked_for(rng):
    """Two unlike scenes in one octagon correlate by the octagon alone; inside it they do not."""
    lit = masks.inside(masks.octagon((100.0, 100.0), 160), (200, 200))
    a, b = (np.where(lit, rng.uniform(0.5, 1.5, lit.shape), 0) for _ in range(2))
    assert coalign.zero_lag(a, b) > 0.6
    assert abs(coalign.zero_lag(a, b, lit)) < 0.03


def test_the_kernels_are_compiled_once():
    """Numba's cache is on: a job does not pay for the compiler."""
    assert all(type(kernel._cache).__name__ != "NullCache" for kernel in (kernels._accumulate, kernels._sample))
