"""Targets that cannot be made are refused with the nearest that can."""

import pytest
from configuration import configuration

from helioreduce.errors import InputError
from helioreduce.plan import aia, targets
from helioreduce.plan.aia_cube import Cube

RULES = ["all", "figures", "offline", "aia_prep", "results/aia/missing.tsv", "theirs"]
PLAN = aia.Plan.of(configuration(aia={"channels": [171, 1600], "end": "2014-01-01T00:01:00"}))
CUBE = Cube.of(PLAN)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("figurs", "figurs: there is no such target. The nearest is figures"),
        ("xyz", "The nearest is all, figures, offline"),
        ("results/aia/level1.5/172/20140101T000001_simulated.fits", "no channel 172. It has 171, 1600: see aia.channels"),
        ("results/aia/level1.5/171/20140101T000002_simulated.fits", "The nearest: 20140101T000001_simulated, 20140101T0000"),
        ("results/aia/quicklook/171/20140101T000001.jpg", "The nearest: 20140101T000001_simulated"),
        ("results/figures/slit/171/20150101T000001_simulated.png", "no frame of 171 Å at 20150101T000001_simulated"),
    ],
)
def test_what_cannot_be_made_is_named_with_what_can(target, message):
    with pytest.raises(InputError, match=message):
        targets.check([target], RULES, PLAN, CUBE)


def test_rules_files_and_responses_of_any_channel_pass():
    first = next(iter(PLAN.frames))[1]
    names = ["all", "theirs", "other.txt", "folder/file", f"results/aia/level1.5/171/{first}.fits"]
    targets.check([*names, "results/aia/response/335/20100501T000000.ecsv"], RULES, PLAN, CUBE)


def test_a_cube_without_a_region_is_refused_with_an_example():
    with pytest.raises(InputError, match=r"aia\.cutout\.centre is not set"):
        targets.check(["cube"], [*RULES, "cube"], PLAN, CUBE)
