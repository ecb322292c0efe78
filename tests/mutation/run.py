"""Which small changes of a numerical module do its tests notice?

    python tests/mutation/run.py aia/error numerics [--sample 20] [--seed 0]

Every mutant is tested in a copy of the tree, one at a time, by the tests of its room that import its module. Compiled
kernels stay cached, but for those that the mutated module is compiled into. Mutants in ``equivalent.yaml`` compute the
same and are left out. Prints a table and the survivors; exits with 1 where one survived.

Written for this project: mutmut leaves decorated functions, and so every kernel, as they are; cosmic-ray takes kernels from
numba's cache that were compiled before a function that they call was mutated.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numba
import pytest
import yaml
from mutate import Mutant, mutants, sampled

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path("scripts/helioreduce")
SLOW_TO_IMPORT = (
    "astropy.table",
    "astropy.wcs",
    "hypothesis",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
    "scipy.stats",
)
FORK = multiprocessing.get_context("fork")
ROOMS = ("aia", "cosmic_rays", "esis", "numerics", "spice", "sun", "plan", "io", "runtime", "jsoc", "archive")


class Suite(NamedTuple):
    """The tests of a module, and how they run fastest."""

    tests: list[str]
    affected: list[Path]  # modules that the mutated one may be compiled into
    compiled: bool
    limit_s: float


def modules(names: list[str]) -> list[Path]:
    """Files of modules (``aia/error``) and rooms (``numerics``), relative to the repository."""
    found = []
    for name in names:
        file = REPOSITORY / PACKAGE / f"{name}.py"
        files = [file] if file.exists() else sorted(file.with_suffix("").rglob("[a-z]*.py"))
        found += [each.relative_to(REPOSITORY) for each in files]
    return found


def imports(file: Path) -> set[str]:
    """Dotted names that a file imports, each module's and each member's."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts)


def affected(module: Path, tree: Path) -> list[Path]:
    """A module, and the modules with kernels that its functions may be compiled into."""
    kernels = {file: imports(file) for file in (tree / PACKAGE).rglob("*.py") if "njit" in file.read_text()}
    found = [tree / module]
    for file in found:
        name = dotted(file.relative_to(tree))
        found += [other for other, names in kernels.items() if name in names and other not in found]
    return found


def tests_of(module: Path, tree: Path) -> list[str]:
    """Tests of a module: its own file, then those of its room that import it; where there are none, those of its users.

    Workflow, peers and cluster are left out: whole runs notice much and say little.
    """
    place = module.relative_to(PACKAGE)
    room = place.parts[0]
    own = tree / "tests" / place.with_name(f"test_{module.stem}.py")
    tests = [file for name in ROOMS for file in sorted((tree / "tests" / name).rglob("test_*.py")) if file.stem != "test_gpu"]
    sources = list((tree / PACKAGE / room).rglob("*.py"))
    names = {dotted(module)}
    while True:
        found = [file for file in tests if file == own or names & imports(file)]
        wider = names | {dotted(source.relative_to(tree)) for source in sources if names & imports(source)}
        beside = [file for file in found if room in file.parts]
        if beside or wider == names:
            return [str(file.relative_to(tree)) for file in sorted(beside or found, key=lambda file: file != own)]
        names = wider


def copy_of_tree(folder: Path) -> Path:
    """Copy the repository with the times of its files, by which numba knows its caches."""
    tree = folder / "tree"
    shutil.copytree(REPOSITORY, tree, ignore=shutil.ignore_patterns(".git", ".venv", ".snakemake", "results", ".*_cache"))
    (tree / "results").mkdir()
    if (data := REPOSITORY.parent / "shared").is_dir():
        (folder / "shared").symlink_to(data)
    return tree


def run(tree: Path, tests: list[str], compiled: bool, limit_s: float) -> int | None:
    """Exit status of pytest, or None past the time limit; in a fork, which has imported the slow libraries already."""
    process = FORK.Process(target=_pytest, args=(tree, tests, compiled))
    process.start()
    process.join(limit_s)
    if process.is_alive():
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return None
    return process.exitcode


