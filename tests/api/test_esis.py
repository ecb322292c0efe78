"""ESIS by one call each."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from helioreduce import Image, esis
from helioreduce.errors import InputError
from helioreduce.esis import camera, readout
from helioreduce.esis.values import Frame
from helioreduce.io import fits, provenance


def frame(rng, number=2, light=0.0, exposure=120):
    """A frame with light on its middle rows."""
    photons = np.zeros(camera.ACTIVE_SHAPE)
    photons[200:800] = light
    return Frame(readout.level0(photons, number, rng, cosmic_rays=0), readout.header(number, exposure), number)


@pytest.fixture
def dark(rng):
    return esis.average_darks(frame(rng, exposure=number) for number in range(98, 102))


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
        esis.average_darks([frame(rng, 1, exposure=98), frame(rng, 2, exposure=98)])


def test_a_frame_in_sunlight_is_no_dark(rng):
    """The header does not tell light from dark: the exposures of the flight do."""
    darks = [frame(rng, exposure=number) for number in range(98, 102)]
    with pytest.raises(InputError, match=r"exposure 120 is one in sunlight \(109 to 136\)\. Give .* 98 to 103, 155 to 166"):
        esis.average_darks([*darks, frame(rng)])
    other = dataclasses.replace(camera.FLIGHT, lights=[130, 140])
    assert esis.average_darks([*darks, frame(rng)], flight=other).header["NDARK"] == 5
    with pytest.raises(InputError, match="no dark frame"):
        esis.average_darks([])


def test_a_dark_of_another_camera_or_shape_is_refused(rng, dark):
    with pytest.raises(InputError, match="the frame is of camera 1, the dark of camera 2"):
        esis.reduce_frame(frame(rng, 1), dark)
    with pytest.raises(InputError, match=r"shape \(1040, 2\)\. Give the average_darks"):
        esis.reduce_frame(frame(rng), Image(dark.data[:, :2], dark.header))


def test_images_are_one_of_each_camera_in_that_order():
    images = [Image(np.ones((4, 4), np.float32), fits.cards(CAMERA=number)) for number in camera.CAMERAS]
    for wrong in (images[:3], images[::-1], [*images, images[0]]):
        with pytest.raises(InputError, match="Give level 1 of cameras 1 to 4, in that order"):
            esis.align_line(wrong)


def test_every_sequence_has_its_masks_and_factors():
    with pytest.raises(InputError, match="no sequence"):
        esis.fit_vignetting([], [])
    with pytest.raises(InputError, match="2 sequences, and masks of 1"):
        esis.find_normalisation([None, None], [None], None)
    factors = SimpleNamespace(factors=np.ones((2, 4)))
    with pytest.raises(InputError, match="1 sequence, and factors of 2"):
        esis.assemble_level3([None], [None], None, factors)


def test_a_line_that_is_none():
    with pytest.raises(InputError, match="no line 'mgx'"):
        esis.align_line([Image(np.ones((4, 4), np.float32), fits.cards())] * 4, "mgx")
