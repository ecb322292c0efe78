"""A script's main gets inputs, outputs, wildcards, params and threads by name."""

from types import SimpleNamespace

import pytest
from snakemake.iocontainers import Namedlist

from helioreduce.errors import InputError
from helioreduce.runtime import script


@pytest.fixture
def job(tmp_path):
    """A job as Snakemake describes it to a script: ``job(input={...}, output=[...])``."""

    def make(**parts: object) -> SimpleNamespace:
        lists = {}
        for name in ("input", "output", "wildcards", "params", "log"):
            part = parts.get(name, {})
            lists[name] = Namedlist(fromdict=part) if isinstance(part, dict) else Namedlist(part)
        lists["log"] = [str(tmp_path / "job.log")]
        return SimpleNamespace(rule="aia_test", threads=parts.get("threads", 1), config=parts.get("config", {}), **lists)

    return make


def test_every_part_is_handed_over_by_name(job):
    given = job(
        input={"image": "a.fits", "table": "t1"},
        output=["b.fits"],
        wildcards={"channel": "171"},
        params={"settings": {"k": 1}},
        threads=2,
    )
    seen = {}

    def main(image, table, output, channel, settings, threads, device="cpu"):
        seen.update(locals())

    script.run(main, given)
    expected = {"image": "a.fits", "table": "t1", "output": "b.fits", "channel": "171", "settings": {"k": 1}}
    del seen["seen"]
    assert seen == expected | {"threads": 2, "device": "cpu"}


def test_unnamed_files_are_lists(job):
    def main(inputs, outputs):
        assert (inputs, outputs) == (["a", "b"], ["c", "d"])

    script.run(main, job(input=["a", "b"], output=["c", "d"]))


def test_a_main_may_take_everything_else_by_name(job):
    """Inputs, wildcards and params that it does not name are in its last argument."""
    given = job(input={"image": "a", "truth": "b"}, output=["c"], wildcards={"channel": "171"}, params={"figure": "pulls"})

    def main(figure, outputs, **given):
        assert (figure, outputs) == ("pulls", ["c"])
        assert {"image": "a", "truth": "b", "channel": "171"}.items() <= given.items()

    script.run(main, given)
    with pytest.raises(TypeError, match="asks for side, which the rule"):
        script.arguments(lambda side, **given: None, given)


def test_what_the_rule_does_not_have_is_named(job):
    with pytest.raises(TypeError, match="asks for table, which the rule aia_test does not have"):
        script.arguments(lambda image, table: None, job(input={"image": "a"}))


def test_one_name_for_two_things_is_refused(job):
    with pytest.raises(TypeError, match="gives image twice"):
        script.arguments(lambda image: None, job(input={"image": "a"}, params={"image": "b"}))


def test_bad_input_ends_the_job_with_its_message(job, tmp_path):
    def main():
        raise InputError("is no image", cure="Give one", where="a.fits")

    with pytest.raises(SystemExit, match=r"error: a.fits: is no image. Give one"):
        script.run(main, job())
    assert "a.fits: is no image. Give one" in (tmp_path / "job.log").read_text()


def test_the_configuration_is_there_for_what_products_do_not_depend_on(job):
    def main(config):
        assert config == {"jsoc": {"retries": 3}}

    script.run(main, job(config={"jsoc": {"retries": 3}}))