def _pytest(tree: Path, tests: list[str], compiled: bool) -> None:
    os.setsid()
    os.chdir(tree)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    numba.config.DISABLE_JIT = not compiled
    os._exit(pytest.main(["-x", "-q", "-m", "not full", "-p", "no:cacheprovider", *tests]))


def forget_compiled(files: list[Path]) -> None:
    """Remove the kernels of some modules from numba's cache."""
    for file in files:
        for pattern in ("*.nbi", "*.nbc"):
            for cache in (file.parent / "__pycache__").glob(f"{file.stem}.{pattern}"):
                cache.unlink()


def suite(module: Path, tree: Path) -> Suite:
    """Choose the faster way to test a module: kernels compiled anew for each mutant, or left to Python.

    Raises
    ------
    SystemExit
        No test imports the module, or its tests fail as it stands.
    """
    tests, compiled = tests_of(module, tree), affected(module, tree)
    if not tests or run(tree, tests, True, 3600) != 0:  # fills the cache
        raise SystemExit(f"{module}: {'its tests fail as it stands: ' * bool(tests) or 'no test imports it'}{' '.join(tests)}")
    forget_compiled(compiled)
    begin = time.monotonic()
    run(tree, tests, True, 3600)
    compiled_s = time.monotonic() - begin
    begin = time.monotonic()
    plain = compiled_s > 10 and run(tree, tests, False, compiled_s) == 0
    taken_s = time.monotonic() - begin if plain else compiled_s
    return Suite(tests, compiled, not plain, 3 * taken_s + 30)


def outcome(mutant: Mutant, module: Path, tree: Path, suite: Suite) -> str:
    """Test one mutant: killed, survived or timed out."""
    file = tree / module
    original, stamp = file.read_bytes(), file.stat()
    forget_compiled(suite.affected)
    try:
        file.write_text(mutant.source)
        status = run(tree, suite.tests, suite.compiled, suite.limit_s)
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        forget_compiled(suite.affected)
    return {0: "survived", None: "timed out"}.get(status, "killed")


def equivalent(module: Path) -> set[tuple[str, str, str]]:
    """Keys of the mutants of a module that are known to compute the same."""
    known = yaml.safe_load((Path(__file__).parent / "equivalent.yaml").read_text()) or {}
    name = str(module.relative_to(PACKAGE).with_suffix(""))
    return {(entry["line"], entry["old"], entry["new"]) for entry in known.get(name, ())}


def main(names: list[str], sample: int, seed: int) -> bool:
    """Print the table; return whether every mutant was noticed."""
    os.nice(10)
    sys.dont_write_bytecode = True
    for name in SLOW_TO_IMPORT:
        importlib.import_module(name)
    numba.njit(lambda x: x + 1)(1)  # the compiler's own modules
    print("| module | mutants | tested | killed | survived | timed out | noticed |", "|---|---|---|---|---|---|---|", sep="\n")
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = copy_of_tree(Path(folder))
        for module in modules(names):
            known = equivalent(module)
            found = [mutant for mutant in mutants((tree / module).read_text()) if mutant.key not in known]
            its, count = suite(module, tree), Counter()
            for mutant in sampled(found, sample, seed):
                result = outcome(mutant, module, tree, its)
                count[result] += 1
                line = f"{module}:{mutant.line}  {mutant.old}  →  {mutant.new}"
                print(f"{result:9}  {line}", file=sys.stderr, flush=True)
                if result == "survived":
                    survivors.append(line)
            numbers = (len(found), count.total(), count["killed"], count["survived"], count["timed out"])
            noticed = f"{1 - count['survived'] / max(1, count.total()):.0%}"
            print("", module.relative_to(PACKAGE).with_suffix(""), *numbers, noticed, "", sep=" | ", flush=True)
    print(*survivors, sep="\n")
    return not survivors


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="MODULE")
    parser.add_argument("--sample", type=int, default=20, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(not main(options.names, options.sample, options.seed))
