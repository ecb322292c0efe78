"""The catalogue: each figure has a function that takes its inputs and options, and a caption."""

import inspect
from itertools import pairwise
from pathlib import Path

import pytest

from helioreduce.aia.figures import catalogue

CAPTIONS = Path(__file__).parents[3] / "workflow" / "report"


@pytest.mark.parametrize("name", catalogue.FIGURES)
def test_a_figure_is_drawn_from_its_inputs_and_options(name):
    entry = catalogue.FIGURES[name]
    arguments = inspect.signature(catalogue.function(name)).parameters
    assert set(arguments) == {*entry.inputs, *entry.options}
    optional = {argument for argument, own in arguments.items() if own.default is not own.empty}
    assert optional <= set(entry.inputs)


@pytest.mark.parametrize("name", catalogue.FIGURES)
def test_a_figure_says_which_instrument_it_is_of(name):
    """By its line above, or by the name of an image."""
    text = inspect.getsource(catalogue.function(name))
    assert "SDO/AIA" in text or "sky.name(" in text


def test_every_figure_has_a_caption():
    assert {file.stem for file in CAPTIONS.glob("*.rst")} == set(catalogue.FIGURES)


def test_figures_of_a_group_follow_each_other():
    groups = [entry.group for entry in catalogue.FIGURES.values()]
    assert sum(one != other for one, other in pairwise(groups)) == len(set(groups)) - 1
