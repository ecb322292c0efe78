"""Linear deconvolution: exact where it must be, unbiased in the dark, with an error plane that noise confirms."""

import numpy as np
import pytest
from stray_light import Scene

from helioreduce.aia import carried, deconvolution, linear, padding, psf, restoration
from helioreduce.aia.linear import Control
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.numerics import fft

SIDE = 256
#: Sides at which the scene is looked at: the larger ones take long.
SIDES = [SIDE, pytest.param(1024, marks=pytest.mark.full), pytest.param(4096, marks=pytest.mark.full)]
DIFFUSE = [0.0, 0.1, 0.2, 0.35]
CONTROLS = [Control("inverse"), Control("cg", 4, 0), Control("bid", 3, 0)]


@pytest.fixture(scope="module")
def inside():
    """All sources on the detector, a fifth of the light scattered diffusely, no noise."""
    return Scene(SIDE, 0.2, outside=False)


@pytest.fixture(scope="module")
def scene():
    """The whole sky, a fifth of the light scattered diffusely."""
    return Scene(SIDE, 0.2)


def image_of(data, variance, header):
    return Image(data.astype(np.float32), header, np.sqrt(variance).astype(np.float32))


def error_of(solution, scene):
    return abs(solution.scene - scene.truth).max() / scene.truth.max()


@pytest.mark.parametrize(
    ("dtype", "control", "largest"),
    [
        ("float64", Control("cg", 6, 0), 7e-6),
        ("float64", Control("cg", 20, 0), 1e-12),
        ("float32", Control("cg", 8, 0), 5e-7),
        ("float64", Control("bid", 10, 0), 7e-5),
        ("float64", Control("bid", 15, 0), 2e-6),
        ("float64", Control("bid", 20, 0), 7e-8),
        ("float64", Control("inverse"), 1e-3),
        ("float64", Control("cg", 2, 0), 5e-5),
    ],
)
def test_noise_free_scenes_come_back(inside, dtype, control, largest):
    """Exactly by iteration; the closed form lacks the light that left the detector, which two steps bring back."""
    assert error_of(linear.solve(inside.seen.astype(dtype), inside.otf(dtype), control), inside) <= largest


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("diffuse", DIFFUSE)
def test_holes_and_the_moon_are_dark_and_flux_is_kept(side, diffuse):
    """Linear methods have no bias but that of light from outside: what noise-free data give is what noise averages to."""
    observed = Scene(side, diffuse)
    otf, data = observed.otf(), observed.seen.astype(np.float32)
    at_least = {"hole": 10, "moon": 4} if side < 4096 else {"hole": 1, "moon": 1}
    for part, light in at_least.items():
        assert (observed.seen - observed.truth)[observed.regions[part]].mean() > light
    # the edges, beyond which there is light that no method sees, lie four times closer in the small frame
    darkest = 0.1 if side > SIDE else 0.3
    for control in (Control("inverse"), Control("cg"), Control("bid"), Control("wiener")):
        found = linear.solve(data, otf, control, variance=observed.variance()).scene
        wrong = {part: float((found - observed.truth)[there].mean(dtype=float)) for part, there in observed.regions.items()}
        assert abs(wrong["hole"]) <= 0.1 and abs(wrong["moon"]) <= (0.1 if control.method in ("cg", "bid") else darkest), (
            control
        )
        for part in ("quiet", "bright"):
            assert abs(wrong[part]) <= 0.002 * observed.truth[observed.regions[part]].mean(), (control, part)


def test_richardson_lucy_is_less_right(scene):
    """The moon by 25 iterations, as everybody runs them, and by conjugate gradients."""
    data, moon = scene.seen.astype(np.float32), scene.regions["moon"]
    linear_one = linear.solve(data, scene.otf(), Control("cg")).scene[moon].mean()
    assert restoration.scene(data, scene.otf(), 25)[0][moon].mean() > 2 * linear_one


