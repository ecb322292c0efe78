"""Deconvolution of an image: frames and cut-outs, unknown pixels, the error plane, the record."""

import numpy as np
import pytest

from helioreduce.aia import carried, deconvolution, psf, register, richardson_lucy
from helioreduce.aia.cards import STATISTICS
from helioreduce.aia.deconvolution import deconvolve as run
from helioreduce.errors import AlreadyDone, InputError, InputWarning
from helioreduce.image import Flag, Image
from helioreduce.io import fits

SHAPE = (192, 192)
OTF = psf.otf(171, shape=SHAPE).astype(np.float32)


def blurred(scene):
    return np.fft.irfft2(np.fft.rfft2(scene) * psf.otf(171, shape=scene.shape), s=scene.shape)


@pytest.fixture
def truth(rng):
    """Quiet texture, a bright kernel and a dark square."""
    y, x = np.indices(SHAPE)
    scene = 300 + 60 * np.sin(x / 9) * np.cos(y / 7)
    scene[90:110, 90:110] = 8000
    scene[60:80, 130:150] = 2
    return scene


@pytest.fixture
def frame(truth, rng, level1_header):
    data = rng.poisson(blurred(truth)).astype(np.float32)
    level1_header.update(DATAMEAN=1.0, DATAP99=2.0)
    return Image(data, level1_header, np.sqrt(np.maximum(data, 1)))


def test_light_goes_back_where_it_came_from(frame, truth):
    """Kernel and hole come closer to the truth; the flux stays."""
    result = run(frame, OTF)
    kernel, hole = np.s_[95:105, 95:105], np.s_[65:75, 135:145]
    for part in (kernel, hole):
        assert abs(result.data[part].mean() - truth[part].mean()) < 0.15 * abs(frame.data[part].mean() - truth[part].mean())
    assert result.data.sum(dtype=float) == pytest.approx(frame.data.sum(dtype=float), rel=1e-6)


def test_input_is_left_alone_and_the_step_recorded(frame):
    before = frame.data.copy()
    result = run(frame, OTF, 3, core="default")
    np.testing.assert_array_equal(frame.data, before)
    assert "DECONVOL" not in frame.header
    assert result.header["DECONVOL"] == "COMPLETE"
    assert "iterations=3" in result.header["PRPARA1"]
    assert not set(STATISTICS) & set(result.header)
    assert result.data.dtype == result.sigma.dtype == np.float32
    with pytest.raises(AlreadyDone):
        run(result, OTF)


def test_unknown_pixels_keep_their_value_error_and_bits_and_do_not_spread(frame):
    data, mask = frame.data.copy(), frame.flags.copy()
    data[20, 30] = np.nan
    mask[20, 30] = Flag.NO_DATA
    data[150:153, 40] = 16383
    mask[150:153, 40] = Flag.SATURATED
    data[5, 5] = -1e6
    mask[5, 5] = Flag.BAD_PIXEL
    clean, result = run(frame, OTF), run(frame.with_(data=data, flags=mask), OTF)
    unknown = mask != 0
    np.testing.assert_array_equal(result.data[unknown], data[unknown])
    np.testing.assert_array_equal(result.sigma[unknown], frame.sigma[unknown])
    advice = np.uint8(Flag.NEAR_SATURATED)
    np.testing.assert_array_equal(result.flags & ~advice, mask)
    near = result.flagged("near_saturated")
    assert near[149, 40] and not near[20, 100], "what the saturated pixels act on is flagged, and its σ is larger"
    assert (result.sigma > clean.sigma)[near].all() and (result.sigma <= 1.01 * clean.sigma)[~near & ~unknown].all()
    assert np.isfinite(result.data).sum() == result.data.size - 1
    pull = ((result.data - clean.data) / clean.sigma)[~unknown]
    assert np.sqrt(np.mean(pull**2)) < 0.05


@pytest.mark.parametrize("method", ["rl", "inverse", "wiener"])
def test_a_pixel_without_an_error_keeps_none_and_takes_it_from_no_other(frame, method):
    sigma = frame.sigma.copy()
    sigma[30, 40] = np.nan
    whole, result = (run(image, OTF, method=method) for image in (frame, frame.with_(sigma=sigma)))
    far = np.ones(SHAPE, bool)
    far[28:33, 38:43] = False
    assert np.isnan(result.sigma[30, 40]) and np.isfinite(np.delete(result.sigma, 30 * SHAPE[1] + 40)).all()
    np.testing.assert_allclose(result.sigma[far], whole.sigma[far], rtol=0.01)
    np.testing.assert_allclose(result.data, whole.data, rtol=1e-3, atol=1e-3)


