"""The limb of disks whose centre is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from helioreduce.aia.qa import limb
from helioreduce.errors import InputError
from helioreduce.image import Image


def disk(header, centre, radius=160.0, side=400, scale=2.4):
    """A disk with a corona that falls off with radius; radius in pixels."""
    y, x = np.ogrid[:side, :side]
    r = np.hypot(x - centre[0], y - centre[1])
    data = np.where(r < radius, 200.0, 150 * np.exp(-(r - radius) / 40))
    header.update(CRPIX1=200.5, CRPIX2=200.5, CDELT1=scale, CDELT2=scale, RSUN_OBS=radius * scale)
    return Image(gaussian_filter(data, 1.0).astype(np.float32), header)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.25, -0.5), (-2.0, 3.0)])
def test_limb_finds_the_centre(level1_header, shift):
    found = limb.fit(disk(level1_header, (199.5 + shift[0], 199.5 + shift[1])))
    assert (found.dx, found.dy) == (pytest.approx(shift[0] * 2.4, abs=0.1), pytest.approx(shift[1] * 2.4, abs=0.1))
    assert found.mean_radius == pytest.approx(160 * 2.4, abs=2.4) and found.rms < 1.0  # to a pixel


def test_the_headers_centre_is_where_its_coordinates_are_zero(level1_header):
    """CRVAL of 24″, −12″ at CRPIX: the Sun's centre is 10 and 5 pixels from it, against the axes."""
    image = disk(level1_header, (199.5 - 10, 199.5 + 5))
    image.header.update(CRVAL1=24.0, CRVAL2=-12.0, CROTA2=0.0)
    found = limb.fit(image)
    assert abs(found.dx) < 0.1 and abs(found.dy) < 0.1


def test_limb_ignores_a_bright_loop(level1_header):
    image = disk(level1_header, (199.5, 199.5))
    image.data[190:215, 350:372] += 3000
    found = limb.fit(image)
    assert abs(found.dx) < 0.2 and abs(found.dy) < 0.2


def test_outliers_do_not_pull_the_centre(level1_header, monkeypatch):
    """A third of the radii, all on one side, 13″ outside: the circle is that of the others."""
    steepest = limb._steepest
    angle = 2 * np.pi * np.arange(720) / 720

    def wrong(*given):
        return steepest(*given) + 13 * (np.abs(angle - np.pi) < np.pi / 3)

    monkeypatch.setattr(limb, "_steepest", wrong)
    found = limb.fit(disk(level1_header, (199.5, 199.5)))
    assert abs(found.dx) < 0.1 and abs(found.dy) < 0.1 and found.kept.sum() == pytest.approx(480, abs=40)


def test_without_a_circle_there_is_no_centre(level1_header, monkeypatch, rng):
    monkeypatch.setattr(limb, "_steepest", lambda *_: 384 + rng.uniform(-15, 15, 720))
    with pytest.raises(InputError, match="no circle"):
        limb.fit(disk(level1_header, (199.5, 199.5)))


def test_limb_needs_a_disk(level1_header):
    image = disk(level1_header, (199.5, 199.5))
    with pytest.raises(InputError, match="half of the limb"):
        limb.fit(Image(image.data[:100, :100], image.header))
    image.header.remove("RSUN_OBS")
    with pytest.raises(InputError, match="RSUN_OBS"):
        limb.fit(image)
