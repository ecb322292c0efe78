"""The mesh PSF: symmetry, normalisation, geometry of the spots, and published numbers."""

import numpy as np
import pytest

from helioreduce.aia import psf
from helioreduce.errors import InputError

RADII = (1, 2, 5, 10, 50, 100, 500, 1000)
# Peak and energy within RADII px, as computed with aiapy's calculate_psf.
PUBLISHED = {
    94: (0.6762711596, (0.758839, 0.803065, 0.813831, 0.864401, 0.955395, 0.981465, 0.998053, 1.000000)),
    171: (0.6416521245, (0.715902, 0.780666, 0.806427, 0.815426, 0.914726, 0.970117, 0.995156, 0.998684)),
    304: (0.6217734232, (0.687865, 0.737225, 0.801312, 0.809535, 0.855409, 0.928165, 0.990830, 0.995827)),
}
PREFLIGHT_PEAKS = {171: 0.1163407921, 94: 0.1199205356}


@pytest.mark.parametrize("shape", [(512, 512), (300, 450), (301, 449)])
@pytest.mark.parametrize("channel", psf.MESHES)
def test_unit_sum_positive_and_point_symmetric(channel, shape):
    """On any grid. An even grid has no partner for its first row and column, at −n/2."""
    kernel = psf.psf(channel, shape=shape)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)
    assert kernel.min() > -1e-15
    assert np.unravel_index(kernel.argmax(), shape) == (shape[0] // 2, shape[1] // 2)
    inner = kernel[1 - shape[0] % 2 :, 1 - shape[1] % 2 :]
    np.testing.assert_allclose(inner, inner[::-1, ::-1], atol=2e-7)


def test_transform_is_the_otf():
    shape = (256, 320)
    kernel = np.fft.ifftshift(psf.psf(193, shape=shape))
    np.testing.assert_allclose(np.fft.rfft2(kernel), psf.otf(193, shape=shape), atol=1e-13)


@pytest.mark.parametrize("channel", [171, 193, 211, 304, 335])
def test_first_orders_stand_where_the_mesh_puts_them(channel):
    """Centroid of each first-order spot of the entrance filter: its spacing and angle, within the focal-plane spread.

    The first orders of 94 and 131 Å overlap.
    """
    mesh = psf.MESHES[channel]
    kernel = psf.psf(channel, shape=(256, 256))
    for angle in np.deg2rad(mesh.entrance_deg):
        y, x = mesh.entrance_px * np.sin(angle), mesh.entrance_px * np.cos(angle)
        iy, ix = np.arange(-1, 2) + round(y), np.arange(-1, 2) + round(x)
        spot = kernel[np.ix_(iy + 128, ix + 128)]
        assert (spot @ ix).sum() / spot.sum() == pytest.approx(x, abs=0.25)
        assert (iy @ spot).sum() / spot.sum() == pytest.approx(y, abs=0.25)


def test_peak_is_the_mean_of_the_otf():
    shape = (256, 256)
    transform = psf.otf(171, shape=shape)
    full = np.hstack([transform, transform[:, -2:0:-1]])
    assert full.mean() == pytest.approx(psf.psf(171, shape=shape).max(), abs=1e-12)


def test_core_of_a_cutout_grid_is_that_of_the_full_frame():
    """Within the reach of a small grid the kernel is the full frame's; the rest of the light is spread evenly."""
    small, large = psf.psf(171, shape=(128, 128)), psf.psf(171, shape=(512, 512))
    difference = small[44:84, 44:84] - large[236:276, 236:276]
    assert np.ptp(difference) < 2e-6
    assert 0 < difference.mean() < 1e-5


@pytest.mark.parametrize("channel", psf.MESHES)
def test_reach_encloses_its_fraction(channel):
    radius = psf.reach(channel, 0.9)
    kernel = psf.psf(channel, shape=(1024, 1024))
    y, x = np.indices(kernel.shape) - 512
    assert kernel[np.hypot(y, x) <= radius + psf.MESHES[channel].focal_plane_px * 20].sum() > 0.88
    assert psf.reach(channel, 0.99) > radius > psf.reach(channel, 0.83)


def test_grid_leaves_no_way_round_and_full_frame_is_its_own():
    assert psf.grid(psf.FULL_FRAME, 171) == psf.FULL_FRAME
    ny, nx = psf.grid((67, 101), 171)
    assert ny >= 67 + psf.reach(171, 0.99)
    assert nx >= 101 + psf.reach(171, 0.99)
    assert nx % 2 == 0


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="1600"):
        psf.otf(1600)
    with pytest.raises(InputError, match="default, preflight"):
        psf.otf(171, "sharp")


@pytest.mark.full
@pytest.mark.parametrize("channel", PUBLISHED)
def test_published_peak_and_encircled_energy(channel):
    kernel = psf.psf(channel)
    y, x = np.indices(kernel.shape) - 2048
    peak, energy = PUBLISHED[channel]
    assert kernel[2048, 2048] == pytest.approx(peak, abs=1e-9)
    assert [kernel[y * y + x * x <= r * r].sum() for r in RADII] == pytest.approx(energy, abs=1e-6)


