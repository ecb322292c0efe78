"""What a request for series lacks: counts and names are those of the manifests, within the places that are asked for."""

import pytest

import aia_review
from helioreduce.aia import coverage
from helioreduce.errors import InputError
from helioreduce.io import manifests

LIKE = {"t_obs": "", "exptime": float("nan")}


def write(folder, day, states):
    """A part whose images have these states, and the reasons of those that are not there."""
    rows = {}
    for place, (state, reason) in enumerate(states):
        time = f"{day}T{place:02d}0001"
        made = manifests.done(place, time, "sha", {"t_obs": "2014-01-01", "exptime": 2.0})
        lost = manifests.missing(place, time, reason, may_return=False, like=LIKE, state=state)
        rows[place] = made if state == manifests.DONE else lost
    folder.mkdir(parents=True, exist_ok=True)
    manifests.Manifest(rows, {}).write(folder / f"{day}.ecsv")
    return str(folder / f"{day}.ecsv")


DONE, ECLIPSE = (manifests.DONE, ""), (manifests.MISSING, "QUALITY bit 13: eclipse")
BROKEN, UNMET = (manifests.FAILED, "holds no Sun, done or not"), (manifests.UNMET, "aia.where does not hold for it")


def test_what_a_part_lacks_is_read_as_it_was_written(tmp_path):
    file = write(tmp_path, "20140101", [DONE, ECLIPSE, BROKEN, UNMET, DONE])
    number, absent = manifests.absent(file)
    assert number == 5 and {place: image[1:] for place, image in absent.items()} == {1: ECLIPSE, 2: BROKEN, 3: UNMET}
    assert absent[2].time == "20140101T020001"


def cut_line(text):
    return text[:-20]


def cut_rows(text):
    return "\n".join(text.splitlines()[:-1]) + "\n"


@pytest.mark.parametrize("harm", [cut_line, cut_rows, lambda text: "", lambda text: text.replace(" missing ", " \0\0\0 ")])
def test_a_damaged_manifest_is_named(tmp_path, harm):
    file = tmp_path / "20140101.ecsv"
    write(tmp_path, "20140101", [DONE, ECLIPSE, DONE])
    file.write_text(harm(file.read_text()))
    with pytest.raises(InputError, match="20140101.ecsv: is damaged. Delete it"):
        manifests.absent(file)


def test_a_manifest_that_lost_its_last_rows_is_no_ledger(tmp_path):
    file = tmp_path / "20140101.ecsv"
    write(tmp_path, "20140101", [DONE, DONE])
    file.write_text(cut_rows(file.read_text()))
    with pytest.raises(InputError, match="is damaged"):
        manifests.Manifest.read(file)


def review(tmp_path, parts, on_missing="fail"):
    aia_review.main(parts, "logs", on_missing, str(tmp_path / "review.txt"))
    return (tmp_path / "review.txt").read_text()


def test_failed_images_end_the_run_with_an_error_whatever_is_said_of_missing_ones(tmp_path):
    parts = {write(tmp_path / "171", "20140101", [DONE, BROKEN, ECLIPSE]): (0, 2)}
    with pytest.raises(InputError) as error:
        review(tmp_path, parts, "skip")
    assert "1 of 3 images failed, all else is finished" in str(error.value)
    assert "171 Å at 2014-01-01T01:00:01: holds no Sun, done or not (logs/171/20140101.log)" in str(error.value)


def test_missing_images_are_an_error_only_where_that_is_asked_for(tmp_path, caplog):
    """As for images in files of their own; those for which aia.where does not hold are none."""
    parts = {write(tmp_path / "171", "20140101", [ECLIPSE, ECLIPSE, UNMET]): (0, 2)}
    with pytest.raises(InputError, match="2 of 3 images are missing.*on_missing: skip"):
        review(tmp_path, parts)
    assert f"2 images of 171 Å missing: {tmp_path}/171/2014_missing.tsv says why" in review(tmp_path, parts, "skip")
    assert review(tmp_path, dict.fromkeys(parts, (2, 2))) == "All images are there.\n"


def test_images_of_other_requests_are_none_of_this_one(tmp_path):
    parts = {write(tmp_path / "171", "20140101", [BROKEN, DONE, DONE, ECLIPSE]): (1, 2)}
    found = coverage.review(parts, "logs")
    assert (found.asked, found.missing, found.failed, found.notes) == (2, 0, [], [])
