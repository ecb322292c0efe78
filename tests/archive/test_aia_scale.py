"""The server's level 1.5: what its kernel is exact for, what rounding and its pointing do, and how far it is from ours."""

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce.aia.register import register
from helioreduce.archive.aia_scale import AIAScale
from helioreduce.archive.processing import processes
from helioreduce.image import Image

SIDE = 300
#: DN per photon and read noise, DN, of channels as bright as 171 and 94 Å are.
BRIGHT, FAINT = (216.0, 1.12, 1.15), (2.6, 1.98, 1.14)


@pytest.fixture
def header(level1_header):
    """A small frame with the roll of 94, 131, 304 and 335 Å."""
    level1_header.update(CRPIX1=150.83, CRPIX2=149.61, X0_MP=149.83, Y0_MP=148.61, CDELT1=0.5995, CDELT2=0.5995, CROTA2=0.138)
    level1_header.update(RSUN_OBS=975.0, QUALLEV0=0)
    return level1_header


def both(counts: np.ndarray, header: Header, **options) -> tuple[np.ndarray, np.ndarray]:
    """The server's and our level 1.5 of a frame on the pixels that both have."""
    theirs, new = AIAScale({name: str(value) for name, value in options.items()})(counts, header)
    ours = register(Image(counts.astype(np.float32), header))
    start = [round(new[key] - ours.header[key]) for key in ("CRPIX2", "CRPIX1")]
    part = np.s_[20:-20, 20:-20]
    rows, columns = (np.arange(SIDE)[part[0]] - first for first in start)
    return theirs[part].astype(float), ours.data[np.ix_(rows, columns)].astype(float)


def noisy(mean: float, per_photon: float, read: float, rng) -> np.ndarray:
    """Counts of a loop-like scene of some mean, in whole DN."""
    y, x = np.indices((SIDE, SIDE))
    scene = mean * (1 + 0.5 * np.sin(x / 9 + y / 23) * np.sin(y / 11))
    return np.rint(per_photon * rng.poisson(scene / per_photon) + rng.normal(0, read, scene.shape)).astype(np.int16)


def test_pixels_of_a_registered_frame_are_kept(header, rng):
    """Scale 0.6″, no roll, the Sun's centre in the middle: the same counts, and 0 where the kernel leaves the frame."""
    header.update(CRPIX1=150.5, CRPIX2=150.5, CDELT1=0.6, CDELT2=0.6, CROTA2=0.0)
    counts = noisy(*BRIGHT, rng)
    found, new = AIAScale({})(counts, header)
    np.testing.assert_array_equal(found[1:-2, 1:-2], counts[1:-2, 1:-2])
    assert not found[0].any() and not found[:, -2:].any()
    assert (new["CRPIX1"], new["CDELT1"], new["CROTA2"], new["LVL_NUM"]) == (150.5, 0.6, 0.0, 1.5)


def test_quadratic_polynomials_are_exact_but_for_rounding(header):
    """Keys' kernel reproduces them: what is left is half a count."""
    y, x = np.indices((SIDE, SIDE))
    theirs, ours = both(np.rint(4000 + 9 * (x - 150) - 5 * (y - 150) + 0.05 * (x - 150) * (y - 150)).astype(np.int16), header)
    assert np.abs(theirs - ours).max() < 0.5 + 0.5 + 0.02  # the counts were rounded, too
    assert np.abs((theirs - ours).mean()) < 0.01


def test_pointing_of_the_table_is_one_pixel_off(header):
    """A compact source is where it belongs by the header, and one pixel of level 1 off in x and y with ``mpt``."""
    y, x = np.indices((SIDE, SIDE))
    counts = np.rint(9000 * np.exp(-((x - 140.4) ** 2 + (y - 163.9) ** 2) / 18)).astype(np.int16)
    places = []
    for options in ({}, {"mpt": "aia.master_pointing3h"}):
        theirs, ours = both(counts, header, **options)
        rows, columns = np.indices(theirs.shape)
        places.append([((plane * rows).sum() / plane.sum(), (plane * columns).sum() / plane.sum()) for plane in (theirs, ours)])
    right, wrong = (np.subtract(*pair) for pair in places)
    np.testing.assert_allclose(right, 0, atol=0.003)
    turn, scale = np.deg2rad(0.138), 0.5995 / 0.6
    np.testing.assert_allclose(wrong, scale * np.array([np.cos(turn) + np.sin(turn), np.cos(turn) - np.sin(turn)]), atol=0.003)


@pytest.mark.parametrize(
    ("channel", "kernel", "rounding", "zeros"), [(BRIGHT, (0.08, 0.2), 0.05, 0.001), (FAINT, (0.08, 0.2), 0.2, 0.3)]
)
def test_difference_in_errors(header, rng, channel, kernel, rounding, zeros):
    """In σ of a pixel of level 1: the kernel, then rounding by itself (1/√12 DN); counts of exactly 0 in the faint channel."""
    counts = noisy(*channel, rng)
    sigma = np.sqrt(channel[0] * channel[1] + channel[2] ** 2)
    theirs, ours = both(counts, header)
    unrounded, _ = both((counts * 16.0).astype(np.float32), header)
    shares = ((unrounded / 16 - ours).std() / sigma, (theirs - unrounded / 16).std() / sigma, (theirs == 0).mean())
    print(channel[0], *(f"{share:.3f}" for share in shares))
    assert kernel[0] < shares[0] < kernel[1]
    assert 0.5 * rounding / 2 < shares[1] < rounding
    assert zeros / 3 <= shares[2] <= zeros if zeros > 0.01 else shares[2] < zeros


def test_kernel_damps_small_structure(header):
    """Waves of 2.5 to 5 px keep less of their amplitude than ours do."""
    y, x = np.indices((SIDE, SIDE))
    rng, waves = np.random.default_rng(3), np.zeros((SIDE, SIDE))
    for length in np.linspace(2.5, 5, 30):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        waves += np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / length + phase)
    theirs, ours = both(np.rint(8000 + 300 * waves).astype(np.int16), header)
    kept = [plane.std() / (300 * waves).std() for plane in (theirs, ours)]
    assert kept[0] == pytest.approx(0.93, abs=0.01) and kept[1] == pytest.approx(0.975, abs=0.01)


def test_frames_of_bad_quality_are_dropped_and_boxes_are_cut(header, rng):
    counts = noisy(*FAINT, rng)
    (process,) = processes(["aia_scale_aialev1,xc=10,yc=-4,wide=64,high=32"], [header])
    cut, new = process(counts, header)
    whole, _ = AIAScale({})(counts, header)
    np.testing.assert_array_equal(cut, whole[130:162, 128:192][: cut.shape[0]])
    assert (new["CRPIX1"], new["CRPIX2"]) == (32.5 - 10, 16.5 + 4)
    header["QUALLEV0"] = 0x1
    assert process(counts, header) is not None
    header["QUALLEV0"] = 0x00010000
    assert process(counts, header) is None
