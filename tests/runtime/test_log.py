"""A job's log: what goes to the file, what to the screen, and how a job ends."""

import errno
import logging
import warnings

import pytest

from helioreduce.errors import InputError, InputWarning
from helioreduce.runtime import log


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "job.log"


def test_messages_and_warnings_go_to_the_file_and_reports_also_to_the_screen(path, capsys):
    with log.log_to(path) as logger:
        logger.info("only here")
        warnings.warn("odd header", stacklevel=1)
        warnings.warn("171: counts are not whole numbers", InputWarning, stacklevel=1)
        log.report("both")
    text, screen = path.read_text(), capsys.readouterr().err
    assert "INFO only here" in text and "odd header" in text and "INFO both" in text
    assert "WARNING warning: 171: counts are not whole numbers" in text
    assert screen == "warning: 171: counts are not whole numbers\nboth\n"


def test_what_is_said_of_every_image_is_on_the_screen_once_and_in_the_log_each_time(path, capsys):
    with log.log_to(path):
        for image in ("171 A", "171 B"):
            warnings.warn(f"{image}: small cut-out", InputWarning, stacklevel=1)
        warnings.warn("171 B: counts are not whole numbers", InputWarning, stacklevel=1)
    assert capsys.readouterr().err.splitlines() == [
        "warning: 171 A: small cut-out",
        "warning: 171 B: counts are not whole numbers",
    ]
    assert path.read_text().count("small cut-out") == 2


def test_the_package_is_left_as_it_was(path):
    before = logging.getLogger("helioreduce").handlers[:], logging.getLogger("helioreduce").propagate
    with pytest.raises(SystemExit), log.log_to(path):
        raise InputError("no")
    assert (logging.getLogger("helioreduce").handlers, logging.getLogger("helioreduce").propagate) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_file_that_cannot_be_written_ends_the_job_with_the_cure(path, number):
    with (
        pytest.raises(SystemExit, match="product.fits: cannot be written .*Free space"),
        log.log_to(path),
    ):
        raise OSError(number, "reason", "product.fits")
    assert "Traceback" not in path.read_text()


@pytest.mark.parametrize("error", [OSError(errno.EIO, "disk broken"), ZeroDivisionError("a mistake")])
def test_an_unexpected_error_keeps_its_traceback(path, error):
    with pytest.raises(type(error)), log.log_to(path):
        raise error
    assert "Traceback" in path.read_text()


def test_a_log_that_cannot_be_written_ends_the_job(tmp_path):
    (tmp_path / "logs").write_text("a file in the place of the folder")
    with pytest.raises(SystemExit, match="cannot be written"), log.log_to(tmp_path / "logs" / "job.log"):
        pytest.fail("the job must not run")


@pytest.fixture
def clock(monkeypatch):
    """Set the time of the log: ``clock(seconds)``."""
    now = [0.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, seconds)


def test_progress_of_a_transfer(clock, capsys):
    """1 MB in 2 s is not shown; 6 MB of 12 in 4 s are 1.5 MB/s; without a total the share is left out."""
    show = log.transfer_progress("image")
    for second, done, total in ((2, 10**6, 12 * 10**6), (4, 6 * 10**6, 12 * 10**6), (6, 8 * 10**6, None), (8, 8 * 10**6, None)):
        clock(second)
        show(done, total)
    assert capsys.readouterr().err == "image: 6.0 of 12.0 MB, 1.50 MB/s\nimage: 8.0 MB, 1.00 MB/s\n"


def test_progress_of_items(clock, capsys, caplog):
    show = log.item_progress("lines")
    with caplog.at_level(logging.INFO, "helioreduce"):
        for second in (1, 2, 4):
            clock(second)
            show("3×1", second, 4)
    assert [record.getMessage() for record in caplog.records] == [f"lines, 3×1: {n} of 4" for n in (1, 2, 4)]
    assert capsys.readouterr().err == "lines, 3×1: 4 of 4\n"
