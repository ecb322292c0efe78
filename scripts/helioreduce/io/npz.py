"""NumPy's .npz files: arrays by name, without pickles."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from helioreduce.errors import InputError
from helioreduce.io.atomic import replaced


def read(path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file, by name.

    Raises
    ------
    InputError
        If the file is missing, no .npz, or holds pickled objects.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise InputError("there is no such file", where=path) from None
    except (OSError, ValueError, AttributeError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read as .npz ({error})", cure="Give a file of NumPy's savez", where=path) from error


def write(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name, to a temporary name and then renamed.

    Raises
    ------
    TypeError
        If an array holds objects, which would be pickled: NumPy before 2.2 has no option against it.
    """
    if held := [name for name, values in arrays.items() if np.asarray(values).dtype.hasobject]:
        raise TypeError(f"objects cannot be written: {', '.join(held)}")
    with replaced(path) as temporary, open(temporary, "wb") as file:
        save: Callable[..., None] = np.savez  # names of arrays are no options
        save(file, **arrays)
