"""Digests of the code behind a rule: edited code reruns the rules that use it, and no others."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from helioreduce.plan.paths import REPOSITORY

#: The folder of the scripts, and the one that holds the package: the same in the repository, not where it is installed.
SCRIPTS, PACKAGES = REPOSITORY / "scripts", Path(__file__).parents[2]
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def code(*names: str) -> str:
    """Return the digest of scripts and modules by name, with all that they import: edited code reruns its rules.

    ``code("aia_prep")`` is of ``scripts/aia_prep.py``; a module is named as it is imported.
    """
    return digest(*((PACKAGES if "." in name else SCRIPTS) / f"{name.replace('.', '/')}.py" for name in names))


def digest(*files: Path, root: Path = PACKAGES) -> str:
    """Return a digest of scripts or modules and of every package module below ``root`` that they import, directly or not.

    The modules are found by reading the imports; comments, docstrings and layout do not count, so a digest changes when
    the program does. Rules carry it in ``params``: Snakemake then reruns just the steps whose code changed.
    """
    modules = sorted(set().union(*(_reachable(file.resolve(), root.resolve()) for file in files)))
    return hashlib.sha256("".join(_program(module)[0] for module in modules).encode()).hexdigest()[:12]


def _reachable(start: Path, root: Path) -> set[Path]:
    """Return the file and all files below ``root`` that it imports, transitively."""
    seen: set[Path] = set()
    todo = [start]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += _imported(file, root)
    return seen


@cache
def _imported(file: Path, root: Path) -> tuple[Path, ...]:
    """Return the source files below ``root`` that a file's own imports run: looked for once, however many rules ask."""
    return tuple(dict.fromkeys(found for name in _program(file)[1] for found in _module_files(root, name)))


def _module_files(root: Path, name: str) -> Iterator[Path]:
    """Yield the source files that importing ``name`` runs: the module and its parent packages."""
    parts = name.split(".")
    for i in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:i])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                yield file


@cache
def _program(file: Path) -> tuple[str, tuple[str, ...]]:
    """Return the file's syntax tree without docstrings, as text, and the package modules that it imports."""
    tree = ast.parse(file.read_bytes())
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree), tuple(name for name in names if name.startswith("helioreduce"))
