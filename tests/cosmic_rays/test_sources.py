"""Sources on a mask, scores, injection, simulated frames and figures."""

from __future__ import annotations

import time

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.cosmic_rays import figure, inject, scores, simulate, sources
from helioreduce.errors import InputError
from helioreduce.io import plots


def test_pixels_that_touch_by_a_corner_are_one() -> None:
    """Areas, boxes, charge and peak of three known hits."""
    mask = np.zeros((10, 12), bool)
    mask[1, 1] = mask[2, 2] = mask[3, 2] = True
    mask[7, 7:11] = True
    mask[9, 0] = True
    found = sources.find(mask)
    assert found.areas.tolist() == [3, 4, 1]
    assert found.boxes[0] == (slice(1, 4), slice(1, 3)) and found.boxes[1] == (slice(7, 8), slice(7, 11))
    rows = sources.table(found, np.where(mask, 2.5, 100.0))
    assert [row["charge"] for row in rows] == [7.5, 10.0, 2.5] and {row["peak"] for row in rows} == {2.5}
    assert tuple(rows[0]) == sources.COLUMNS
    told = sources.statistics(found)
    assert (told["n_sources"], told["n_pixels"], told["n_extended"], told["largest"]) == (3, 8, 2, 4)
    assert told["fraction_extended_pixels"] == 7 / 8 and told["fraction_extended_sources"] == 2 / 3
    assert "3 hits, 8 pixels, 88 %" in sources.describe(told)
    assert sources.largest(found, 2) == [found.boxes[1], found.boxes[0]]


def test_least_size() -> None:
    """Smaller sources vanish from labels, areas and boxes, and the others are numbered anew."""
    mask = np.zeros((8, 8), bool)
    mask[0, 0] = mask[5, 2:6] = True
    found = sources.find(mask, 3)
    assert found.areas.tolist() == [4] and found.labels.max() == 1 and found.labels[0, 0] == 0
    assert found.boxes == ((slice(5, 6), slice(2, 6)),)


def test_no_sources_is_a_normal_answer() -> None:
    """An empty mask gives empty tables, zero statistics and a figure that says so."""
    empty = np.zeros((20, 20), bool)
    found = sources.find(empty)
    assert len(found) == 0 and sources.table(found, np.zeros((20, 20))) == []
    assert set(sources.statistics(found).values()) == {0}
    drawn = figure.snippets({"mask": empty, "image": np.zeros((20, 20))}, [])
    assert any("no cosmic rays" in text.get_text() for text in drawn.texts)
    assert sources.find(np.eye(3, dtype=bool), 4).areas.size == 0


@given(seed=st.integers(0, 10**6), density=st.floats(0, 0.5))
@settings(max_examples=25, deadline=None)
def test_pixels_are_conserved(seed: int, density: float) -> None:
    """Areas sum to the mask; each box holds its source; boxes are tight."""
    mask = np.random.default_rng(seed).random((30, 40)) < density
    found = sources.find(mask)
    assert found.areas.sum() == mask.sum() and np.array_equal(found.labels > 0, mask)
    for number, (area, box) in enumerate(zip(found.areas, found.boxes, strict=True), 1):
        inside = found.labels[box] == number
        assert inside.sum() == area and inside.any(axis=1)[[0, -1]].all() and inside.any(axis=0)[[0, -1]].all()


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
    mask = scores.spike_mask(indices, (6, 7))
    assert sorted(zip(*np.nonzero(mask), strict=True)) == [(0, 0), (0, 5), (4, 3)]
    assert not scores.spike_mask(np.empty(0), (6, 7)).any()
    with pytest.raises(InputError, match="outside"):
        scores.spike_mask(np.array([42]), (6, 7))


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


def test_time_tells_hits_from_the_sun() -> None:
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


def test_injection_is_what_was_ordered() -> None:
    """As many hits as asked, of their kinds, in their places; equal seeds give equal hits."""
    saturated = np.zeros((90, 110), bool)
    saturated[40:43, 50:53] = True
    numbers = dict.fromkeys(inject.KINDS, 12)
    made, again = (inject.inject((90, 110), numbers, 100.0, np.random.default_rng(7), saturated=saturated) for _ in range(2))
    assert np.array_equal(made.charge, again.charge)
    assert len(made.kinds) == 60 and np.array_equal(made.mask, made.charge > 0)
    edge = np.isin(made.events, 1 + np.flatnonzero([kind == "edge" for kind in made.kinds]))
    y, x = np.nonzero(edge)
    assert np.minimum(np.minimum(y, 89 - y), np.minimum(x, 109 - x)).max() < inject.MARGIN + 1
    core = np.isin(made.events, 1 + np.flatnonzero([kind == "core" for kind in made.kinds]))
    assert np.hypot(*(np.argwhere(core) - (41, 51)).T).max() < 14
    size = {
        kind: np.mean([(made.events == n + 1).sum() for n, k in enumerate(made.kinds) if k == kind]) for kind in inject.KINDS
    }
    assert size["point"] < 2 < size["track"] and size["worm"] > 4
    with pytest.raises(InputError, match="muon"):
        inject.inject((5, 5), {"muon": 1}, 1.0, np.random.default_rng(1))
    with pytest.raises(InputError, match="saturated"):
        inject.inject((5, 5), {"core": 1}, 1.0, np.random.default_rng(1))


def test_simulated_frames() -> None:
    """A dark frame has the camera's mean and noise; seeds decide; the truth marks the brightest pixels of the difference."""
    camera = simulate.Camera(shape=(200, 220))
    dark = simulate.dark_frame(camera, 3, hits=0)
    assert dark.mean() == pytest.approx(camera.bias + camera.dark / camera.gain, abs=0.2)
    assert dark.std() == pytest.approx(np.sqrt(camera.dark + camera.read_noise**2) / camera.gain, rel=0.02)
    assert np.array_equal(dark, simulate.dark_frame(camera, 3, hits=0))
    assert not np.array_equal(dark, simulate.dark_frame(camera, 4, hits=0))
    data, events = simulate.science_frame(camera, 1, stars=5, hits=30)
    assert events.max() <= 30 and np.median(data[events > 0]) > np.median(data) + 50


def test_snippets_are_fast_and_written(tmp_path) -> None:
    """Thirty hits are drawn without a screen; the picture is written whole."""
    mask = np.zeros((300, 300), bool)
    for k in range(30):
        mask[10 * k, 3 + 9 * k : 8 + 9 * k] = True
    image = np.random.default_rng(1).normal(100, 5, mask.shape) + 500 * mask
    boxes = sources.largest(sources.find(mask), 30)
    figure.snippets({"mask": mask}, boxes)
    start = time.process_time()
    plots.write([tmp_path / "hits.png"], figure.snippets, {"mask": mask, "image": image, "dark": image * 0}, boxes)
    print(f"snippets: {time.process_time() - start:.2f} s")
    assert (tmp_path / "hits.png").read_bytes().startswith(b"\x89PNG") and len(list(tmp_path.iterdir())) == 1


def test_snippet_of_a_corner() -> None:
    """A hit in the corner is drawn with what lies beyond the edge left blank."""
    plane = np.arange(100.0).reshape(10, 10)
    cut = figure._cut(plane, (slice(0, 1), slice(0, 1)))
    assert cut.shape == figure.SNIPPET
    middle = tuple(size // 2 for size in figure.SNIPPET)
    assert cut[middle] == plane[0, 0] and cut[middle[0] + 9, middle[1] + 9] == plane[9, 9]
    assert np.isfinite(cut).sum() == plane.size
