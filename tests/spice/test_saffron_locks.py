"""SAFFRON's locks as ties."""

import pytest

from helioreduce.errors import InputError
from helioreduce.spice import catalogue, saffron_locks

KNOWN = catalogue.built_in()
WINDOWS = [
    saffron_locks.held("O III 703", 701.4, 707.5, KNOWN),
    saffron_locks.held("", 0, 0, KNOWN),  # a dumbbell counts
    saffron_locks.held("S IV 750", 746.9, 751.8, KNOWN),
]
SCRIPT = """
from saffron.manager import Manager
m = Manager("config.json")
m.fuse_windows([0, 2])
m.lock("fuse", 0, {"element_index": 4, "parameter": "x"}, {"element_index": 2, "parameter": "x"},
       lock_protocol={"operation": "add", "value": 43.52})
m.lock("solo", 2, {"element_index": 0, "parameter": "s"}, {"element_index": 2, "parameter": "s"},
       {"operation": "mul", "value": 1})
m.set_lock_protocol("fuse", 0, "Mg IX 706.02", 4, 43.52)
m.fit_manager()
"""


def test_calls_become_groups_and_ties():
    found = saffron_locks.settings(SCRIPT, WINDOWS)
    magnesium = {"follower": "mg_9 749.54 x", "operation": "add", "leader": "mg_9 706.02 x", "value": 43.52}
    width = {"follower": "s_4 748.40 s", "operation": "mul", "leader": "s_4 750.22 s", "value": 1.0}
    assert found == {"groups": [["O III 703", "S IV 750"]], "model": {"ties": [magnesium, width, magnesium]}}


def test_a_list_for_each_file_and_windows_by_themselves():
    for call in ("m.fuse_windows([[0, 2], [0, 2]])", "raster.fuse_windows(0, 2)", "fuse_windows([0, 2])"):
        assert saffron_locks.settings(call, WINDOWS)["groups"] == [["O III 703", "S IV 750"]]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("m.fit_manager()", "has no call"),
        ("m.fuse_windows(", "is no Python"),
        ("m.fuse_windows(mine)", "line 1: the arguments of fuse_windows are no literals"),
        ('m.lock("fuse", 0, {}, {}, {})', "line 1, lock"),
        ('m.set_lock_protocol("solo", 0, "Fe XX 721.55", 0, 1.0)', "line 1, set_lock_protocol"),
    ],
)
def test_what_cannot_be_translated_is_named_with_its_line(script, problem):
    with pytest.raises(InputError, match=problem):
        saffron_locks.settings(script, WINDOWS)