@pytest.mark.parametrize("channel", PREFLIGHT_PEAKS)
def test_published_preflight_peak(channel):
    """The peak is the mean of the OTF; the spots beyond ±512 px do not reach it."""
    kernel = psf.psf(channel, "preflight", shape=(1024, 1024))
    assert kernel.max() == pytest.approx(PREFLIGHT_PEAKS[channel], abs=1e-6)


@pytest.mark.parametrize("move", [lambda kernel: kernel, np.fft.ifftshift], ids=["peak in the middle", "peak at pixel 0"])
@pytest.mark.parametrize("shape", [(256, 320), (255, 320)])
def test_a_psf_is_taken_for_its_transform(move, shape):
    given = move(psf.psf(193, shape=shape))
    np.testing.assert_allclose(psf.as_otf(given, shape, 193), psf.otf(193, shape=shape), atol=1e-6)


@pytest.mark.parametrize("given", [psf.psf(193, shape=(64, 64)), psf.otf(193, shape=(64, 64))], ids=["PSF", "transform"])
def test_a_psf_may_have_the_byte_order_of_fits(given):
    found = psf.as_otf(given.astype(">f8"), (64, 64), 193)
    np.testing.assert_array_equal(found, psf.as_otf(given, (64, 64), 193))
    assert found.dtype.isnative


def test_a_transform_is_taken_as_it_is():
    given = psf.otf(171, shape=(128, 128))
    assert psf.as_otf(given, (100, 90), 171) is given


@pytest.mark.parametrize("size", [600, 1024, 80])
def test_a_psf_of_any_size_serves_a_cut_out(size):
    """As the cut-out's own OTF has it: on its grid, the light beyond spread evenly."""
    data_shape = (90, 100)
    wide = psf.psf(171, shape=(size, size))
    expected = psf.otf(171, shape=psf.grid(data_shape, 171)) if size > 90 else psf.otf(171, shape=(80, 80))
    found = psf.as_otf(wide, data_shape, 171)
    assert found.shape == psf.otf(171, shape=psf.grid(data_shape, 171)).shape
    assert found[0, 0] == pytest.approx(1, abs=1e-12)
    if size > 90:
        np.testing.assert_allclose(found, expected, atol=5e-3)


@pytest.mark.parametrize("shape", [(101, 101), (100, 101)])
def test_a_psf_of_the_shape_of_an_image_of_odd_width(shape):
    """Half a plane cannot tell an odd width: the cut-out's grid, on which it is the same PSF."""
    given = psf.psf(171, shape=shape)
    found = psf.as_otf(given, shape, 171)
    assert found.shape == psf.otf(171, shape=psf.grid(shape, 171)).shape
    np.testing.assert_allclose(found, psf.transform(given, psf.grid(shape, 171)))


HALF = psf.otf(171, shape=(64, 64))
KERNEL = psf.psf(171, shape=(64, 64))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (2 * HALF, "neither a PSF of unit sum nor its real transform"),
        (HALF.astype(complex), "neither"),
        (np.ones((64, 33), int), "neither"),
        (KERNEL[None], "neither"),
        (KERNEL / KERNEL.max(), "neither"),
        (np.full((64, 64), 100.0), "neither"),
        (np.roll(KERNEL, 5, axis=0), "peak at pixel"),
        (KERNEL + 0.2 * np.roll(KERNEL, 9, 1) - 0.2 * np.roll(KERNEL, -9, 0), "negative pixels"),
        (0.7 * KERNEL + 0.3 * np.roll(KERNEL, 9, 1), "not point-symmetric"),
    ],
)
def test_what_is_neither_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        psf.as_otf(given, (64, 64), 171)


@pytest.mark.parametrize(("side", "low", "high"), [(1, 1, 1), (67, 0.3, 0.9), (1000, 0.01, 0.3)])
def test_the_smaller_a_box_the_more_of_its_scattered_light_is_from_outside(side, low, high):
    share = psf.from_outside(psf.otf(171, shape=(2000, 2000)), (side, side))
    assert low - 1e-9 <= share <= high + 1e-9


def test_light_from_outside_is_counted_pixel_by_pixel():
    """One spot 30 px to the right: of a box of 40 columns, 30 are lit from beyond the left edge."""
    kernel = np.zeros((128, 128))
    kernel[0, [0, 30]] = 0.8, 0.2
    assert psf.from_outside(np.fft.rfft2(kernel), (50, 40)) == pytest.approx(30 / 40)


def test_a_psf_with_an_unknown_pixel_is_refused():
    kernel = KERNEL.copy()
    kernel[3, 4] = np.nan
    with pytest.raises(InputError, match="not finite"):
        psf.transform(kernel)
