"""ESIS by one call each."""

import numpy as np
import pytest

from helioreduce import Image, esis
from helioreduce.errors import InputError
from helioreduce.esis import camera, readout
from helioreduce.esis.values import Frame
from helioreduce.io import fits, provenance


def frame(rng, number=2, light=0.0):
    """A frame with light on its middle rows."""
    photons = np.zeros(camera.ACTIVE_SHAPE)
    photons[200:800] = light
    return Frame(readout.level0(photons, number, rng, cosmic_rays=0), readout.header(number, 120), number)


@pytest.fixture
def dark(rng):
    return esis.average_darks([frame(rng) for _ in range(4)])


def test_a_frame_becomes_photons_with_errors(rng, dark, tmp_path):
    image = esis.reduce_frame(frame(rng, light=30.0), dark)
    assert image.header["BUNIT"] == "photon"
    assert image.data[200:800].mean() == pytest.approx(30, rel=0.02)
    assert (image.sigma > 0).all()
    assert [entry["step"] for entry in provenance.history(image.header)] == ["esis_dark", "esis_level1"]
    dark.write(tmp_path / "dark.fits")
    fits.write(tmp_path / "ESIS2_00120.fits", Image(frame(rng).counts.astype(np.float32), readout.header(2, 120)))
    assert esis.reduce_frame(tmp_path / "ESIS2_00120.fits", tmp_path / "dark.fits").data.shape == camera.ACTIVE_SHAPE


def test_darks_of_several_cameras_are_refused(rng):
    with pytest.raises(InputError, match="several cameras"):
        esis.average_darks([frame(rng, 1), frame(rng, 2)])


def test_a_line_that_is_none():
    with pytest.raises(InputError, match="no line 'mgx'"):
        esis.align_line([Image(np.ones((4, 4), np.float32), fits.cards())] * 4, "mgx")
