"""Cosmic rays by one call each."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits import Header

from helioreduce import Image, cosmic_rays
from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import provenance


@pytest.fixture
def frames(tmp_path, rng):
    files = [tmp_path / f"dark{number}.fits" for number in range(5)]
    for file in files:
        Image(rng.normal(20, 2, (32, 32)).astype(np.float32), Header({"BUNIT": "DN"})).write(file)
    return files


def test_frames_are_combined_subtracted_and_cleaned(frames, rng):
    dark = cosmic_rays.combine_frames(frames, sigma=4)
    assert dark.header["NFRAMES"] == 5
    np.testing.assert_allclose(dark.data, 20, atol=6)
    raw = Image(rng.normal(120, 5, (32, 32)).astype(np.float32), Header({"BUNIT": "DN"}))
    raw.data[10, 12] = 5000
    light = cosmic_rays.calibrate_image(raw, dark=dark)
    assert light.data.mean() == pytest.approx(raw.data.mean() - dark.data.mean(), rel=1e-4)
    cleaned = cosmic_rays.clean_image(light, gain=4, read_noise=8)
    assert cleaned.flagged("cosmic_ray")[10, 12]
    assert cosmic_rays.list_hits(light, cleaned)[0, 0] == 10 * 32 + 12
    only = cosmic_rays.clean_image(light, gain=4, read_noise=8, replace=False)
    assert only.data[10, 12] == light.data[10, 12]


def test_a_frame_by_its_file_is_named_in_the_header(frames):
    image = cosmic_rays.calibrate_image(frames[0], dark=frames[1])
    assert provenance.history(image.header)[0]["reference"].startswith("dark1.fits; sha256 ")


def test_a_blank_unit_is_no_unit():
    blank, none = (Image(np.ones((4, 4), np.float32), Header(cards)) for cards in ({"BUNIT": None}, {}))
    assert (cosmic_rays.calibrate_image(blank, dark=none).data == 0).all()
    with pytest.raises(InputError, match="the image is in 'no unit' and the dark 'DN'"):
        cosmic_rays.calibrate_image(blank, dark=Image(np.ones((4, 4), np.float32), Header({"BUNIT": "DN"})))


def test_one_file_is_one_frame_and_none_or_an_unknown_kind_are_refused(frames):
    assert cosmic_rays.combine_frames(frames[0]).header["NFRAMES"] == 1
    assert cosmic_rays.combine_frames(iter(frames)).header["NFRAMES"] == 5
    with pytest.raises(InputError, match="there is no frame. Give at least one"):
        cosmic_rays.combine_frames([])
    with pytest.raises(InputError, match="no kind of frame 'flats'. Give one of: bias, dark, flat"):
        cosmic_rays.combine_frames(frames, "flats")


def test_masked_pixels_of_a_frame_do_not_enter_the_combination(frames):
    images = [Image.read(file) for file in frames]
    for image, file in zip(images, frames, strict=True):
        image.data[5, 6], image.flags[5, 6] = 4000, Flag.SATURATED
        image.write(file)
    for flag, image, file in zip((Flag.BAD_PIXEL, Flag.COSMIC_RAY), images, frames, strict=False):
        image.data[3, 4], image.flags[3, 4] = 900, flag
        image.write(file)
    dark = cosmic_rays.combine_frames(frames, method="mean", memory_mb=0.001)
    assert dark.data[3, 4] == pytest.approx(np.mean([image.data[3, 4] for image in images[2:]]))
    assert np.isnan(dark.data[5, 6]) and dark.flagged("no_data").sum() == 1


def test_blank_pixels_of_floats_do_not_enter_the_combination(tmp_path):
    """BLANK is of integers; where they became floats, it has stayed behind with its pixels."""
    files = [tmp_path / f"{number}.fits" for number in range(3)]
    for file in files:
        data = np.full((4, 4), 10, np.float32)
        data[1, 1] = -32768
        fits.PrimaryHDU(data, Header({"BUNIT": "DN", "BLANK": -32768})).writeto(file, output_verify="ignore")
    dark = cosmic_rays.combine_frames(files)
    assert np.isnan(dark.data[1, 1]) and np.nanmax(dark.data) == 10


def test_darks_of_several_exposure_times_are_not_combined(frames, tmp_path):
    Image(np.ones((32, 32)), Header({"BUNIT": "DN", "EXPTIME": 60})).write(tmp_path / "long.fits")
    Image(np.ones((32, 32)), Header({"BUNIT": "DN", "EXPTIME": 10})).write(tmp_path / "short.fits")
    with pytest.raises(InputError, match=r"long\.fits: a dark exposed for 60 s, and one for 10 s: .*short\.fits"):
        cosmic_rays.combine_frames([*frames, tmp_path / "short.fits", tmp_path / "long.fits"])


@pytest.mark.parametrize("choices", [{"deviation": "noise", "noise": 150.0}, {"quantum": 1.0}])
def test_noise_and_quantum_of_flats_are_in_the_unit_of_the_frames(tmp_path, rng, choices):
    """Flats are divided by their medians: a noise of 150 DN taken for one of 150 medians would keep every hit."""
    files = [tmp_path / f"flat{number}.fits" for number in range(6)]
    for number, file in enumerate(files):
        level = 20_000 + 1000 * number
        data = rng.normal(level, 140, (16, 16)).astype(np.float32)
        data[number, 5] += 9000
        Image(data, Header({"BUNIT": "DN"})).write(file)
    flat = cosmic_rays.combine_frames(files, "flat", **choices)
    np.testing.assert_allclose(flat.data[:6, 5], 1, atol=0.03)


def test_a_flat_without_light_is_named(tmp_path):
    files = [tmp_path / "lit.fits", tmp_path / "dark.fits"]
    for level, file in zip((100, 0), files, strict=True):
        Image(np.full((4, 4), level, np.float32), Header()).write(file)
    with pytest.raises(InputError, match=r"dark\.fits: a flat has the median 0"):
        cosmic_rays.combine_frames(files, "flat")


def test_hits_of_frames_of_several_shapes_are_refused():
    with pytest.raises(InputError, match=r"shapes \(4, 5\) and \(5, 4\)"):
        cosmic_rays.list_hits(*(Image(np.ones(shape), Header()) for shape in ((4, 5), (5, 4))))