def test_zeros_and_negative_counts(level1_header):
    zeros = run(Image(np.zeros(SHAPE, np.float32), level1_header), OTF)
    assert not zeros.data.any()
    assert not run(Image(np.full(SHAPE, -3, np.float32), level1_header), OTF).data.any()


def test_nothing_known_is_an_error(level1_header):
    with pytest.raises(InputError, match="no pixel"):
        run(Image(np.full(SHAPE, np.nan, np.float32), level1_header), OTF)
    full = Image(np.full(SHAPE, 16383, np.float32), level1_header, None, np.full(SHAPE, Flag.SATURATED, np.uint8))
    with pytest.raises(InputError, match="deconvolve: .* 100 % are saturated.* or set aia.steps.deconvolve: false"):
        run(full, OTF)


def test_cutout_agrees_with_the_frame_away_from_its_edge(truth, frame):
    """A cut-out knows nothing beyond its edge; further inside than its EDGE pixels it sees the scene of the frame."""
    inside = np.s_[30:170, 30:170]
    cut = Image(frame.data[inside].copy(), frame.header, frame.sigma[inside].copy())
    otf = psf.otf(171, shape=psf.grid(cut.data.shape, 171, 0.95)).astype(np.float32)
    result, whole = run(cut, otf, edge=49), run(frame, OTF)
    good = ~result.flagged(Flag.EDGE)
    assert good[49:-49, 49:-49].all()
    assert not good[:49].any()
    pull = (result.data - whole.data[inside]) / whole.sigma[inside]
    assert np.sqrt(np.mean(pull[good] ** 2)) < 0.2


def test_uniform_cutout_stays_uniform(level1_header):
    otf = psf.otf(171, shape=psf.grid((67, 80), 171, 0.95))
    result = run(Image(np.full((67, 80), 50, np.float32), level1_header), otf)
    np.testing.assert_allclose(result.data, 50, rtol=1e-6)
    assert (result.flags == 0).all()


def test_frame_larger_than_the_grid_is_refused(level1_header):
    with pytest.raises(InputError, match="grid"):
        run(Image(np.ones((200, 192), np.float32), level1_header), OTF)


def test_error_plane_of_a_quiet_field_against_redraws(level1_header, rng):
    """40 redraws know each σ to 11 %, the mean of 36864 of them to 0.1 %; 3 % is left for the curvature of the iteration."""
    data = rng.poisson(400, SHAPE).astype(np.float32)
    frame = Image(data, level1_header, np.full(SHAPE, 20, np.float32))
    linear, drawn = run(frame, OTF), run(frame, OTF, redraws=40)
    assert np.mean(drawn.sigma**2) == pytest.approx(np.mean(linear.sigma**2), rel=0.05)
    again = run(frame, OTF, redraws=40)
    np.testing.assert_array_equal(drawn.sigma, again.sigma)


def test_one_redraw_is_refused(frame):
    with pytest.raises(InputError, match="at least 2"):
        run(frame, OTF, redraws=1)


def test_scatter_is_the_standard_deviation(rng):
    draws = rng.normal(100, 5, (7, 3, 4))
    np.testing.assert_allclose(carried.scatter(iter(draws)), np.std(draws, axis=0, ddof=1), rtol=1e-12)


