"""A folder of level-1 files as people have them: names, endings, spikes, repetitions, refusals."""

import gzip
import shutil

import numpy as np
import pytest
from astropy.io import fits
from level1_cases import CASES, Case

from helioreduce.errors import InputError
from helioreduce.plan import local
from helioreduce.quality import Policy

#: Cases that only the pixels, read by a job, show.
PIXELS = {"lost-all", "lost-all-nan", "counts-negative"}
#: Where a cut-out at detector pixel (1500, 900) has the Sun's centre.
ELSEWHERE = {"CRPIX1": 2053.85 - 1500}


def write(folder, name, case=None, spikes=None):
    """Write one file of a case, or of some spikes."""
    hdu = fits.PrimaryHDU(spikes) if spikes is not None else (case or Case("plain")).hdu()
    hdu.writeto(folder / name)
    return folder / name


def at(second, **cards):
    return Case("moment", {"T_REC": f"2014-01-01T00:00:{second:02d}", **cards})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_headers_are_judged_before_any_work(tmp_path, case):
    file = write(tmp_path, "level1.fits", case)
    found = local.frames(tmp_path)
    if case.says is None or case.name in PIXELS:
        (frame,) = found.frames
        assert (frame.channel, frame.image, found.refused, found.notes) == ("171", file, {}, [])
    else:
        assert not found.frames
        assert found.refused["level1.fits"].startswith(f"{file}: ")
        assert case.says in found.refused["level1.fits"]


def test_a_condition_leaves_images_out(tmp_path):
    """Those that do not meet it are counted; where none does, that is an error."""
    for second, exptime in ((1, 2.0), (13, 2.9), (25, 1.98)):
        write(tmp_path, f"{second}.fits", at(second, EXPTIME=exptime))
    found = local.frames(tmp_path, where="EXPTIME < 2.5")
    assert [frame.time[-2:] for frame in found.frames] == ["01", "25"]
    assert found.notes == ["1 of 3 images are left out: aia.where does not hold for them."]
    with pytest.raises(InputError, match="any of 3 images"):
        local.frames(tmp_path, where="EXPTIME > 9")


def test_what_is_allowed_is_a_frame(tmp_path):
    write(tmp_path, "dark.fits", Case("dark", {"IMG_TYPE": "DARK"}))
    assert local.frames(tmp_path).refused
    assert len(local.frames(tmp_path, Policy(allow=["dark"])).frames) == 1


def test_endings_and_cases_of_letters(tmp_path):
    for second, name in enumerate(["a.fits", "b.fit", "c.fts", "D.FITS", "E.FIT"]):
        write(tmp_path, name, at(second))
    for second, name, packed in [(10, "f.fits", gzip.compress), (11, "G.FTS", gzip.compress)]:
        plain = write(tmp_path, name, at(second))
        plain.with_name(f"{name}.gz").write_bytes(packed(plain.read_bytes()))
        plain.unlink()
    case = at(12)
    fits.CompImageHDU(case.hdu().data, case.header()).writeto(tmp_path / "h.fits.fz")
    (tmp_path / "README.txt").write_text("not an image")
    found = local.frames(tmp_path)
    assert sorted(frame.image.name for frame in found.frames) == sorted(
        p.name for p in tmp_path.iterdir() if "README" not in p.name
    )
    assert len({frame.time for frame in found.frames}) == 8
    assert not found.refused


def test_spikes_lie_beside_their_image(tmp_path):
    listed = np.zeros((3, 5), np.int32)
    names = {"x.image_lev1.fits": "x.spikes.fits", "y_image.fits": "Y_SPIKES.FITS", "aia_Image.fts": "aia_spikes.fits.gz"}
    names |= {"b.fits": "b.spikes.fits", "C.fits.gz": "c_spikes.fits"}
    for second, (image, spikes) in enumerate(names.items()):
        write(tmp_path, image, at(second))
        write(tmp_path, spikes, spikes=listed)
    write(tmp_path, "alone_spikes.fits", spikes=listed)
    write(tmp_path, "171_spikes_removed.fits", at(30))
    found = local.frames(tmp_path)
    beside = {frame.image.name: frame.spikes and frame.spikes.name for frame in found.frames}
    assert beside == {**names, "171_spikes_removed.fits": None}
    assert found.notes == ["alone_spikes.fits: spikes, whose image is not beside them; spikes of a.fits are a.spikes.fits"]
    assert not found.refused


def test_a_frame_that_is_there_twice_is_taken_once(tmp_path):
    """The one with spikes counts."""
    write(tmp_path, "a.fits")
    write(tmp_path, "b_image.fits")
    write(tmp_path, "b_spikes.fits", spikes=np.zeros((3, 5), np.int32))
    found = local.frames(tmp_path)
    assert [(frame.time, frame.image.name) for frame in found.frames] == [("20140101T000000", "b_image.fits")]
    (note,) = found.notes
    assert note.startswith("a.fits: left out") and "b_image.fits" in note


def test_two_regions_at_one_time_have_names_of_their_own(tmp_path):
    write(tmp_path, "a.fits")
    write(tmp_path, "b.fits", Case("elsewhere", ELSEWHERE))
    write(tmp_path, "c.fits", at(12))
    found = local.frames(tmp_path)
    assert {frame.image.name: frame.time for frame in found.frames} == {
        "a.fits": "20140101T000000_x1000y0900",
        "b.fits": "20140101T000000_x1500y0900",
        "c.fits": "20140101T000012",
    }


def test_a_full_frame_keeps_the_name_of_its_time(tmp_path):
    full = Case("full", {"CRPIX1": 2053.85, "CRPIX2": 2047.57}, pixels=lambda counts: np.tile(counts, (64, 64)))
    write(tmp_path, "full.fits", full)
    write(tmp_path, "part.fits")
    times = {frame.image.name: (frame.time, frame.is_cutout) for frame in local.frames(tmp_path).frames}
    assert times == {"full.fits": ("20140101T000000", False), "part.fits": ("20140101T000000_x1000y0900", True)}


def test_a_place_without_x0_is_named_to_a_few_pixels(tmp_path):
    for name, cards in (("a.fits", {}), ("b.fits", ELSEWHERE)):
        write(tmp_path, name, Case("no place", {**cards, "X0_MP": None, "Y0_MP": "nan"}))
    places = sorted(frame.time.partition("_")[2] for frame in local.frames(tmp_path).frames)
    assert places == ["x0995y0901", "x1495y0901"]


def test_what_is_no_fits_file_is_refused_alone(tmp_path):
    whole = write(tmp_path, "good.fits").read_bytes()
    (tmp_path / "text.fits").write_text("this is no FITS file")
    (tmp_path / "header_cut.fits").write_bytes(whole[:2000])
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    found = local.frames(tmp_path)
    assert [frame.image.name for frame in found.frames] == ["good.fits"]
    assert sorted(found.refused) == ["empty.fits", "header_cut.fits", "text.fits"]


def test_a_folder_without_fits_files_is_named(tmp_path):
    (tmp_path / "level1").mkdir()
    (tmp_path / "level1" / "image.jp2").write_text("not FITS")
    with pytest.raises(InputError, match="level1: holds no FITS file"):
        local.frames(tmp_path / "level1")


def test_tables_are_in_or_beside_the_folder(tmp_path):
    folder = tmp_path / "level1"
    folder.mkdir()
    assert local.tables(folder) is None
    (tmp_path / "tables").mkdir()
    assert local.tables(folder) == tmp_path / "tables"
    shutil.copytree(tmp_path / "tables", folder / "tables")
    assert local.tables(folder) == folder / "tables"
