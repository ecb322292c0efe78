"""Many products in one job: kept under what they follow from, linked, and failures that cost nobody else."""

import errno
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from helioreduce.errors import InputError, Unwritable, unwritable
from helioreduce.runtime import batch


class Product(NamedTuple):
    """A product that is its input's text, repeated."""

    output: str
    inputs: list[str]
    settings: object = 2

    @property
    def name(self) -> str:
        return Path(self.output).stem

    @property
    def file(self) -> str:
        return self.inputs[0]

    @property
    def outputs(self) -> list[str]:
        return [self.output]


class Pair(Product):
    """A product with a second file, which has the name of the first."""

    @property
    def outputs(self) -> list[str]:
        return [self.output, self.output.replace("out/", "more/")]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder with the inputs a, b and c."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        Path(name).write_text(name)
    return tmp_path


@pytest.fixture
def run(site):
    """Run a batch of a, b and c and return the names that were computed: ``run(bad={…}, common=…, b=settings)``."""

    def start(common="code", bad=(), **settings):
        products = [Product(f"out/{name}.fits", [name], settings.get(name, 2)) for name in "abc"]
        computed = []

        def compute(product, text):
            computed.append(product.name)
            if product.name in bad:
                raise InputError("is not usable", cure="Take another") if bad[product.name] else ValueError("a mistake")
            return text * product.settings

        def write(path, text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        try:
            batch.run(products, "kept", "made by", common, lambda product: Path(product.file).read_text(), compute, write)
        finally:
            start.computed = computed
        return computed

    return start


def later(name):
    """Touch a file when the clock of the file system has moved on."""
    time.sleep(0.02)
    Path(name).touch()


def outputs(site):
    return {file.stem: file.read_text() for file in sorted((site / "out").glob("*.fits"))}


def test_outputs_are_links_to_what_is_kept(run, site):
    assert run() == ["a", "b", "c"]
    assert outputs(site) == {"a": "aa", "b": "bb", "c": "cc"}
    kept = {file.stat().st_ino for file in (site / "kept").rglob("*.fits")}
    assert {file.stat().st_ino for file in (site / "out").iterdir()} == kept


def test_what_is_kept_is_linked_again_not_computed(run, site, capsys):
    run()
    (site / "out" / "b.fits").unlink()
    assert run() == []
    assert outputs(site) == {"a": "aa", "b": "bb", "c": "cc"}
    assert "b: kept from before" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["input", "settings", "common"])
def test_what_a_product_follows_from_renews_it_and_nothing_else(run, site, change):
    run()
    if change == "input":
        Path("b").write_text("B")
        assert run() == ["b"] and outputs(site) == {"a": "aa", "b": "BB", "c": "cc"}
    elif change == "settings":
        assert run(b=3) == ["b"] and outputs(site) == {"a": "aa", "b": "bbb", "c": "cc"}
    else:
        assert run(common="edited code") == ["a", "b", "c"]
    assert len(list((site / "kept").rglob("*.fits"))) == 3, "the outdated one is removed"


def test_one_failure_costs_nobody_else_and_is_named(run, site, caplog):
    with pytest.raises(InputError) as raised:
        run(bad={"b": True, "c": False})
    text = str(raised.value)
    assert "2 of 3 images failed" in text and "b: is not usable. Take another" in text and "c: ValueError: a mistake" in text
    assert outputs(site) == {"a": "aa"}
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError], "only the unexpected one"
    assert run() == ["b", "c"]


def test_a_failure_is_known_until_something_changes(run, site):
    """By time stamps, as Snakemake has it; a mistake of the program is no property of its input."""
    Path("table").touch()
    with pytest.raises(InputError):
        run(bad={"b": True, "c": False})
    a, b, c = (Product(f"out/{name}.fits", [name]) for name in "abc")

    def why(product, made_by="made by", tables=("table",)):
        return batch.failure(product, "kept", made_by, tables)

    assert why(b) == "b: is not usable. Take another"
    assert (why(a), why(c), why(b, "edited code"), why(b._replace(settings=3)), why(b, tables=["none"])) == (None,) * 5
    later("b")
    assert why(b) is None
    with pytest.raises(InputError):
        run(bad={"b": True})
    assert why(b)
    later("table")
    assert why(b) is None


def test_progress_names_each_image_as_it_is_done(capsys, monkeypatch):
    items = [Product(f"out/{name}.fits", [name]) for name in "ab"]
    with pytest.raises(InputError, match="1 of 2 images failed"):
        batch.each(zip(items, [None, InputError("no")], strict=True), 2, kept="somewhere")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("b: failed (2 of 2, "), "what is quick is in the log alone"
    monkeypatch.setattr(batch, "SCREEN_INTERVAL_S", 0)
    batch.each([(item, None) for item in items], 2, kept="somewhere")
    assert [line.partition(" (")[0] for line in capsys.readouterr().err.splitlines()] == ["a: done", "b: done"]


def test_a_product_of_two_files_is_kept_as_one(site):
    """Both are linked; where one is lost both are linked again; a new pair leaves nothing of the old one."""
    computed = []

    def start():
        def write(one, other, text):
            for path in (one, other):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{text} {path is other}")

        pairs = [Pair(f"out/{name}.fits", [name]) for name in "ab"]
        batch.run(pairs, "kept", "made by", (), lambda pair: Path(pair.file).read_text(),
                  lambda pair, text: computed.append(pair.name) or text, write)  # fmt: skip
        return [(site / "out" / f"{name}.fits").read_text() + (site / "more" / f"{name}.fits").read_text() for name in "ab"]

    assert start() == ["a Falsea True", "b Falseb True"]
    (site / "more" / "a.fits").unlink()
    assert start() == ["a Falsea True", "b Falseb True"] and computed == ["a", "b"]
    (site / "a").write_text("A")
    assert start() == ["A FalseA True", "b Falseb True"] and computed == ["a", "b", "a"]
    assert len(list((site / "kept").rglob("*.fits"))) == 4
    assert all(any(folder.iterdir()) for folder in (site / "kept").rglob("*/"))


@pytest.mark.parametrize("reported", [lambda error: error, lambda error: unwritable(error, "q.fits")], ids=["raw", "reported"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_at_the_first_file(site, number, reported):
    """What is done stays, little more is computed, the message counts, and the image that met it may be made later."""
    products, computed = [Product(f"out/{name}.fits", ["a"]) for name in "pqrstu"], []

    def write(path, text):
        if path.stem == "q":
            raise reported(OSError(number, "No space left on device"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def compute(product, text):
        computed.append(product.name)
        return text

    with pytest.raises(Unwritable, match="1 of 6 images are done and kept"):
        batch.run(products, "kept", "code", None, lambda product: "text", compute, write)
    assert Path("out/p.fits").exists() and not Path("out/q.fits").exists()
    assert batch.failure(products[1], "kept", "code") is None
    assert len(computed) <= 4


def test_reasons_are_reported_of_what_is_not_there(site):
    products = [Product(f"out/{name}.fits", [name]) for name in "abc"]

    def compute(product, text):
        if product.name != "a":
            raise InputError("holds no Sun") if product.name == "b" else ZeroDivisionError("bug")
        return text

    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    with pytest.raises(InputError, match="2 of 3 images failed"):
        batch.run(products, "kept", "code", None, lambda product: "text", compute, write)
    assert batch.reasons(products, "kept") == {
        "out/b.fits": ("holds no Sun", False),
        "out/c.fits": ("an unexpected error: see the log of its part", True),
    }