def test_edge_is_all_of_an_image_that_has_no_inside():
    """A frame of ``width`` pixels of each side is flagged; other bits stay."""
    mask = np.full((10, 14), Flag.SPIKE, np.uint8)
    inner = carried.edge_flagged(mask, 4) == Flag.SPIKE
    expected = np.zeros(mask.shape, bool)
    expected[4:-4, 4:-4] = True
    np.testing.assert_array_equal(inner, expected)
    assert (carried.edge_flagged(mask, 5) == Flag.SPIKE | Flag.EDGE).all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"core": "preflight", "precision": "float64"},
        {"tolerance": 0.1},
        {"accelerate": True, "iterations": 5},
        {"redraws": 3},
    ],
)
def test_options_of_a_user_are_those_of_the_step(frame, options):
    """With a PSF that is prepared once, twice the same bits as with its OTF and no prepared noise."""
    cut = Image(frame.data[:60, :70].copy(), frame.header, frame.sigma[:60, :70].copy())
    prepared = deconvolution.Psf(np.empty((0, 0)))
    otf = psf.otf(171, options.get("core", "default"), psf.grid((60, 70), 171)).astype(np.float32)
    otf = otf.astype(options.get("precision", "float32"))
    reported = {key: value for key, value in options.items() if key not in ("precision", "iterations")}
    expected = run(cut, otf, options.get("iterations", 25), edge=psf.reach(171, 0.9), **reported)
    for result in (deconvolution.from_psf(cut, prepared, options) for _ in range(2)):
        np.testing.assert_array_equal(result.data, expected.data)
        np.testing.assert_array_equal(result.sigma, expected.sigma)
        np.testing.assert_array_equal(result.flags, expected.flags)
        assert result.header["PRPARA1"] == expected.header["PRPARA1"]


def test_unknown_pixels_bring_no_noise(level1_header):
    """Variance is linear: the error plane with an unknown pixel lacks just what that pixel would have brought."""
    data, sigma = np.full(SHAPE, 100, np.float32), np.full(SHAPE, 10, np.float32)
    data[50, 50] = np.nan
    sigma[50, 50] = np.nan
    result = run(Image(data, level1_header, sigma), OTF)
    assert np.isnan(result.sigma[50, 50])
    assert np.isfinite(result.sigma).sum() == result.sigma.size - 1
    kernel = np.fft.irfft2(richardson_lucy.noise_gain(OTF, 25), s=SHAPE)
    assert result.sigma[50, 51] ** 2 == pytest.approx(100 * (kernel.sum() - kernel[0, 1]), rel=1e-5)


@pytest.mark.parametrize("name", ["aia_171_cutout.fits", "flare/aia_flare_2011-02-15T01-52-14_171.fits"])
def test_real_cutout_to_the_grid_of_level15(real, name):
    """Flux changes by no more than what crosses the edge, contrast rises, and the image lies where its header says."""
    frame = fits.read(real / f"aia/{name}")
    frame = frame.with_(sigma=np.sqrt(np.maximum(frame.data, 0) + 1.3))
    otf = psf.otf(171, shape=psf.grid(frame.data.shape, 171)).astype(np.float32)
    result = run(frame, otf, edge=psf.reach(171, 0.9))
    assert 0.98 < result.data.sum(dtype=float) / frame.data.sum(dtype=float) < 1.15
    assert result.data.std() > frame.data.std()
    assert np.isfinite(result.sigma).all()
    level15 = register.register(result)
    x = (frame.data.shape[1] + 1) / 2 - frame.header["CRPIX1"]
    centre = (level15.data.shape[1] + 1) / 2 - level15.header["CRPIX1"]
    assert 0.6 * centre == pytest.approx(x * frame.header["CDELT1"], abs=1.5)


def test_a_psf_does_what_its_transform_does(frame):
    """Half of a deconvolution is a choice of what to hand over: pixels of the PSF, or its transform."""
    given = psf.psf(171, shape=SHAPE).astype(np.float32)
    by_otf, by_psf = run(frame, OTF), run(frame, given)
    np.testing.assert_allclose(by_psf.data, by_otf.data, rtol=2e-3, atol=0.05)
    assert np.abs(by_psf.data - frame.data).max() > 10


def test_a_table_is_no_psf(frame):
    with pytest.raises(InputError, match="neither a PSF of unit sum nor its real transform"):
        run(frame, np.full(SHAPE, 2, np.float32))


@pytest.mark.parametrize(("side", "share"), [(67, 71), (100, 58), (140, None)])
def test_a_box_says_how_much_light_is_from_outside_where_it_is_more_than_half(frame, side, share, recwarn):
    """At 171 Å, where 140 px have 47 %."""
    box = frame.with_(**{name: getattr(frame, name)[:side, :side] for name in ("data", "sigma", "flags")})
    header = deconvolution.from_psf(box, deconvolution.Psf(np.zeros((1, 1))), {"iterations": 2}).header
    said = [str(warning.message) for warning in recwarn if issubclass(warning.category, InputWarning)]
    assert len(said) == bool(share) == ("CAVEAT1" in header)
    assert not share or f"deconvolved although small: {share} % of the light" in said[0]