@pytest.mark.parametrize(
    ("control", "side"),
    [
        *((control, SIDE) for control in CONTROLS),
        *(pytest.param(control, 1024, marks=pytest.mark.full) for control in CONTROLS),
        pytest.param(CONTROLS[0], 4096, marks=pytest.mark.full),
    ],
)
def test_the_error_plane_is_the_scatter_of_many_images(control, side):
    """48 images know the mean variance of a region of n pixels to √(2/48n): 2 % in the smallest, half of it in σ."""
    observed, images = Scene(side, 0.2), 48
    otf = observed.otf()
    expected = linear.solve(observed.seen.astype(np.float32), otf, control)
    gain, everywhere = fft.squared_kernel(expected.response), np.ones((side, side), bool)
    sigma = carried.propagated(np.sqrt(observed.variance()).astype(np.float32), everywhere, gain)
    squares = sum((linear.solve(observed.observed(seed), otf, control).scene - expected.scene) ** 2 for seed in range(images))
    for part, there in observed.regions.items():
        ratio = np.sqrt(squares[there].mean() / images / np.square(sigma[there]).mean())
        assert ratio == pytest.approx(1, abs=0.02), part


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["inverse", "cg", "bid"])
def test_pulls_have_unit_width(side, method, level1_header):
    observed = Scene(side, 0.2)
    frame = image_of(observed.observed(3), observed.variance(), level1_header)
    result = deconvolution.deconvolve(frame, observed.otf(), method=method, beyond="dark")
    pull = (result.data - observed.truth) / result.sigma
    for part, there in observed.regions.items():
        tolerance = 0.03 + 2 / np.sqrt(2 * there.sum() * (side == SIDE) + 1e9 * (side > SIDE))
        assert pull[there].std() == pytest.approx(1, abs=tolerance), part
        assert abs(pull[there].mean()) < 0.03 + 3 / np.sqrt(there.sum()), part


def test_a_uniform_field_is_amplified_by_the_root_of_the_squared_kernel(level1_header):
    """√Σg², by Parseval from the OTF alone."""
    otf = psf.otf(171, shape=(192, 192))
    full = np.fft.fft2(np.fft.irfft2(otf, s=(192, 192))).real
    frame = image_of(np.full((192, 192), 50.0), np.full((192, 192), 9.0), level1_header)
    result = deconvolution.deconvolve(frame, otf, method="inverse")
    np.testing.assert_allclose(result.sigma, 3 * np.sqrt(np.mean(full**-2)), rtol=1e-6)
    np.testing.assert_allclose(result.data, 50, rtol=1e-6)


def test_bid_and_cg_have_one_fixed_point(scene):
    data, otf, tol = scene.observed(), scene.otf(), 0.1
    bid, cg = (linear.solve(data, otf, Control(method, 25, tol)) for method in ("bid", "cg"))
    assert abs(bid.scene - cg.scene).max() <= 2 * tol
    assert bid.iterations <= 20 and bid.stopped == cg.stopped == "change"


def test_the_residual_is_that_of_the_scene_given(inside):
    """Carried from step to step, it is the one computed anew; it falls from method to method."""
    data, otf = inside.observed().astype(float), inside.otf("float64")
    largest = []
    for control in (Control("cg", 1, 0), Control("cg", 2, 0), Control("bid", 5, 0), Control("cg", 20, 0)):
        found = linear.solve(data, otf, control)
        with fft.Filter(otf).threads() as blur:
            anew = data - padding.Window(blur, data.shape, otf)(found.scene, np.empty_like(data))
        assert found.residual_max == pytest.approx(abs(anew).max(), rel=1e-6, abs=1e-9)
        assert found.residual_rms == pytest.approx(np.sqrt(np.mean(anew**2)), rel=1e-6, abs=1e-10)
        largest.append(found.residual_max)
    assert largest[0] > largest[1] > largest[3]


def test_why_iterations_end(inside):
    data, otf = inside.seen, inside.otf("float64")
    ends = [linear.solve(data, otf, control) for control in (Control("cg", 3, 0), Control("cg", 25, 0.1), Control("inverse"))]
    assert [(end.stopped, end.iterations) for end in ends[::2]] == [("iterations", 3), ("direct", 0)]
    assert ends[2].residual_max is None
    assert ends[1].stopped == "change" and 0 < ends[1].iterations < 25
    nothing = linear.solve(np.zeros_like(data), otf, Control("cg", 25, 0))
    assert (nothing.stopped, nothing.iterations) == ("exact", 0) and not nothing.scene.any()


@pytest.mark.parametrize("iterations", [1, 4])
def test_bid_is_the_convolution_with_its_kernel(iterations, rng):
    """On a periodic grid, where there are no edges."""
    otf, data = psf.otf(171, shape=(128, 128)), rng.random((128, 128))
    found = linear.solve(data, otf, Control("bid", iterations, 0))
    expected = np.fft.irfft2(np.fft.rfft2(data) * linear.bid_response(otf, iterations), s=data.shape)
    np.testing.assert_allclose(found.scene, expected, atol=1e-12)


