"""Reading, computing and writing overlapped: order, isolation, bounded memory."""

import threading
import weakref
from typing import ClassVar

import pytest

from helioreduce.runtime import pipeline


class Plane:
    """Something that can be counted while it lives."""

    alive: ClassVar[weakref.WeakSet] = weakref.WeakSet()
    most: ClassVar[int] = 0

    def __init__(self, value):
        self.value = value
        Plane.alive.add(self)
        Plane.most = max(Plane.most, len(Plane.alive))


def test_is_write_of_compute_of_read_in_order():
    written = []
    done = list(
        pipeline.overlapped(range(7), lambda i: 10 * i, lambda i, value: value + i, lambda i, value: written.append((i, value)))
    )
    assert written == [(i, 11 * i) for i in range(7)]
    assert done == [(i, None) for i in range(7)]
    assert list(pipeline.overlapped([], None, None, None)) == []


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
@pytest.mark.parametrize("bad", [0, 2, 4])
def test_one_failure_stops_no_other(stage, bad):
    def step(name):
        def run(i, *value):
            if (name, i) == (stage, bad):
                raise ValueError(f"{name} {i}")
            written.append(i) if name == "write" else None

        return run

    written = []
    done = dict(pipeline.overlapped(range(5), step("read"), step("compute"), step("write")))
    assert written == [i for i in range(5) if i != bad]
    assert str(done.pop(bad)) == f"{stage} {bad}"
    assert set(done.values()) == {None}


@pytest.mark.parametrize("number", [5, 50])
def test_memory_does_not_grow_with_the_number_of_items(number):
    """Alive at most: one read ahead, the one in work and its result, one being written."""
    Plane.most = 0
    for _ in pipeline.overlapped(range(number), Plane, lambda _, plane: Plane(plane.value), lambda *_: None):
        pass
    assert Plane.most <= 4
    assert not Plane.alive


def test_the_next_is_read_while_one_is_computed():
    reading = [threading.Event() for _ in range(3)]

    def compute(i, _):
        assert i == 2 or reading[i + 1].wait(timeout=60)

    assert all(
        error is None for _, error in pipeline.overlapped(range(3), lambda i: reading[i].set(), compute, lambda *_: None)
    )
