"""Regions: four words for one place, the window with its margin, the grid of the cube; what cannot be cut is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from configuration import configuration

from helioreduce.errors import InputError
from helioreduce.plan.cutout import Cutout
from helioreduce.plan.source import Source, unread

START = datetime(2014, 1, 1, tzinfo=UTC)


def cutout(hours=1, **settings):
    aia = configuration()["aia"]
    config = configuration(aia={"cutout": aia["cutout"] | settings})
    return Cutout.of(config, START, START + timedelta(hours=hours))


def test_no_centre_is_the_whole_sun():
    assert cutout() is None


def test_keys_of_a_region_that_has_no_centre_are_named():
    aia = configuration()["aia"]
    given = {"cutout": aia["cutout"] | {"size": [100, 100], "cut": "server"}, "cube": aia["cube"] | {"law": "none"}}
    unused = "is set, and aia.cutout.centre is null: it is not used."
    reported = [f"aia.{key} {unused}" for key in ("cutout.size", "cutout.cut", "cube.law")]
    assert list(unread(configuration(source="jsoc", aia=given))) == reported
    given["cutout"] |= {"centre": [0, 0]}
    assert not list(unread(configuration(source="jsoc", aia=given)))


def test_a_place_in_arcsec_and_in_degrees_is_one():
    found = cutout(centre=[300, -200])
    longitude, latitude = found.place
    assert cutout(centre=[longitude, latitude], coordinates="carrington").direction == pytest.approx((300, -200), abs=1e-6)
    assert -20 < latitude < -10


@pytest.mark.parametrize(("size", "unit", "shape"), [([300, 300], "arcsec", (500, 500)), ([640, 480], "px", (480, 640))])
def test_the_window_has_its_margin_and_the_grid_has_not(size, unit, shape):
    found = cutout(centre=[60, 30], size=size, unit=unit, margin_px=50)
    assert found.shape == shape
    assert found.region["size"] == [shape[1] + 100, shape[0] + 100]
    grid = found.grid("howard")
    middle = [(first + (n - 1) / 2 - 2047.5) * 0.6 for first, n in zip(grid["corner"], shape[::-1], strict=True)]
    assert middle == pytest.approx([60, 30], abs=0.31)


@pytest.mark.parametrize("source", ["archive", "jsoc"])
def test_a_copy_of_whole_images_is_refused_where_the_server_cuts(source):
    """The part was taken for a damaged image, and an image that had been fetched was left out."""
    aia = configuration()["aia"]
    given = {"aia": {"cutout": aia["cutout"] | {"centre": [0, 0], "cut": "server"}}}
    jsoc = configuration()["jsoc"] | {"email": "reader@example.edu", "record": "copy"}
    with pytest.raises(InputError, match=r"jsoc\.record keeps whole images"):
        Source.of(configuration(source=source, jsoc=jsoc, **given))
    given["aia"]["cutout"]["cut"] = "here"
    assert not Source.of(configuration(source=source, jsoc=jsoc, **given)).cuts


def test_what_the_server_is_asked_for():
    """Untouched pixels, a box in pixels; tracked by Carrington's coordinates, or fixed in arcsec at a time."""
    tracked, fixed = (cutout(centre=[60, 30], tracking=on).region["im_patch"] for on in (True, False))
    assert (tracked["t"], tracked["r"], tracked["locunits"], tracked["car_rot"]) == (0, 0, "carrlong", 2145)
    assert (fixed["t"], fixed["locunits"], fixed["x"], fixed["t_ref"]) == (1, "arcsec", 60, "2014-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"centre": [1100, 0]}, "off the disk"),
        ({"centre": [1000, 0], "tracking": False, "size": [1000, 1000]}, "beyond the detector"),
        ({"centre": [170, 0], "coordinates": "stonyhurst"}, "behind the limb"),
        ({"centre": [0, 0], "size": [5000, 100]}, "5000 × 100"),
        ({"centre": [965, 0], "hours": 24, "size": [100, 100]}, "behind the limb"),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_is_sent(settings, message):
    with pytest.raises(InputError, match=message):
        cutout(**settings)


def test_off_the_disk_a_fixed_window_may_be():
    assert cutout(centre=[1100, 0], tracking=False, size=[100, 100]).region["tracking"] is False


@pytest.mark.parametrize("source", ["vso", "local"])
def test_only_an_archive_cuts(source):
    aia = configuration()["aia"]
    config = configuration(source=source, aia={"cutout": aia["cutout"] | {"centre": [0, 0], "cut": "server"}})
    with pytest.raises(InputError, match="cuts nothing"):
        Source.of(config)
