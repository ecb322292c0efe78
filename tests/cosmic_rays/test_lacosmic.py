"""L.A.Cosmic against a dense computation of the same definition, and what it must find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from helioreduce.cosmic_rays import inject, kernels, lacosmic, replacement, scores, windows
from helioreduce.cosmic_rays.noise import Detector
from helioreduce.errors import InputError

READ = 6.5
MODEL = Detector(1.0, READ)


def sky(shape=(96, 110), level=100.0, seed=0, stars=8) -> np.ndarray:
    """A sky of ``level`` electrons with a few stars, FWHM 3.5 pixels, photon and read noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    light = np.full(shape, level)
    for _ in range(stars):
        cy, cx = rng.uniform(0, shape)
        light += rng.lognormal(6, 1) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * 1.5**2))
    return (rng.poisson(light) + rng.normal(0, READ, shape)).astype(np.float32)


def dense_mask(
    data: np.ndarray, variance: np.ndarray, s: lacosmic.Settings, mode: str, background: np.ndarray | float = 0
) -> np.ndarray:
    """First pass of L.A.Cosmic as the paper writes it, on whole planes; ``mode`` is scipy's name of the border.

    ``data`` and ``variance`` without the ``background``, whose noise is not smoothed.
    """
    wide = np.pad(data, 1, mode={"mirror": "reflect", "nearest": "edge"}[mode])
    padded = np.kron(wide, np.ones((2, 2), np.float32))
    laplacian = 4 * padded - sum(np.roll(padded, *step) for step in ((1, 0), (-1, 0), (1, 1), (-1, 1)))
    laplacian = np.maximum(laplacian, 0)[2:-2, 2:-2]
    positive = laplacian.reshape(data.shape[0], 2, data.shape[1], 2).mean(axis=(1, 3))
    noise = np.sqrt(np.maximum(ndimage.median_filter(variance, 5, mode=mode) + background, 1e-5))
    ratio = positive / (2 * noise)
    excess = ratio - ndimage.median_filter(ratio, 5, mode=mode)
    fine = ndimage.median_filter(data, 3, mode=mode)
    fine = np.maximum((fine - ndimage.median_filter(fine, 7, mode=mode)) / noise, 0.01)
    hit = (excess > s.sigclip) & (excess / fine > s.objlim)
    hit = ndimage.binary_dilation(hit, np.ones((3, 3))) & (excess > s.sigclip)
    return ndimage.binary_dilation(hit, np.ones((3, 3))) & (excess > s.sigclip * s.sigfrac)


@pytest.mark.parametrize(("border", "mode"), [("reflect", "mirror"), ("nearest", "nearest")])
@given(seed=st.integers(0, 10**6), sigclip=st.floats(3, 9), objlim=st.floats(1.5, 6))
@settings(max_examples=15, deadline=None)
def test_sparse_equals_dense(border: str, mode: str, seed: int, sigclip: float, objlim: float) -> None:
    """One pass finds exactly the pixels that the dense algorithm finds, whatever the thresholds, borders included."""
    rng = np.random.default_rng(seed)
    data = np.rint(sky(seed=seed))  # whole numbers: the dense computation is then free of rounding order
    data += np.rint(inject.inject(data.shape, {"track": 6, "worm": 3, "edge": 8}, 300.0, rng).charge)
    variance = MODEL.variance(data)
    choices = lacosmic.settings(sigclip=sigclip, objlim=objlim, border=border, iterations=1)
    mine = lacosmic.detect(data, variance, choices).mask
    assert np.array_equal(mine, dense_mask(data, variance, choices, mode))


