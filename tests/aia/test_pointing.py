"""Pointing from the master table: which row, and the geometry that the header has afterwards."""

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia import level1, pointing, wcs
from helioreduce.errors import InputError
from helioreduce.image import Image

ROW = {
    "T_START": "2014-01-01T00:00:00Z", "T_STOP": "2014-01-01T03:00:00Z", "A_171_X0": 2000.0, "A_171_Y0": 2010.0,
    "A_171_IMSCALE": 0.599, "A_171_INSTROT": 3.0, "A_193_X0": 0.0,
}  # fmt: skip


def rotation(degrees):
    roll = np.deg2rad(degrees)
    return np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])


def image(header, **cards):
    """A full frame; cards that are None are left out."""
    new = header.copy()
    for key, value in cards.items():
        new.pop(key, None)
        if value is not None:
            new[key] = value
    return Image(np.zeros((4096, 4096), np.float32), new)


def spelled(header, spelling, degrees=1.0, scale=0.61):
    """The header with a roll and a scale, as CROTA2, PC or CD."""
    turned = rotation(degrees)
    if spelling == "CROTA2":
        return image(header, CROTA2=degrees, CDELT1=scale, CDELT2=scale)
    factor = scale if spelling == "CD" else 1.0
    elements = {f"{spelling}{i + 1}_{j + 1}": factor * turned[i, j] for i in (0, 1) for j in (0, 1)}
    kept = None if spelling == "CD" else scale
    return image(header, CROTA2=None, CDELT1=kept, CDELT2=kept, **elements)


def test_of_rows_that_overlap_the_last_to_start_is_taken():
    early, late = ROW, ROW | {"T_START": "2014-01-01T01:00:00Z", "T_STOP": "2014-01-01T04:00:00Z"}
    for rows in ([early, late], [late, early]):
        assert pointing.select(rows, times.parse("2014-01-01T02:00:00")) is late
        assert pointing.select(rows, times.parse("2014-01-01T00:30:00")) is early


@pytest.mark.parametrize("spelling", ["CROTA2", "PC", "CD"])
def test_geometry_is_the_rows_however_the_header_spelled_its_own(level1_header, spelling):
    """Scale IMSCALE, roll INSTROT + SAT_ROT, as CDELT and CROTA2 alone."""
    new, said = pointing.update(spelled(level1_header, spelling), ROW)
    expected = 0.599 * rotation(3.0 + level1_header["SAT_ROT"])
    np.testing.assert_allclose(wcs.matrix(new.header), expected, atol=1e-12)
    assert new.header["INST_ROT"] == 3.0
    assert not {f"{kind}{i}_{j}" for kind in ("PC", "CD") for i in (1, 2) for j in (1, 2)} & set(new.header)
    assert said == {"pointing": ROW["T_START"]}


@pytest.mark.parametrize("spelling", ["CROTA2", "PC", "CD"])
def test_without_a_roll_the_headers_is_kept(level1_header, spelling):
    new, said = pointing.update(spelled(level1_header, spelling), ROW | {"A_171_INSTROT": "MISSING"})
    np.testing.assert_allclose(wcs.matrix(new.header), 0.599 * rotation(1.0), atol=1e-12)
    assert said["from_header"] == "INSTROT"


@pytest.mark.parametrize("spelling", ["CROTA2", "PC", "CD"])
def test_without_a_row_the_headers_geometry_is_kept(level1_header, spelling):
    before = spelled(level1_header, spelling)
    new, said = pointing.update(before, None)
    np.testing.assert_allclose(wcs.matrix(new.header), wcs.matrix(before.header), atol=1e-12)
    assert [new.header[key] for key in ("CRPIX1", "CRPIX2")] == [level1_header[key] for key in ("CRPIX1", "CRPIX2")]
    assert said == {"pointing": "header"}


@pytest.mark.parametrize(
    ("cards", "roll_deg"),
    [
        ({"SAT_ROT": 0.5}, 3.5),
        ({"SAT_ROT": None, "CROTA2": 1.0, "INST_ROT": 0.25}, 3.75),
        ({"SAT_ROT": None, "CROTA2": None, "INST_ROT": 0.25}, 3.0),
        ({"SAT_ROT": None, "CROTA2": 1.0, "INST_ROT": None}, 3.0),
    ],
)
def test_roll_of_the_satellite(level1_header, cards, roll_deg):
    """SAT_ROT, or what CROTA2 leaves beside the instrument's roll, or none."""
    assert pointing.update(image(level1_header, **cards), ROW)[0].header["CROTA2"] == pytest.approx(roll_deg, abs=1e-12)


def test_radius_in_pixels_follows_the_scale(level1_header):
    new, _ = pointing.update(image(level1_header, RSUN_OBS=976.0), ROW)
    assert new.header["R_SUN"] == pytest.approx(976.0 / 0.599)
    unknown, _ = pointing.update(image(level1_header, RSUN_OBS=None, R_SUN=1626.0), ROW)
    assert unknown.header["R_SUN"] == 1626.0


def test_a_table_for_pixels_of_another_size_is_refused(level1_header):
    """A frame of 512² pixels over the same field does not take the table of 4096²."""
    level1_header.update(CDELT1=8 * 0.599489, CDELT2=8 * 0.599489)
    row = {"T_START": "2014-01-01T00:00:00Z", "A_171_X0": 2047.0, "A_171_Y0": 2047.0, "A_171_IMSCALE": 0.599489}
    with pytest.raises(InputError, match=r"4\.79591″.*0\.599489″"):
        pointing.update(Image(np.zeros((8, 8), np.float32), level1_header), row)


@pytest.mark.parametrize("entry", [ROW, {key: value for key, value in ROW.items() if key != "A_171_Y0"}])
def test_a_correction_by_crval_does_not_survive_the_table(level1_header, entry):
    """The Sun's centre is X0 of the row, whatever the header had; an axis without an entry keeps its own centre."""
    before = image(level1_header, CRVAL1=3.0, CRVAL2=-2.0)
    found = wcs.Pointing.of(pointing.update(before, entry)[0].header).sun_px
    own = wcs.Pointing.of(before.header).sun_px
    np.testing.assert_allclose(found, [2000, entry.get("A_171_Y0", own[1])], atol=1e-9)


def cut_out(header, first, size):
    """A cut-out as JSOC makes it: CRPIX is the Sun's centre."""
    new = header.copy()
    new.update({f"{key}_MP": header[f"CRPIX{axis}"] - 1 for axis, key in ((1, "X0"), (2, "Y0"))})
    new.update({f"CRPIX{axis}": header[f"CRPIX{axis}"] - first[axis - 1] for axis in (1, 2)})
    return Image(np.zeros((size, size), np.float32), new)


def test_a_cut_out_whose_crpix_is_its_middle_keeps_its_place(level1_header):
    """As SolarSoft writes maps; a correction of a few pixels by CRVAL does not move the place on the detector either."""
    own = cut_out(level1_header, (1000, 900), 64)
    middle, moved = own.with_(), own.with_()
    offset = wcs.Pointing.of(own.header)
    value = offset.arcsec_per_px @ (31.5 - offset.sun_px)
    middle.header.update(CRPIX1=32.5, CRPIX2=32.5, CRVAL1=value[0], CRVAL2=value[1])
    moved.header.update(CRVAL1=3.0, CRVAL2=-2.0)
    for given in (own, middle, moved):
        assert level1.origin(given) == (1000, 900)
        found = wcs.Pointing.of(pointing.update(given, ROW)[0].header).sun_px
        np.testing.assert_allclose(found, [1000, 1110], atol=1e-9)