def test_positivity_is_an_option(scene):
    data = scene.observed()
    free, positive = (linear.solve(data, scene.otf(), Control("bid", positive=wanted)).scene for wanted in (False, True))
    moon = scene.regions["moon"]
    assert free[moon].min() < 0 <= positive.min()
    assert positive[moon].mean() > free[moon].mean() + 0.3, "to clip noise about 0 is a bias"


def test_wiener_smooths_what_is_noise_and_keeps_the_flux(rng):
    """Smooth light in strong noise: less noise than 1/h leaves, and σ as the scatter of images through the same filter."""
    y, x = np.indices((SIDE, SIDE)) / SIDE
    otf = psf.otf(171, shape=(SIDE, SIDE))
    light = 300 + 150 * np.sin(12 * x) * np.cos(9 * y)
    seen = np.fft.irfft2(np.fft.rfft2(light) * otf, s=light.shape)
    data, variance = seen + 20 * rng.standard_normal(seen.shape), np.full(seen.shape, 400.0)
    inverse = linear.solve(data, otf, Control("inverse"))
    wiener = linear.solve(data, otf, Control("wiener"), variance=variance)
    assert (wiener.scene - light).std() < 0.5 * (inverse.scene - light).std()
    assert wiener.scene.sum() == pytest.approx(inverse.scene.sum(), rel=1e-9)
    gain = fft.squared_kernel(wiener.response)[0, 0]
    noise = np.fft.irfft2(np.fft.rfft2(20 * rng.standard_normal(seen.shape)) * wiener.response, s=seen.shape)
    assert noise.std() == pytest.approx(20 * np.sqrt(gain), rel=0.05)


def test_an_otf_without_an_inverse_is_refused():
    otf = np.ones((64, 33))
    otf[10, 10] = 0.05
    with pytest.raises(InputError, match="below 0.1"):
        linear.solve(np.ones((64, 64)), otf, Control("inverse"))
    assert linear.solve(np.ones((64, 64)), otf, Control("bid", 3)).scene == pytest.approx(1)
    otf[10, 10] = -0.05
    with pytest.raises(InputError, match="does not converge"):
        linear.solve(np.ones((64, 64)), otf, Control("cg"))


@pytest.mark.parametrize("method", linear.METHODS)
def test_unknown_pixels_keep_what_they_have_and_do_not_spread(method, scene, level1_header):
    frame = image_of(scene.observed(), scene.variance(), level1_header)
    clean = deconvolution.deconvolve(frame, scene.otf(), method=method, beyond="dark")
    data, sigma, flags = frame.data.copy(), frame.sigma.copy(), frame.flags.copy()
    data[200, 30], sigma[200, 30], flags[200, 30] = np.nan, np.nan, Flag.NO_DATA
    data[140:143, 150], sigma[140:143, 150], flags[140:143, 150] = 16383, np.inf, Flag.SATURATED
    data[50, 220], flags[50, 220] = -1e6, Flag.BAD_PIXEL
    result = deconvolution.deconvolve(
        frame.with_(data=data, sigma=sigma, flags=flags), scene.otf(), method=method, beyond="dark"
    )
    unknown = flags != 0
    np.testing.assert_array_equal(result.data[unknown], data[unknown])
    np.testing.assert_array_equal(result.sigma[unknown], sigma[unknown])
    assert np.isfinite(result.data[~unknown]).all() and np.isfinite(result.sigma[~unknown]).all()
    assert result.flagged("near_saturated")[140:143, 151].any() and not result.flagged("near_saturated")[200, 31]
    far = ~result.flagged("near_saturated") & ~unknown
    pull = ((result.data - clean.data) / clean.sigma)[far]
    assert np.sqrt(np.mean(pull**2)) < 0.1


