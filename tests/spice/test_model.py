"""Parameters and their ties: one linear map, forth and back, with bounds that every parameter keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spice_scenes import wavelengths

from helioreduce.errors import InputError
from helioreduce.spice import model
from helioreduce.spice.model import Line, Tie, build

LINES = [Line("a 750.00", 750.0, 0), Line("b 751.50", 751.5, 0), Line("c 770.00", 770.0, 1)]
WAVES = [wavelengths(750), wavelengths(770)]


@st.composite
def models(draw):
    """Models with random ties, each parameter following one before it, and a fixed background or none."""
    plain = build(WAVES, LINES)
    ties = []
    for letter in "Ixs":
        names = [name for name in plain.names if model.kind(name) == letter]
        for place, name in enumerate(names[1:], 1):
            if draw(st.booleans()):
                operation = draw(st.sampled_from(["add", "mul"]))
                value = draw(st.floats(0.5, 2.0))
                ties.append(Tie(name, operation, names[draw(st.integers(0, place - 1))], value))
    return build(WAVES, LINES, ties, {"B 1": 0.25} if draw(st.booleans()) else {})


@given(models(), st.integers(0, 2**31))
def test_ties_hold_for_every_choice_of_free_parameters(own, seed):
    p = np.random.default_rng(seed).uniform(0.5, 2.0, (4, own.free))
    q = dict(zip(own.names, own.full(p).T, strict=True))
    for tie in own.ties:
        expected = q[tie.leader] + tie.value if tie.operation == "add" else q[tie.leader] * tie.value
        np.testing.assert_allclose(q[tie.follower], expected, rtol=1e-12)
    for name, number in own.fixed.items():
        assert set(q[name]) == {number}
    np.testing.assert_allclose(own.reduce(own.full(p)), p, rtol=1e-12)
    assert own.free == len(own.names) - len(own.ties) - len(own.fixed)


@given(models())
def test_parameters_at_the_bounds_keep_their_own_limits(own):
    q = own.full(own.reduce(np.array([1.0, 750, 0.35, 1.0, 751.5, 0.35, 1.0, 770, 0.35, 0.1, 0.25])))
    try:
        bounds = own.bounds(q)
    except InputError as error:
        assert "leave no value within the bounds" in str(error)
        return
    for p in bounds:
        for name, value, origin in zip(own.names, own.full(p), q, strict=True):
            low, high = model.BOUNDS[model.kind(name)]
            shift = origin if model.kind(name) == "x" else 0.0
            if name not in own.fixed:
                assert low + shift - 1e-9 <= value <= high + shift + 1e-9


@given(models())
def test_model_is_linear_in_the_parameters_that_say_so(own):
    others = {int(k) for k, name in zip(own.arrays.parent, own.names, strict=True) if model.kind(name) in ("x", "s")}
    for k in range(own.free):
        assert own.arrays.linear[k] == (k not in others)


@given(models())
def test_each_window_knows_its_free_parameters(own):
    for window in (0, 1):
        members = own.arrays.members[window, : own.arrays.counts[window]]
        parents = own.arrays.parent[own.parameters_of(window)]
        assert sorted(members) == sorted(set(parents[parents >= 0]))
        for k in own.parameters_of(window):
            if own.arrays.parent[k] >= 0:
                assert members[own.arrays.slots[k]] == own.arrays.parent[k]


def test_places_of_windows_and_lines():
    own = build(WAVES, LINES)
    assert [own.samples(w) for w in (0, 1)] == [slice(0, 51), slice(51, 102)]
    assert own.lines_of(0) == [0, 1]
    assert [own.names[k] for k in own.parameters_of(1)] == ["c 770.00 I", "c 770.00 x", "c 770.00 s", "B 1"]
    assert own.names[own.background(0)] == "B 0"
    start = own.start(np.arange(11.0))
    assert start.model is own
    assert start.bounds.lower[1] == 1 + model.BOUNDS["x"][0]


def test_model_without_free_parameters_is_refused():
    names = build(WAVES, LINES).names
    with pytest.raises(InputError, match="nothing is left to fit"):
        build(WAVES, LINES, fixed=dict.fromkeys(names, 0.5))
    assert build(WAVES, LINES, fixed=dict.fromkeys(names[1:], 0.5)).free == 1


def test_two_lines_of_one_name_are_refused():
    with pytest.raises(InputError, match="have one name"):
        build(WAVES, [LINES[0], LINES[0]])
