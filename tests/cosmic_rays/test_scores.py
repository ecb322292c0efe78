"""Agreement of masks, and what lasts in time: closed forms."""

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.cosmic_rays import scores
from helioreduce.errors import InputError


def test_agreement_closed_form() -> None:
    """Four reference pixels, three found of which two agree; a tolerance of one pixel mends the third."""
    reference, found = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    reference[1, 1:4] = reference[6, 6] = True
    found[1, 1:3] = found[7, 7] = True
    strict = scores.agreement(found, reference)
    assert (strict.completeness, strict.purity, strict.events) == (0.5, 2 / 3, 0.5)
    assert (strict.n_found, strict.n_reference) == (3, 4)
    near = scores.agreement(found, reference, tolerance=1)
    assert (near.completeness, near.purity, near.events) == (1, 1, 1)
    where = np.zeros((9, 9), bool)
    where[:4] = True
    assert scores.agreement(found, reference, where=where).purity == 1
    stack = scores.agreement(np.stack([found, found]), np.stack([reference, reference]))
    assert (stack.completeness, stack.purity, stack.events) == (0.5, 2 / 3, 0.5)
    nothing = scores.agreement(np.zeros((4, 4), bool), np.zeros((4, 4), bool))
    assert np.isnan(nothing.completeness) and np.isnan(nothing.purity) and np.isnan(nothing.events)
    with pytest.raises(InputError, match="shapes"):
        scores.agreement(found, reference[:4])


def test_spikes_are_flat_indices() -> None:
    """Row-major, from 0, as numpy.unravel_index reads them; outside the frame is refused."""
    indices = np.array([0, 5, 4 * 7 + 3])
    mask = scores.spike_mask(indices, (6, 7), side=7)
    assert sorted(zip(*np.nonzero(mask), strict=True)) == [(0, 0), (0, 5), (4, 3)]
    on_detector = np.array([0, 5, 4 * 4096 + 3])
    assert np.array_equal(scores.spike_mask(on_detector, (6, 7)), mask), "of a small frame of the archive"
    assert not scores.spike_mask(np.empty(0), (6, 7)).any()
    for outside in (6 * 4096, 7, -1):
        with pytest.raises(InputError, match="outside"):
            scores.spike_mask(np.array([outside]), (6, 7))


def test_three_in_a_row_are_solar() -> None:
    """Only pixels that are set in three consecutive frames persist; two and a later one do not; a tolerance follows drift."""
    masks = np.zeros((5, 6, 6), bool)
    masks[0:3, 1, 1] = True
    masks[[0, 1, 3], 4, 4] = True
    for frame, x in enumerate((1, 2, 3)):
        masks[frame + 2, 3, x] = True
    fixed = scores.persistent(masks)
    assert np.array_equal(np.argwhere(fixed), [[0, 1, 1], [1, 1, 1], [2, 1, 1]])
    drifting = scores.persistent(masks, tolerance=1)
    assert drifting[3, 3, 2] and not drifting[:, 4, 4].any()


def test_time_separates_hits_from_the_sun() -> None:
    """A hit in one frame has a large z, a bright point that lasts has none, a brightening seen by its neighbour neither."""
    rng = np.random.default_rng(1)
    cube = rng.normal(100, 5, (5, 20, 20))
    cube[2, 3, 3] += 200
    cube[:, 8, 8] += 200
    cube[2:4, 12, 12] += 200
    z = scores.stands_out_in_time(cube, np.full(cube.shape, 25.0))
    assert z[2, 3, 3] > 20
    assert z[:, 8, 8].max() < 5 and z[:, 12, 12].max() < 5
    assert scores.temporal_outliers(cube, 5.0)[2, 3, 3]
    assert not scores.temporal_outliers(cube, 5.0)[:, [8, 12], [8, 12]].any()
    assert np.isnan(scores.stands_out_in_time(cube[:1], cube[:1])).all()


def test_on_disc() -> None:
    """The disc's area is π R²; FITS pixels count from 1."""
    header = fits.Header({"R_SUN": 40.0, "CRPIX1": 51.0, "CRPIX2": 61.0})
    disc = scores.on_disc(header, (120, 100))
    assert disc[60, 50] and disc.sum() == pytest.approx(np.pi * 40**2, rel=0.01)
    with pytest.raises(InputError, match="R_SUN"):
        scores.on_disc(fits.Header(), (3, 3))
