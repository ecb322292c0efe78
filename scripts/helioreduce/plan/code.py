"""Digests of the code behind a rule: edited code reruns the rules that use it, and no others."""

from __future__ import annotations

import ast
import atexit
import contextlib
import hashlib
import json
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path

from helioreduce.io.atomic import replaced
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


@cache
def _module_files(root: Path, name: str) -> tuple[Path, ...]:
    """Return the source files that importing ``name`` runs: the module and its parent packages."""
    parent = name.rpartition(".")[0]
    base = root.joinpath(*name.split("."))
    own = tuple(file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file())
    return (*_module_files(root, parent), *own) if parent else own


@cache
def _program(file: Path) -> tuple[str, tuple[str, ...]]:
    """Return the digest of a file's program, and the package modules that it imports; read anew where the file has changed."""
    source = file.read_bytes()
    name = hashlib.sha256(source).hexdigest()
    if name not in _remembered():
        _remembered()[name] = _parsed(source)
    digest, modules = _remembered()[name]
    return digest, tuple(modules)


def _parsed(source: bytes) -> tuple[str, list[str]]:
    """Return the digest of the syntax tree without docstrings, and the package modules that it imports."""
    tree = ast.parse(source)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return digest, [name for name in names if name.startswith("helioreduce")]


@cache
def _remembered() -> dict[str, tuple[str, list[str]]]:
    """Return what earlier processes have found, by the digest of a file's bytes; kept beside the compiled modules at the end.

    Parsing all scripts takes two seconds, which every command and every job on a cluster would wait for.
    """
    kept = Path(cache_from_source(__file__)).with_suffix(".json")
    try:
        found = json.loads(kept.read_text())
    except (OSError, ValueError):
        found = {}
    atexit.register(_keep, kept, found, len(found))
    return found


def _keep(file: Path, found: dict[str, tuple[str, list[str]]], known: int) -> None:
    """Write what has been found where some of it is new; a folder that cannot be written costs only the time."""
    if len(found) > known:
        with contextlib.suppress(OSError), replaced(file) as temporary:
            temporary.write_text(json.dumps(found))
