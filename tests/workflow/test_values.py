"""Every value that the configuration offers is run once, end to end and small, and its effect is seen in a product.

The tables are in ``tests/support/values_*.py``; what is in none of them is missed by the first test.
"""

import json
import re
import shutil
from contextlib import ExitStack

import pytest
import values_aia
import values_cosmic_rays
import values_esis
import values_products
import values_sources
import values_spice
import yaml
from external import ENVIRONMENT, REPOSITORY, Project, Server
from offers import Done, offered

from helioreduce.plan import settings

ROOMS = (values_aia, values_cosmic_rays, values_esis, values_products, values_sources, values_spice)
RUNS = {name: run for room in ROOMS for name, run in room.RUNS.items()}
EXCEPTIONS = {value: reason for room in ROOMS for value, reason in room.EXCEPTIONS.items()}
SHOWN = [(name, value) for name, run in RUNS.items() for value in run.shows]
#: Runs of the quick tests.
QUICK = ("source_nowhere", "source_bare")


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Finished runs, made when they are asked for: ``done("aia")``."""
    made = {}

    def run(name):
        if name not in made:
            made[name] = finished(tmp_path_factory.mktemp(name), RUNS[name], run)
        return made[name]

    return run


def finished(folder, run, others):
    """Do a run, in a folder that is new or a copy of another run's."""
    project, config = Project(folder), json.dumps(run.config)
    if run.after:
        shutil.copytree(others(run.after).folder, folder, dirs_exist_ok=True)
    if run.files:
        run.files(folder)
    with ExitStack() as serving:
        if run.served:
            root = others(run.after).folder / "results/archive"
            config = config.replace("URL", serving.enter_context(Server(root, folder / "requests.jsonl")).url)
        project.configure(**json.loads(config))
        with pytest.MonkeyPatch.context() as patch:
            if run.config.get("jsoc", {}).get("email"):
                patch.setattr("external.ENVIRONMENT", {key: value for key, value in ENVIRONMENT.items() if key != "JSOC_EMAIL"})
            said = project.run(*run.targets, fails=run.fails)
    return Done(folder, said, others)


def test_every_value_is_shown_or_excepted_and_no_other():
    schema = set(offered(yaml.safe_load(settings.SCHEMA.read_text())))
    shown = {value for _, value in SHOWN}
    assert schema - shown - set(EXCEPTIONS) == set()
    assert (shown | set(EXCEPTIONS)) - schema == set() and not shown & set(EXCEPTIONS)


def test_exceptions_have_reasons_and_name_tests_that_exist():
    tests = {reason: re.findall(r"tests/[\w/.]+", reason) for reason in EXCEPTIONS.values()}
    assert all(paths and all((REPOSITORY / path).exists() for path in paths) for paths in tests.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, marks=() if name in QUICK else pytest.mark.full, id=f"{name}: {value[0]}={value[1]}")
        for name, value in SHOWN
    ],
)
def test_a_value_has_its_effect(done, name, value):
    assert RUNS[name].shows[value](done(name))