@pytest.mark.parametrize(("frame_side", "side"), [(SIDE, 64), pytest.param(1024, 256, marks=pytest.mark.full)])
def test_a_cut_out_agrees_with_the_frame_once_light_from_outside_is_known(frame_side, side, level1_header):
    """Two passes: the frame, whose scene then gives what it scatters into the box."""
    observed = Scene(frame_side, 0.2)
    frame = image_of(observed.observed(), observed.variance(), level1_header)
    first = int(0.4 * frame_side), int(0.35 * frame_side)
    box = tuple(slice(start, start + side) for start in first)
    cut = frame.with_(data=frame.data[box], sigma=frame.sigma[box], flags=frame.flags[box])
    for name, start in zip(("CRPIX2", "CRPIX1"), first, strict=True):
        cut.header[name] = frame.header[name] - start
    whole = deconvolution.deconvolve(frame, observed.otf(), method="cg", beyond="dark")
    optics = deconvolution.Psf(kernel=observed.kernel.astype(np.float32))
    expected = whole.data[box]
    for method in ("cg", "bid"):
        found = deconvolution.part_of(whole, cut, optics, {"method": method})
        assert abs((found.data - expected).mean(dtype=float)) <= 0.05 and abs(found.data - expected).max() < 1
        assert not found.flagged(Flag.EDGE).any() and found.header["DECPAD"] == "given" and "CAVEAT" not in found.header
    otf = optics.optics(cut, restoration.Options("cg")).otf
    ignored, mirrored = (linear.solve(cut.data, otf, Control("cg"), beyond=kind).scene for kind in ("dark", "mirror"))
    assert abs((ignored - expected).mean()) > 1
    assert abs((mirrored - expected).mean()) < abs((ignored - expected).mean())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"T_OBS": "2014-01-01T00:00:12.34Z"}, "T_OBS is"),
        ({"CRPIX1": 2000.0}, "begins at pixel"),
        ({"CRPIX1": 40.5}, "begins at pixel"),
        ({"WAVELNTH": 193}, "WAVELNTH is 193"),
    ],
)
def test_another_frame_than_that_of_the_cut_out_is_refused(change, problem, scene, level1_header):
    frame = image_of(scene.observed(), scene.variance(), level1_header)
    whole = deconvolution.deconvolve(frame, scene.otf(), method="inverse", beyond="dark")
    cut = frame.with_(data=frame.data[8:72, 8:72], sigma=frame.sigma[8:72, 8:72], flags=frame.flags[8:72, 8:72])
    cut.header.update(CRPIX1=frame.header["CRPIX1"] - 8, CRPIX2=frame.header["CRPIX2"] - 8)
    assert deconvolution.light_from_outside(cut, whole, scene.otf()).shape == (64, 64)
    with pytest.raises(InputError, match="not deconvolved"):
        deconvolution.light_from_outside(cut, frame, scene.otf())
    cut.header.update(change)
    with pytest.raises(InputError, match=problem):
        deconvolution.light_from_outside(cut, whole, scene.otf())
    with pytest.raises(InputError, match="takes no light from outside"):
        deconvolution.part_of(whole, cut, deconvolution.Psf(), {"method": "rl"})


@pytest.mark.parametrize("method", ["cg", "bid", "inverse"])
def test_a_uniform_cut_out_stays_uniform(method, level1_header):
    """It goes on as its mirror image; what that is taken from is flagged."""
    frame = image_of(np.full((67, 80), 50.0), np.full((67, 80), 50.0), level1_header)
    optics = deconvolution.Psf()
    with pytest.warns(UserWarning, match="although small"):
        result = deconvolution.from_psf(frame, optics, {"method": method})
    np.testing.assert_allclose(result.data, 50, rtol=1e-5)
    assert result.flagged(Flag.EDGE).all()


def test_the_record_says_method_end_and_residual(scene, level1_header):
    frame = image_of(scene.observed(), scene.variance(), level1_header)
    result = deconvolution.deconvolve(frame, scene.otf(), method="cg", beyond="dark")
    header = result.header
    assert (header["DECONV"], header["DECSTOP"], header["DECPAD"]) == ("cg", "change", "dark")
    assert header["DECITER"] > 0 and header["DECRESMX"] > header["DECRESRM"] > 0
    assert header["OTFMIN"] == pytest.approx(scene.otf().min())
    assert header["PRPARA1"].startswith(
        f"status=COMPLETE; method=cg; iterations={header['DECITER']}; stopped=change; beyond=dark"
    )
    assert "DECONV" not in deconvolution.deconvolve(frame, scene.otf(), 2).header


@pytest.mark.parametrize("method", linear.METHODS)
def test_the_number_of_threads_changes_nothing(method, scene, monkeypatch):
    import numba

    data = scene.observed()
    several = linear.solve(data, scene.otf(), Control(method), variance=scene.variance())
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = linear.solve(data, scene.otf(), Control(method), variance=scene.variance())
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(several.scene, alone.scene)


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="no method 'clean'"):
        deconvolution.Options(method="clean")
    for change in (float("nan"), -1, "much"):
        with pytest.raises(InputError, match="largest_change is"):
            deconvolution.Options(method="cg", largest_change=change)
