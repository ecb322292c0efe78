"""Files that are there as a whole, or not at all."""

import pytest

from helioreduce.errors import InputError
from helioreduce.io.atomic import check_writable, replaced


def test_the_file_appears_at_the_end_and_its_folder_is_made(tmp_path):
    path = tmp_path / "new" / "one.txt"
    with replaced(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent, "on the same file system"
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("before", [None, "old"])
def test_a_failure_leaves_what_was_there(tmp_path, before):
    path = tmp_path / "one.txt"
    if before:
        path.write_text(before)
    with pytest.raises(KeyError), replaced(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert [file.read_text() for file in tmp_path.iterdir()] == ([before] if before else [])


def test_two_processes_of_one_number_write_each_a_file_of_its_own(tmp_path):
    """As in two containers on one disk: neither takes away what the other is writing."""
    path = tmp_path / "one.txt"
    with replaced(path) as first:
        with replaced(path) as second:
            first.write_text("first")
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"


def test_a_folder_that_can_be_written_is_not_made(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot be written"):
        check_writable(tmp_path / "file" / "folder")
