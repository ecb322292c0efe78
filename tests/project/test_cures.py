"""Messages send their reader to keys that the configuration has."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from helioreduce.plan import schema
from helioreduce.series import EXPOSURES, LEVEL1

REPOSITORY = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
SECTIONS = list(SCHEMA["properties"])
KEY = re.compile(rf"\b(?:{'|'.join(SECTIONS)})(?:\.[a-z_0-9]+)+\b(?!\()")
#: Names of files, of modules of Python, and of JSOC's series that look like keys.
OTHERS = {"local.fits", "source.fits", *EXPOSURES, *(name for name, _ in LEVEL1.values())}


def has(key, section=SCHEMA):
    """Whether the schema has a key; what stands below a key of free form is not looked at."""
    first, _, rest = key.partition(".")
    properties = section.get("properties", {})
    if first not in properties:
        return not properties and section.get("type") in ("array", "object")
    return not rest or has(rest, properties[first])


def messages():
    """File, line and text of every cure, and of what rules and scripts say of keys."""
    for file in sorted((REPOSITORY / "scripts").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "cure":
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"{file.relative_to(REPOSITORY)}:{part.lineno}", part.value


NAMED = sorted({(key, place) for place, text in messages() for key in KEY.findall(text) if key not in OTHERS})


def test_cures_name_keys():
    assert len(NAMED) > 10


@pytest.mark.parametrize(("key", "place"), NAMED, ids=[f"{key} in {place}" for key, place in NAMED])
def test_a_key_that_a_cure_names_exists(key, place):
    assert has(key), f"{place} names {key}"


def test_a_wrong_key_is_noticed():
    assert has("aia.deconvolve.iterations") and not has("aia.deconvolve.rounds") and not has("aia.nothing")


def test_documents_are_named_that_exist():
    """A cure that sends to a page says which, and the page is there."""
    wrong = [place for place, text in messages() if "README" in text]
    pages = {page for _, text in messages() for page in re.findall(r"docs/[\w/]+\.md", text)}
    assert not wrong and all((REPOSITORY / page).exists() for page in pages)


PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
#: Series of JSOC and files that look like keys.
SERIES = {"aia.master_pointing3h"}


def in_code(word):
    """Whether a dotted name is one of the package's modules, or something in one of them."""
    *parts, last = f"helioreduce.{word}".split(".")
    found = importlib.import_module("helioreduce")
    for part in parts[1:]:
        if not importlib.util.find_spec(f"{found.__name__}.{part}"):
            return False
        found = importlib.import_module(f"{found.__name__}.{part}")
    is_module = hasattr(found, "__path__") and importlib.util.find_spec(f"{found.__name__}.{last}")
    return bool(is_module) or hasattr(found, last)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_what_a_page_says_of_the_configuration_is_true(page):
    """Every key in its text exists, and every block of settings is one that a run would take."""
    text = page.read_text()
    named = {word for word in re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+)`", text) if KEY.fullmatch(word)} - SERIES - OTHERS
    assert {word for word in named if not has(word) and not in_code(word)} == set()
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S):
        settings = yaml.safe_load(block)
        if settings and set(settings) <= set(SECTIONS):
            schema.check(schema.filled(settings, SCHEMA), SCHEMA)
