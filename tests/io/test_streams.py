"""Images written row by row: the file is the one that Astropy would write, checksums included."""

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.errors import InputError
from helioreduce.io import streams
from helioreduce.io.streams import Plane

CUBE, FLAT = (
    np.random.default_rng(0).normal(size=(3, 50, 70)).astype(np.float32),
    np.arange(3500, dtype=np.uint8).reshape(50, 70),
)


def written(path, step=7):
    planes = [
        Plane("", CUBE.shape, "f4", fits.Header({"BUNIT": "K", "T_OBS": "x"})),
        Plane("FLAT", FLAT.shape, "u1", fits.Header()),
    ]
    table = fits.BinTableHDU.from_columns([fits.Column("A", "D", array=np.arange(4.0))], name="ROWS")
    with streams.writing(path, planes, [table]) as stream:
        for row in range(0, 50, step):
            stream.write("", row, CUBE[:, row : row + step])
            stream.write("FLAT", row, FLAT[row : row + step])
            assert not path.exists()
    return path


@pytest.mark.filterwarnings("error")
def test_file_holds_what_was_written_with_right_checksums(tmp_path):
    with fits.open(written(tmp_path / "a.fits"), checksum=True) as hdus:
        hdus.verify("exception")
        np.testing.assert_array_equal(hdus[0].data, CUBE)
        np.testing.assert_array_equal(hdus["FLAT"].data, FLAT)
        np.testing.assert_array_equal(hdus["ROWS"].data["A"], np.arange(4.0))
        assert hdus[0].header["BUNIT"] == "K" and hdus[0].header["CREATOR"] == "helioreduce"
        for hdu in hdus:
            assert hdu.verify_checksum() == hdu.verify_datasum() == 1


def test_a_flipped_bit_is_seen(tmp_path):
    path = written(tmp_path / "a.fits")
    content = bytearray(path.read_bytes())
    content[2880 * 2 + 17] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="verification failed"), fits.open(path, checksum=True) as hdus:
        len(hdus)


def test_pieces_give_the_bytes_of_the_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (tmp_path / "b").mkdir()
    assert written(tmp_path / "a.fits").read_bytes() == written(tmp_path / "b/a.fits", step=50).read_bytes()


def test_rows_and_samples_are_parts_of_the_images(tmp_path):
    path = written(tmp_path / "a.fits")
    parts = list(streams.rows(path, (0, "FLAT"), 16))
    assert [row for row, _ in parts] == [0, 16, 32, 48]
    np.testing.assert_array_equal(np.concatenate([cube for _, (cube, _) in parts], axis=1), CUBE)
    np.testing.assert_array_equal(np.concatenate([flat for _, (_, flat) in parts]), FLAT)
    found, step = streams.sampled(path, 20)
    assert step == 4
    np.testing.assert_array_equal(found[""], CUBE[:, ::4, ::4])
    np.testing.assert_array_equal(found["FLAT"], FLAT[::4, ::4])


def test_a_failure_leaves_no_file(tmp_path):
    with pytest.raises(KeyError), streams.writing(tmp_path / "a.fits", [Plane("", (2, 2), "f4", fits.Header())]):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(InputError), streams.writing(tmp_path / "file/a.fits", [Plane("", (2, 2), "f4", fits.Header())]):
        pass


def test_sum_is_that_of_the_standard():
    assert streams.ones_complement(b"\xff\xff\xff\xff\x00\x00\x00\x02") == 2
    assert streams.ones_complement(b"\x00\x00\x00\x01", 0xFFFFFFFF) == 1
