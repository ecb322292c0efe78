"""Choosing a device, and the transfers to it and back, through a stand-in for CuPy."""

import logging
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.image import Flag, Image
from helioreduce.runtime import device


@pytest.fixture
def frame(rng, level1_header):
    data = rng.gamma(2.0, 100.0, (48, 64)).astype(np.float32)
    mask = np.zeros(data.shape, np.uint8)
    mask[30:32, 10:13] = Flag.SATURATED
    return Image(data, level1_header, np.sqrt(data + 1), mask)


def test_device_falls_back_with_a_warning(monkeypatch, caplog, capsys):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with caplog.at_level(logging.WARNING, "helioreduce"):
        assert device.Device("cpu").module is device.Device("auto").module is np
        assert not caplog.records
        assert device.Device("gpu").module is np
    assert "going on with the CPU" in caplog.text
    assert "going on with the CPU" in capsys.readouterr().err
    with pytest.raises(InputError, match="auto, cpu or gpu"):
        device.Device("tpu")


def test_cpu_never_touches_cupy_and_moves_nothing(monkeypatch, frame):
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it would raise
    where = device.Device("cpu")
    assert where.upload(frame) is frame
    assert where.download(frame) is frame
    assert where.run(max, 2, 3) == 3


def test_device_runs_images_through_streams(monkeypatch, frame):
    """The whole round through a stand-in for CuPy: planes go up and down unchanged, each stream is waited for."""
    waited = []

    class Stream(nullcontext):
        def __init__(self, non_blocking):
            super().__init__(self)
            assert non_blocking

        def synchronize(self):
            waited.append(self)

    class Plane(np.ndarray):
        def set(self, values):
            self[...] = values

        def get(self, out):
            out[...] = self
            return out

    limits = []

    def set_limit(size):
        limits.append(size)

    stand_in = SimpleNamespace(
        zeros=np.zeros,
        empty=lambda shape, dtype: np.empty(shape, dtype).view(Plane),
        get_default_memory_pool=lambda: SimpleNamespace(set_limit=set_limit),
        cuda=SimpleNamespace(Stream=Stream, get_current_stream=lambda: Stream(True)),
    )
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    monkeypatch.setitem(sys.modules, "cupyx", SimpleNamespace(empty_pinned=np.empty))
    where = device.Device("auto")
    image = where.upload(frame)
    assert len(waited) == 3
    back = where.download(where.run(lambda given: given, image))
    assert len(waited) == 4
    assert limits == [device.GPU_MEMORY]
    for plane in ("data", "sigma", "mask"):
        np.testing.assert_array_equal(getattr(back, plane), getattr(frame, plane))
