"""Paths of a configuration."""

from __future__ import annotations

import os
import re
import unicodedata
from hashlib import sha256
from pathlib import Path

from helioreduce.errors import InputError

_PACKAGE = Path(__file__).parents[1]
#: The folder of the Snakefile, the scripts and the environments: the repository, or its copy in an installed package.
REPOSITORY = _PACKAGE.parents[1] if (_PACKAGE.parents[1] / "Snakefile").exists() else _PACKAGE / "workflow"


def places() -> tuple[Path, ...]:
    """Return the folders where a relative path is looked for: the working folder, the calling one, the repository."""
    return Path.cwd(), Path(os.environ.get("PWD", ".")), REPOSITORY


def located(path: str, key: str, *, is_folder: bool | None = False) -> Path:
    """Return a path that a key of the configuration has, as an absolute one that exists.

    Raises
    ------
    InputError
        With the key, if it exists in none of the :func:`places`, or is a folder and is to be a file, or not; None takes both.
    """
    tried = [(base / path).resolve() for base in places()]
    for candidate in tried:
        if candidate.exists():
            if is_folder is not None and candidate.is_dir() != is_folder:
                problem, cure = ("not a folder", "the folder of the files") if is_folder else ("a folder", "a file")
                raise InputError(f"{path!r} is {problem}", cure=f"Give {cure}", where=key)
            return candidate
    listed = ", ".join(dict.fromkeys(map(str, tried)))
    raise InputError(f"{path!r} does not exist (looked for {listed})", cure="Give an existing path", where=key)


def plain(name: str) -> str:
    """Return a name of the user's as one of products, in letters of ASCII, digits and . _ + - alone: ``a_1_`` of ``ä (1)``."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", letters) or f"frame_{sha256(name.encode()).hexdigest()[:8]}"


def check_name(file: str | Path) -> None:
    """Refuse a path that Snakemake would take for a pattern.

    Raises
    ------
    InputError
        With the signs.
    """
    if found := set("{}<>") & set(str(file)):
        problem = f"Snakemake reads {' '.join(sorted(found))} in a path as a pattern"
        raise InputError(problem, cure="Rename the file or its folder", where=file)