@pytest.mark.parametrize("seed", range(3))
def test_sparse_passes_equal_dense_passes(seed: int) -> None:
    """Later passes look near the last changes only, and find what whole passes over the cleaned image find."""
    rng = np.random.default_rng(seed)
    data = np.rint(sky(seed=seed))
    for step in range(12):  # large hits, which are uncovered from the rim inwards
        y, x = rng.integers(5, 85, 2)
        data[y : y + 2 + step % 3, x : x + 3] += np.rint(rng.uniform(200, 2000))
    variance = MODEL.variance(data)
    choices = lacosmic.settings(iterations=6)
    result = lacosmic.detect(data, variance, choices)
    found, passes = np.zeros(data.shape, bool), []
    for _ in range(6):
        new = dense_mask(data, variance, choices, "mirror") & ~found
        passes.append(new.sum())
        if not new.any():
            break
        found |= new
        for plane in (data, variance):
            replacement.replace(plane, np.flatnonzero(found), found, replacement.MEAN, np.float32(np.median(plane)))
    assert result.per_iteration == tuple(passes) and len(passes) > 2
    assert np.array_equal(result.mask, found)


@given(values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=49))
@settings(max_examples=200, deadline=None)
def test_low_median(values: list[float]) -> None:
    """The lower median is the (n − 1) // 2-th value in order, ties included."""
    array = np.array(values, np.float32)
    assert windows.low_median(array, len(array)) == np.sort(array)[(len(array) - 1) // 2]


@given(seed=st.integers(0, 10**6), threshold=st.floats(1, 10))
@settings(max_examples=15, deadline=None)
def test_prefilter_loses_nothing(seed: int, threshold: float) -> None:
    """Every pixel whose S exceeds the threshold passes the test that avoids the medians."""
    data = sky(seed=seed)
    p = kernels.planes(data, MODEL.variance(data), None, None, np.zeros(data.shape, bool), windows.REFLECT)
    window = np.empty(25, np.float32)
    exact = np.array([[kernels.laplacian(p, y, x, window) for x in range(data.shape[1])] for y in range(data.shape[0])])
    passed = kernels.promising(p.data, p.variance, p.background, np.float32(threshold))
    assert passed[exact > threshold].all()
    assert passed.mean() < 0.5


def test_scale_and_symmetry() -> None:
    """The mask does not know the unit (a power of two), nor which way the image is turned."""
    data = np.rint(sky(seed=3))
    data += np.rint(inject.inject(data.shape, {"track": 10, "point": 10}, 400.0, np.random.default_rng(1)).charge)
    variance = MODEL.variance(data)
    plain = lacosmic.detect(data, variance)
    scaled = lacosmic.detect(4 * data, 16 * variance)
    assert np.array_equal(scaled.mask, plain.mask)
    assert np.array_equal(scaled.cleaned, 4 * plain.cleaned)
    for turn in (lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a.T):
        assert np.array_equal(lacosmic.detect(turn(data), turn(variance)).mask, turn(plain.mask))


def test_flat_image_is_clean() -> None:
    """No structure, no cosmic rays, one pass, nothing changed."""
    data = np.full((30, 40), 100, np.float32)
    result = lacosmic.detect(data, data + READ**2)
    assert result.n_pixels == 0 and result.n_iterations == 1
    assert np.array_equal(result.cleaned, data)


def test_false_alarms_on_noise() -> None:
    """On 10⁶ pixels of pure noise 5σ finds fewer than one pixel in 10⁴."""
    data = sky((1000, 1000), stars=0)
    assert lacosmic.detect(data, MODEL.variance(data), lacosmic.settings(sigclip=5)).mask.mean() < 1e-4


def test_sky_must_be_there() -> None:
    """Sky subtracted and the variance computed from what is left: many false hits; with the sky's variance, none more."""
    data = sky((300, 300), stars=0)
    with_sky = lacosmic.detect(data, MODEL.variance(data)).n_pixels
    without = lacosmic.detect(data - 100, MODEL.variance(data - 100)).n_pixels
    right = lacosmic.detect(data - 100, MODEL.variance(data)).n_pixels
    assert right == with_sky
    assert without > 10 * (with_sky + 10)


def test_injected_kinds() -> None:
    """Points, tracks, worms, hits at the edge and beside saturation: at 20σ at least nine of ten hits of every kind are met."""
    data = sky((400, 400), seed=5)
    saturated = np.zeros(data.shape, bool)
    y, x = np.mgrid[:400, :400]
    for cy, cx in ((80, 90), (300, 250), (200, 340)):
        disc = (y - cy) ** 2 + (x - cx) ** 2
        data += 40000 * np.exp(-disc / (2 * 1.8**2)) * (disc < 36)
    saturated = data > 20000
    data = np.minimum(data, 20000)
    sigma = np.sqrt(100 + READ**2)
    numbers = dict.fromkeys(inject.KINDS, 30)
    truth = inject.inject(data.shape, numbers, 20 * sigma, np.random.default_rng(2), saturated=saturated)
    hit = data + truth.charge
    found = lacosmic.detect(hit, MODEL.variance(hit), lacosmic.settings(saturation=20000.0)).mask
    for kind in inject.KINDS:
        numbers = 1 + np.flatnonzero([k == kind for k in truth.kinds])
        met = [found[truth.events == n].any() for n in numbers if (truth.events == n).any()]
        assert np.mean(met) >= 0.9, kind


def test_edges() -> None:
    """20σ hits in rows 0, 1 and 2 and all borders: at least 90 % of the pixels; as astroscrappy, none in the outer two."""
    data = sky((300, 300), seed=7, stars=0)
    truth = inject.inject(data.shape, {"edge": 150}, 20 * np.sqrt(100 + READ**2), np.random.default_rng(3))
    hit = data + truth.charge
    found = lacosmic.detect(hit, MODEL.variance(hit))
    assert found.mask[truth.mask].mean() >= 0.9
    left = lacosmic.detect(hit, MODEL.variance(hit), lacosmic.settings("astroscrappy")).mask
    assert not left[:2].any() and not left[:, -2:].any()


def test_missing_pixels() -> None:
    """NaN stay NaN and are not found; a hit right beside one is found and replaced."""
    data = sky((80, 80), seed=9, stars=0)
    data[40, 40] = data[10:14, 60:70] = np.nan
    data[0, 0] = np.inf
    data[41, 41] += 2000
    data[12, 71] += 2000
    result = lacosmic.detect(data, MODEL.variance(data))
    assert np.array_equal(np.isnan(result.cleaned), ~np.isfinite(data))
    assert not result.mask[~np.isfinite(data)].any()
    for place in ((41, 41), (12, 71)):
        assert result.mask[place]
        assert abs(result.cleaned[place] - 100) < 5 * 12
    apart = np.ones(data.shape, bool)
    apart[30:52, 30:52] = apart[:25, 50:] = False
    whole = np.where(np.isfinite(data), data, 100).astype(np.float32)
    assert np.array_equal(result.mask[apart], lacosmic.detect(whole, MODEL.variance(whole)).mask[apart])


def test_mask_is_left_alone() -> None:
    """Masked pixels are neither found nor used as a source of replacements."""
    data = sky((60, 60), seed=1, stars=0)
    mask = np.zeros(data.shape, bool)
    data[30, 30], data[30, 32] = 5000, 9000
    mask[30, 32] = True
    result = lacosmic.detect(data, MODEL.variance(data), mask=mask)
    assert not result.mask[29:32, 31:34].any() and result.mask[30, 30]
    assert result.cleaned[30, 32] == 9000 and result.cleaned[30, 30] < 200


def test_saturated_core_is_no_hit() -> None:
    """A saturated star with a bleeding column is left alone where the level is given."""
    data = sky((80, 80), seed=2, stars=0)
    y, x = np.mgrid[:80, :80]
    data += 60000 * np.exp(-((y - 40) ** 2 + (x - 40) ** 2) / (2 * 3**2))
    data = np.minimum(data, 30000)
    data[25:56, 40] = 30000
    core = (slice(35, 46), slice(36, 45))
    assert not lacosmic.detect(data, MODEL.variance(data), lacosmic.settings(saturation=30000.0)).mask[core].any()


@pytest.mark.parametrize("border", ["reflect", "copy"])
def test_saturated_cores_are_excluded_with_a_margin(border: str) -> None:
    """Saturated pixels among bright ones, twice grown by a 5 × 5 square without its corners; a lone one is a hit."""
    data = np.full((60, 70), 100, np.float32)
    data[20:24, 30:37] = 5000
    data[2, 1:5] = data[0:5, 3] = 5000  # at the edge
    data[50, 60] = 9000
    excluded = np.zeros(data.shape, bool)
    planes = kernels.planes(data, data, None, None, excluded, lacosmic.BORDERS[border])
    lacosmic._exclude_saturated(planes, 5000.0)
    core = (data >= 5000) & (ndimage.median_filter(data, 5, mode="mirror") > 500)
    if border == "copy":  # whose outer pixels are their own median
        core[2, 1] = core[0:2, 3] = True
    disc = np.ones((5, 5), bool)
    disc[::4, ::4] = False
    assert core.any() and not core[50, 60]
    assert np.array_equal(excluded, ndimage.binary_dilation(ndimage.binary_dilation(core, disc), disc))


def test_masks_grow_by_one_pixel() -> None:
    """And leave the outermost rows and columns as they are where the border is copied."""
    mask = np.zeros((9, 10), bool)
    mask[1, 4] = mask[7, 8] = mask[8, 2] = True
    grown = ndimage.binary_dilation(mask, np.ones((3, 3)))
    assert np.array_equal(lacosmic._grown(mask, "reflect"), grown)
    copied = lacosmic._grown(mask, "copy")
    assert np.array_equal(copied[1:-1, 1:-1], grown[1:-1, 1:-1])
    outer = np.ones(mask.shape, bool)
    outer[1:-1, 1:-1] = False
    assert np.array_equal(copied[outer], mask[outer])


def test_a_hit_among_masked_pixels_takes_the_level_of_the_image_given() -> None:
    """With a background, the level above it; the variance its own."""
    data = sky((60, 60), seed=1, stars=0)
    y, x = np.mgrid[:60, :60]
    mask = np.maximum(abs(y - 30), abs(x - 30)) == 2
    data[30, 30] += 5000
    variance, model = MODEL.variance(data), np.full(data.shape, 40, np.float32)
    excluded = np.maximum(abs(y - 30), abs(x - 30)) <= 3
    excluded[30, 30] = False
    for background, offset in ((None, np.float32(0)), (model, np.float32(40))):
        result = lacosmic.detect(data, variance, mask=mask, background=background)
        assert result.mask[30, 30]
        assert result.cleaned[30, 30] == pytest.approx(replacement.level(data - offset, excluded) + offset)
        assert result.variance[30, 30] == pytest.approx(replacement.level(variance - offset, excluded) + offset)


def test_background_saves_lines() -> None:
    """A line one pixel wide is taken for cosmic rays, unless a smooth model of it is given."""
    rng = np.random.default_rng(4)
    profile = 100 + 6000 * np.exp(-((np.arange(90) - 45) ** 2) / (2 * 0.3**2))
    model = np.tile(profile, (120, 1)).astype(np.float32)
    data = (rng.poisson(model) + rng.normal(0, READ, model.shape)).astype(np.float32)
    data[60, 20] += 2000
    plain = lacosmic.detect(data, MODEL.variance(data))
    helped = lacosmic.detect(data, MODEL.variance(data), background=model)
    assert helped.mask[60, 20]
    assert helped.n_pixels < 10 < plain.n_pixels
    assert np.allclose(helped.cleaned[~helped.mask], data[~helped.mask], rtol=1e-5)


def test_background_is_subtracted_for_the_search_and_its_noise_kept_sharp() -> None:
    """One pass finds what the dense algorithm finds in data − B with σ² = med₅(V − B) + B; data and variance come back."""
    rng = np.random.default_rng(5)
    model = np.rint(100 + 3000 * (rng.random((60, 70)) < 0.3)).astype(np.float32)
    data = rng.poisson(model).astype(np.float32)
    data.flat[rng.choice(data.size, 40, replace=False)] += 1500
    variance = model + np.rint(rng.uniform(20, 60, model.shape)).astype(np.float32)
    choices = lacosmic.settings(iterations=1, objlim=2)
    result = lacosmic.detect(data, variance, choices, background=model)
    expected = dense_mask(data - model, variance - model, choices, "mirror", model)
    assert np.array_equal(result.mask, expected) and 40 < expected.sum() < 1000
    assert np.array_equal(result.cleaned[~expected], data[~expected])
    assert np.array_equal(result.variance[~expected], variance[~expected])


def test_psf_keeps_sharp_stars() -> None:
    """The matched filter leaves stars alone whose cores the median filter does not see."""
    y, x = np.mgrid[:7, :7] - 3
    psf = np.exp(-(y**2 + x**2) / (2 * 0.6**2))
    rng = np.random.default_rng(6)
    light = np.full((120, 120), 100.0)
    for cy, cx in rng.integers(10, 110, (15, 2)):
        light[cy - 3 : cy + 4, cx - 3 : cx + 4] += 3000 * psf
    data = (rng.poisson(light) + rng.normal(0, READ, light.shape)).astype(np.float32)
    median = lacosmic.detect(data, MODEL.variance(data), lacosmic.settings(objlim=2))
    matched = lacosmic.detect(data, MODEL.variance(data), lacosmic.settings(objlim=2, psf=psf / psf.sum()))
    assert matched.n_pixels < median.n_pixels / 5


def test_a_turned_frame_has_the_turned_mask_up_to_its_edges() -> None:
    """A symmetric PSF knows no side: hits on stars along every edge are found alike in the frame turned by 180°."""
    y, x = np.mgrid[:5, :5] - 2
    psf = np.exp(-(y**2 + x**2) / (2 * 0.8**2))
    rng = np.random.default_rng(11)
    data = rng.normal(100, 10, (40, 40)).astype(np.float32)
    data[:, :2] += rng.uniform(0, 3000, (40, 2)).astype(np.float32)
    data[:2] += rng.uniform(0, 3000, (2, 40)).astype(np.float32)
    choices = lacosmic.settings(objlim=2, psf=psf / psf.sum())
    found, turned = (lacosmic.detect(frame, MODEL.variance(frame), choices) for frame in (data, data[::-1, ::-1].copy()))
    assert found.n_pixels > 20
    np.testing.assert_array_equal(turned.mask[::-1, ::-1], found.mask)


@pytest.mark.parametrize("method", ["mean", "median", "distance"])
def test_replacements(method: str) -> None:
    """A hit on a plane is replaced by the plane's value at its place, which each symmetric mean gives."""
    y, x = np.mgrid[:41, :41].astype(np.float32)
    plane = 1000 + 2 * y + 3 * x
    data = plane.copy()
    data[20, 20] += 5000
    result = lacosmic.detect(data, MODEL.variance(data), lacosmic.settings(replacement=method))
    assert result.mask[20, 20] and result.n_pixels == 1
    assert result.cleaned[20, 20] == pytest.approx(plane[20, 20], abs=5)


def test_island_takes_the_level() -> None:
    """A hit without a good pixel in reach takes the median of the image that was given."""
    data = sky((60, 60), seed=8, stars=0)
    spoilt = np.zeros(data.shape, bool)
    spoilt[20:27, 20:27] = True
    level = replacement.level(data, np.zeros(data.shape, bool))
    assert level == np.sort(data, axis=None)[1799]  # the lower one of the two in the middle of 3600
    assert replacement.replace(data, np.array([23 * 60 + 23]), spoilt, replacement.MEAN, np.float32(level)) == 1
    assert data[23, 23] == np.float32(level)


def test_repeats_to_the_last_bit() -> None:
    """Two runs, and a run on one thread, give the same bits."""
    import numba

    data = sky((200, 200), seed=11)
    data += inject.inject(data.shape, {"track": 40}, 300.0, np.random.default_rng(1)).charge
    first, again = (lacosmic.detect(data, MODEL.variance(data)) for _ in range(2))
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    single = lacosmic.detect(data, MODEL.variance(data))
    numba.set_num_threads(threads)
    for other in (again, single):
        assert np.array_equal(first.mask, other.mask) and np.array_equal(first.cleaned, other.cleaned)


def test_input_is_untouched() -> None:
    """Neither data nor variance are changed in place."""
    data = sky(seed=12)
    data[50, 50] += 3000
    variance = MODEL.variance(data)
    kept = data.copy(), variance.copy()
    assert lacosmic.detect(data, variance).n_pixels
    assert np.array_equal(data, kept[0]) and np.array_equal(variance, kept[1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: lacosmic.detect(d[0], d[0]), "shape"),
        (lambda d: lacosmic.detect(d, d[:-1]), "variance has shape"),
        (lambda d: lacosmic.detect(d[:5, :5], d[:5, :5]), "at least 9"),
        (lambda d: lacosmic.detect(d, np.full_like(d, np.nan)), "no number"),
        (lambda d: lacosmic.settings("iraff"), "iraff"),
        (lambda d: lacosmic.settings(sigclip=0), "sigclip"),
        (lambda d: lacosmic.settings(border="wrap"), "border"),
        (lambda d: lacosmic.settings(psf=np.ones((4, 4))), "PSF"),
    ],
)
def test_refusals(call, says: str) -> None:
    """Wrong input is refused with a word about what is wrong."""
    with pytest.raises(InputError, match=says):
        call(sky())


