"""Gradient noise: 0 on its lattice, bounded, continuous, and the same in rows as at points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.sun import noise

COORDINATE = st.floats(-50, 50, width=32)
LATTICE = st.integers(-50, 50)


@pytest.fixture
def sphere(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Points of the unit sphere, more than a vector of the processor holds, and not a multiple of it."""
    points = rng.normal(size=(3, 20_003))
    return tuple((points / np.linalg.norm(points, axis=0)).astype(np.float32))


@given(LATTICE, LATTICE, LATTICE, st.integers(0, 2**31 - 1))
def test_it_vanishes_on_the_lattice(x: int, y: int, z: int, seed: int) -> None:
    assert noise.noise(float(x), float(y), float(z), seed) == 0


@given(COORDINATE, COORDINATE, COORDINATE)
def test_it_is_bounded_and_continuous(x: float, y: float, z: float) -> None:
    here, there = noise.noise(x, y, z, 3), noise.noise(x + 1e-4, y, z, 3)
    assert abs(here) <= 1
    assert abs(there - here) < 1e-3


@given(LATTICE, LATTICE, LATTICE, st.integers(0, 2**31 - 1))
def test_its_gradients_on_the_lattice_point_to_the_edges_of_a_cube(x: int, y: int, z: int, seed: int) -> None:
    """At a lattice point the slope is the gradient chosen there: two of its components are ±1, one is 0."""
    step = 2.0**-10
    slope = [noise.noise(*(np.array([x, y, z]) + step * axis), seed) / step for axis in np.eye(3)]
    np.testing.assert_allclose(np.sort(np.abs(slope)), [0, 1, 1], atol=1e-4)


def test_rows_are_points(sphere: tuple[np.ndarray, ...]) -> None:
    found, expected = np.ones(sphere[0].size, np.float32), np.ones(sphere[0].size)
    noise.add(found, *sphere, 20.0, 5, 0.5)
    f = np.float32(20)
    expected += [0.5 * noise.noise(x * f, y * f, z * f, 5) for x, y, z in zip(*sphere, strict=True)]
    np.testing.assert_allclose(found, expected, atol=2e-7)


def test_octaves_of_rows_are_those_of_points(sphere: tuple[np.ndarray, ...]) -> None:
    few = tuple(axis[:1000] for axis in sphere)
    found = np.zeros(1000, np.float32)
    noise.add_fractal(found, *few, 2.6, 4, 7, 1.0)
    expected = [noise.fractal(x, y, z, 2.6, 4, 7) for x, y, z in zip(*few, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_its_mean_is_zero_and_seeds_are_independent(sphere: tuple[np.ndarray, ...]) -> None:
    """20,003 points in some 20,000 cells: means within 5 standard errors, as are products of two seeds."""
    one, other = np.zeros(sphere[0].size, np.float32), np.zeros(sphere[0].size, np.float32)
    noise.add(one, *sphere, 40.0, 1, 1.0)
    noise.add(other, *sphere, 40.0, 2, 1.0)
    for values in (one, other, one * other):
        assert abs(values.mean()) < 5 * values.std() / np.sqrt(values.size)


def test_lanes_are_bright_and_few(sphere: tuple[np.ndarray, ...]) -> None:
    """Their amplitude scales them point by point; cells are at −0.3, and a quarter of the sphere stands out by 0.2."""
    found, none = np.zeros(sphere[0].size, np.float32), np.zeros(sphere[0].size, np.float32)
    noise.add_lanes(found, *sphere, 20.0, 3, np.ones_like(found))
    noise.add_lanes(none, *sphere, 20.0, 3, np.zeros_like(found))
    assert (none == 0).all() and found.min() == np.float32(-0.3) and 0.4 < found.max() < 2
    assert abs(found.mean()) < 0.1 and 0.15 < (found > 0.2).mean() < 0.35
