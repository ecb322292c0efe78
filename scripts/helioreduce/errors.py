"""Errors that a user can fix: each message names the file, the keyword and the cure."""

from __future__ import annotations

import errno
from pathlib import Path

#: A full disk, a quota, a read-only file system, missing permission.
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


class ReductionError(Exception):
    """Base class of all errors that the package raises deliberately."""


class InputError(ReductionError):
    """A file, keyword or array cannot be used.

    The message reads ``<where>: <what is wrong>. <cure>``.

    Parameters
    ----------
    problem
        What is wrong.
    cure
        What to do about it.
    where
        File, keyword or frame.

    Examples
    --------
    >>> str(InputError("EXPTIME is missing", cure="Fetch the image again", where="aia.fits"))
    'aia.fits: EXPTIME is missing. Fetch the image again'
    """

    def __init__(self, problem: str, *, cure: str = "", where: object = "") -> None:
        self.problem, self.cure, self.where = problem, cure, str(where)
        text = f"{self.where}: {problem}" if where else problem
        super().__init__(f"{text}. {cure}" if cure else text)

    def at(self, where: object) -> InputError:
        """Return the same error with the file it came from; a file already named stays."""
        return self if self.where else type(self)(self.problem, cure=self.cure, where=where)


class Unwritable(InputError):
    """A file or folder cannot be written: neither can the next."""


def unwritable(error: OSError, where: str | Path) -> Unwritable:
    """Return the error of a file or folder that cannot be written; a file that is in the way is named."""
    cure = "Free space or change permissions"
    if isinstance(error, FileExistsError | NotADirectoryError):
        cure = "Name another folder: a file is in the way"
        where = next((place for place in (Path(where), *Path(where).parents) if place.is_file()), where)
    return Unwritable(f"cannot be written ({error.strerror or error})", cure=cure, where=where)


def counted(number: int, one: str, more: str = "") -> str:
    """Return a number of things for a message: ``1 image``, ``2,000 images``; ``more`` is another plural than by s."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


class AlreadyDone(InputError):
    """A step has already been applied to the image."""


class LockTimeout(InputError):
    """Another process held a lock for too long."""


class InputWarning(UserWarning):
    """Something may be wrong with a file that is used all the same: the screen shows it, the product's header keeps it."""