def test_unknown_setting_is_a_type_error() -> None:
    """A misspelt keyword is never swallowed."""
    with pytest.raises(TypeError, match="sigclp"):
        lacosmic.settings(sigclp=5)


def test_scores_of_tracks() -> None:
    """Tracks of 15σ: completeness above 95 %, purity above 90 % (the low limit of neighbours costs purity)."""
    data = sky((300, 300), seed=13)
    truth = inject.inject(data.shape, {"track": 60}, 15 * np.sqrt(100 + READ**2), np.random.default_rng(4))
    hit = data + truth.charge
    agreed = scores.agreement(lacosmic.detect(hit, MODEL.variance(hit)).mask, truth.mask)
    assert agreed.completeness > 0.95 and agreed.purity > 0.9 and agreed.events == 1


def track(rng):
    """A frame of noise 10 about 100 with a bright vertical track."""
    data = rng.normal(100, 10, (60, 70)).astype(np.float32)
    data[20:30, 40] += 3000
    return data


@pytest.mark.parametrize("n", [1, 2])
def test_the_mask_grows_by_so_many_pixels_on_all_sides(rng, n):
    """The grown mask is the mask, dilated by a square; its pixels are replaced by those around it."""
    data = track(rng)
    variance = np.full(data.shape, 100, np.float32)
    plain, grown = (lacosmic.detect(data, variance, lacosmic.settings(grow=g)) for g in (0, n))
    expected = ndimage.binary_dilation(plain.mask, np.ones((2 * n + 1, 2 * n + 1)))
    np.testing.assert_array_equal(grown.mask, expected)
    assert grown.n_pixels == expected.sum()
    np.testing.assert_array_equal(grown.cleaned[~expected], data[~expected])
    assert np.abs(grown.cleaned[expected] - 100).max() < 40


def test_growth_stops_at_excluded_pixels(rng):
    data, bad = track(rng), np.zeros((60, 70), bool)
    bad[:, 44:] = True
    found = lacosmic.detect(data, np.full(data.shape, 100, np.float32), lacosmic.settings(grow=6), mask=bad)
    assert found.mask.any() and not found.mask[:, 43:].any()


def test_separable_medians_find_the_same_track(rng):
    data = track(rng)
    for border in ("reflect", "copy", "nearest"):
        found = lacosmic.detect(data, np.full(data.shape, 100, np.float32), lacosmic.settings(sepmed=True, border=border))
        assert found.mask[20:30, 40].all() and found.mask.sum() <= 12
