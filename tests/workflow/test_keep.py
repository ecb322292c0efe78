"""States between level 1 and the finished image: removed after their last use, made again alone, kept where asked for."""

import pytest
from external import Project
from reruns import STATES, changed, jobs

FRAME = "171/20140101T000001_simulated.fits"
CHAIN = ("respike", "error", "deconvolve", "prep", "degradation", "exposure")


@pytest.fixture(scope="module")
def reduced(tmp_path_factory):
    """One frame by the default command, in single steps."""
    project = Project(tmp_path_factory.mktemp("kept"))
    project.configure(archive={"npix": 64}, aia={"channels": [171], "deconvolve": {"iterations": 1}})
    project.run()
    return project


def states(project):
    """The states that are on disk."""
    return {folder.name for folder in (project.folder / "results/aia").iterdir() if (folder / FRAME).exists()}


def test_level_1_and_the_finished_image_stay_and_nothing_is_to_be_done(reduced):
    assert states(reduced) == {"level1", "spikes", "normalised"}
    assert jobs(reduced.planned()) == {}


@pytest.mark.parametrize(("state", "until"), [("respiked", 1), ("deconvolved", 3), ("corrected", 5)])
def test_a_state_that_is_asked_for_is_made_alone(reduced, state, until):
    """By its name, or by the setting: the steps up to it, and nothing that follows from it."""
    expected = {f"aia_{name}": 1 for name in CHAIN[:until]}
    assert jobs(reduced.planned(f"results/aia/{state}/{FRAME}")) == expected
    assert jobs(reduced.planned(*changed("aia.keep", ["level1", state]))) == expected


def test_settings_of_a_step_make_the_states_before_it_again(reduced):
    assert jobs(reduced.planned(*changed("aia.exposure.source", "measured"))) == {
        f"aia_{name}": 1 for name in (*CHAIN, "quicklook")
    }
    assert jobs(reduced.planned(*changed("aia.keep", []))) == {}


def test_kept_states_come_and_go_without_the_finished_image(reduced):
    """Made in a later run, the states are newer than the finished image, which follows from the same files and settings."""
    finished = reduced.folder / "results/aia/normalised" / FRAME
    made = finished.stat().st_mtime_ns
    keeping = changed("aia.keep", STATES)
    reduced.run(*keeping)
    assert states(reduced) == {"spikes", "normalised", *STATES}
    for settings in (keeping, [], changed("aia.keep", [])):
        assert jobs(reduced.planned(*settings)) == {}
    assert finished.stat().st_mtime_ns == made
