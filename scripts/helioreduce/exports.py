"""Public names of a package, imported when they are first used: ``import helioreduce`` loads no library."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_LINE = re.compile(r"^from ([\w.]+) import (\w+) as (\w+)$", re.MULTILINE)


def attach(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Its public names stand in ``__init__.pyi`` beside its ``__init__.py``, one ``from module import name as name`` a line:
    the one place that type checkers, this function and the documentation read. The rules' digests of code do not follow them.

    Parameters
    ----------
    package
        Name of the package that calls.
    """
    module = sys.modules[package]
    homes = {public: (home, name) for home, name, public in _LINE.findall(Path(str(module.__file__) + "i").read_text())}

    def get(name: str) -> Any:
        """Import a public name when it is first used."""
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, own = homes[name]
        value = import_module(f"{home}.{own}") if home == package else getattr(import_module(home), own)
        setattr(module, name, value)
        return value

    return get, lambda: sorted({*vars(module), *homes}), list(homes)
