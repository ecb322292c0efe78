"""Which frames of six channels belong together, and the message for a request without a DEM."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from configuration import configuration

from helioreduce.aia.dem import inversion
from helioreduce.errors import InputError
from helioreduce.plan import aia, dem, response, selection, targets
from helioreduce.plan.aia_cube import Cube

DEM = configuration()["aia"]["dem"]
SIX = {"channels": [94, 131, 171, 193, 211, 335, 304]}


def plan(**changed):
    images = aia.Plan.of(configuration(aia={**SIX, **changed}))
    return dem.Plan(images, response.Plan.of(images))


def test_channels_are_those_of_the_inversion():
    assert tuple(map(str, inversion.CHANNELS)) == dem.CHANNELS


def test_a_set_has_one_frame_of_each_channel():
    made = plan(end="2014-01-01T00:00:24")
    assert len(made.groups) == 3 and made.refusal is None
    assert all(set(group) == set(dem.CHANNELS) for group in made.groups.values())
    time = next(iter(made.groups))
    files = made.channels(SimpleNamespace(time=time))
    assert len(files) == 6 and files[0] == f"results/aia/normalised/94/{time}.fits"
    assert made.targets()[:2] == [f"results/aia/dem/{time}.fits", f"results/aia/dem_maps/{time}.png"]


def test_a_set_without_one_of_its_frames_takes_nothing_from_the_others():
    made = plan(end="2014-01-01T00:00:24")
    lost = ("94", sorted(made.groups)[1])
    left = dem.Plan(replace(made.images, bad={lost}), made.responses)
    assert left.groups == {time: group for time, group in made.groups.items() if time != lost[1]}


def test_aligned_images_are_taken_where_they_are_asked_for():
    made = plan(alignment={"tolerance_s": 12, "reference": 193})
    assert made.channels(SimpleNamespace(time=next(iter(made.groups))))[0].startswith("results/aia/aligned/94/")


def test_a_cube_has_sets_of_its_own():
    """The same groups, of tracked images, into files of their own; without a region there is no cube to make them from."""
    made = replace(plan(), tracked=True)
    time = next(iter(made.groups))
    assert made.channels(SimpleNamespace(time=time)) == [f"results/aia/tracked/{c}/{time}.fits" for c in dem.CHANNELS]
    assert made.targets()[:2] == [f"results/aia/cube_dem/{time}.fits", f"results/aia/cube_dem_maps/{time}.png"]
    for target in ("cube_dem", f"results/aia/cube_dem/{time}.fits"):
        with pytest.raises(InputError, match=r"aia\.cutout\.centre is not set"):
            targets.check([target], ["cube_dem"], made.images, Cube.of(made.images))


def test_settings_of_the_set_do_not_make_a_dem_again():
    assert not {"bin", "tolerance_s"} & set(plan().inversion)


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"channels": [171, 193]}, r"a DEM needs six channels at one time. Set aia.channels to \[94, 131"),
        (
            {"steps": {"respike": True, "deconvolve": True, "degradation": True, "exposure": False}},
            "a DEM needs images in DN/s",
        ),
        ({"dem": {**DEM, "bands": [6.5, 6.0]}}, "aia.dem: the edges of the bands do not ascend"),
        ({"dem": {**DEM, "log_temperature": [7.5, 5.5]}}, "aia.dem: the edges of the temperatures do not ascend"),
        ({"dem": {**DEM, "bands": [5.5, 6.0]}}, r"aia.dem: the bands go from 5.5 to 6, the DEM from 5.533 to 7.467"),
    ],
)
def test_a_request_without_a_dem_says_why(change, reported):
    made = plan(**change)
    with pytest.raises(InputError, match=reported):
        targets.check(["dem"], ["dem"], made.images, None, dem=made.refusal)
    targets.check(["all"], ["all"], made.images, None, dem=made.refusal)


def test_files_of_ones_own_need_dn_per_s_too():
    """All of them are counts: what is in DN/s already is no level-1 image."""
    made = plan(steps={"respike": True, "deconvolve": True, "degradation": True, "exposure": False})
    own = replace(made.images, source=replace(made.images.source, kind="local"))
    assert "a DEM needs images in DN/s" in str(replace(made, images=own).refusal)


def test_losses_are_reported_with_a_dem():
    """The list that messages name, and what makes the run fail."""
    made = plan()
    assert selection.MISSING in made.targets() and "results/aia/refused.txt" not in made.targets()
    lost = replace(made, images=replace(made.images, refused={"171 20140101T000001": "lost"}))
    assert "results/aia/refused.txt" in lost.targets()


def test_a_time_without_a_set_is_refused():
    with pytest.raises(InputError, match="there is no set of six channels at 20150101T000000"):
        plan().channels(SimpleNamespace(time="20150101T000000"))
