"""Public names are imported when they are used, and stand in one place."""

import sys
from types import ModuleType

import pytest

from helioreduce import exports


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "__init__.pyi").write_text(
        "from json import dumps as write\nfrom json import loads as loads\n\n__version__: str\n"
    )
    module = ModuleType("small")
    module.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "small", module)
    return module


def test_names_come_from_the_stub(package):
    import json

    get, names, public = exports.attach("small")
    assert public == ["write", "loads"]
    assert get("write") is json.dumps
    assert package.write is json.dumps  # kept: asked for once
    assert {"write", "loads"} <= set(names())


def test_an_unknown_name_is_an_attribute_error(package):
    get, *_ = exports.attach("small")
    with pytest.raises(AttributeError, match="'small' has no attribute 'reed'"):
        get("reed")


def test_submodules_are_attributes_of_the_package():
    import helioreduce

    assert helioreduce.aia.__name__ == "helioreduce.aia"
    assert callable(helioreduce.aia.reduce)
