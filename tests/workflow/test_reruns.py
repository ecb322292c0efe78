"""A change makes again exactly what depends on it: every key of the schema, in a folder where everything is finished.

The table and the requests are dry runs of 1.5 CPU seconds; with the four finished folders they take some ten CPU minutes, five
on two idle cores. The tests that compare products run the workflow.
"""

import shutil

import pytest
import yaml
from external import Project
from reruns import BASE, LONGER, REFUSED, REQUESTS, TABLE, TARGETS, changed, jobs

import aia_quicklook
from helioreduce.io import fits, inputs, origin, provenance
from helioreduce.plan import schema, settings

#: A key of each kind, in the quick tests: of the archive, of a request, of a step, of a table, of nothing that is made.
QUICK = (
    *("archive.npix", "archive.events", "jsoc.record", "aia.end", "aia.device", "aia.steps.exposure"),
    *("aia.deconvolve.iterations", "aia.calibration.version", "aia.calibration.pointing"),
)
EVERY = [(section, key) for section, keys in TABLE.items() for key in keys]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Finished folders, made when they are asked for: ``finished("aia")``."""
    made = {}

    def folder(section):
        if section not in made:
            made[section] = project = Project(tmp_path_factory.mktemp(section))
            project.configure(**BASE)
            for name in ("images", "tables"):
                (project.folder / name).mkdir()
            project.run(*TARGETS[section])
        return made[section]

    return folder


def test_every_key_is_in_the_table():
    whole = yaml.safe_load(settings.SCHEMA.read_text())
    assert sorted(key for _, key in EVERY) == sorted(key for key, entry in schema.keys(whole) if "properties" not in entry)


@pytest.mark.parametrize(
    ("section", "key"), [pytest.param(*entry, marks=() if entry[1] in QUICK else pytest.mark.full) for entry in EVERY]
)
def test_a_change_of_one_key_runs_the_jobs_that_depend_on_it(finished, section, key):
    value, expected = TABLE[section][key]
    said = finished(section).planned(*TARGETS[section], *changed(key, value), fails=expected is REFUSED)
    assert expected is REFUSED or set(jobs(said)) == expected


def test_the_same_request_in_other_words_runs_nothing(finished):
    same = [*changed("archive.npix", 64), "aia={'start': '2014-01-01T05:30:00+05:30', 'batch': 0}", "spice={denoise: false}"]
    assert jobs(finished("aia").planned(*same)) == {}


@pytest.mark.parametrize("request_", REQUESTS)
def test_another_request_in_the_same_folder_makes_what_is_new(finished, request_):
    key, value, expected = REQUESTS[request_]
    assert jobs(finished("aia").planned(*changed(key, value))) == expected


#: Products by the endings of their names.
FORMS = ("fits", "png", "ecsv", "html", "tsv")
#: Folders of what does not repeat itself: downloads by their hashes, tables that say when they were fetched.
_OTHERS = {"store", "tables"}


def products(folder, section="aia", forms=("fits", "png")):
    """SHA-256 of every image and picture of a section."""
    found = (path for form in forms for path in (folder / "results" / section).rglob(f"*.{form}"))
    return {str(path.relative_to(folder)): provenance.sha256(path) for path in found if not _OTHERS & set(path.parts)}


#: A key of each kind of each instrument: of the frames, of a step at the start, in the middle, at the end, of a table.
COMPARED = {
    "aia": ("archive.npix", "archive.events", "aia.end", "aia.deconvolve.iterations", "aia.steps.exposure"),
    "esis": ("esis.simulate.seed", "esis.lines", "esis.flatten"),
    "spice": (
        *("spice.simulated.rows", "spice.area", "spice.despike", "spice.model.start", "spice.binning.extents"),
        *("spice.composition.log_n", "spice.fused", "spice.windows.include"),
    ),
}


@pytest.mark.full
@pytest.mark.parametrize(("section", "key"), [(section, key) for section, keys in COMPARED.items() for key in keys])
def test_a_changed_folder_holds_what_a_fresh_one_does(finished, tmp_path, section, key):
    used, fresh = Project(tmp_path / "used"), Project(tmp_path / "fresh")
    shutil.copytree(finished(section).folder, used.folder)
    fresh.configure(**BASE)
    request = (*TARGETS[section], *changed(key, TABLE[section][key][0]))
    for project in (used, fresh):
        project.run(*request)
    made, expected = (products(project.folder, section, FORMS) for project in (used, fresh))
    assert len(expected) > 5 and {name: made.get(name) for name in expected} == expected
    assert jobs(used.planned(*request)) == {}


#: Changes of a user's own combined dark and cleaned frame: of both, of one of them.
CLEANED = {
    "combined another way": ({"method": "mean"}, {}),
    "another noise": ({}, {"read_noise": 8}),
    "another search": ({}, {"sigclip": 8, "sepmed": True, "grow": 1}),
    "electrons": ({}, {"electrons": True}),
}


@pytest.mark.full
@pytest.mark.parametrize("change", CLEANED)
def test_frames_cleaned_again_are_those_of_a_fresh_folder(finished, tmp_path, change):
    used, fresh = Project(tmp_path / "used"), Project(tmp_path / "fresh")
    for project in (used, fresh):
        shutil.copytree(finished("cosmic_rays").folder / "results/cosmic_rays/simulated", project.folder / "frames")
    for project, changes in ((used, ({}, {})), (used, CLEANED[change]), (fresh, CLEANED[change])):
        dark, clean = changes
        combined = {"name": "mine", "kind": "dark", "files": "frames/dark_*.fits", **dark}
        cleaned = {"name": "night", "files": "frames/science.fits", "dark": "mine", "read_noise": 10, "gain": 1.5, **clean}
        project.configure(cosmic_rays={"combine": [combined], "clean": [cleaned]})
        project.run("cosmic_rays")
    made, expected = (products(project.folder, "cosmic_rays", FORMS) for project in (used, fresh))
    assert len(expected) >= 6 and made == expected
    assert jobs(used.planned("cosmic_rays")) == {}


@pytest.mark.full
def test_a_longer_request_and_the_shorter_one_again(finished, tmp_path):
    """The shorter one lists its records again, which are kept by period, and what is missing; no frame is made."""
    project = Project(tmp_path / "longer")
    shutil.copytree(finished("aia").folder, project.folder)
    before = products(project.folder)
    project.run(*changed("aia", LONGER))
    assert products(project.folder).items() >= before.items() and jobs(project.planned(*changed("aia", LONGER))) == {}
    assert jobs(project.planned()) == {"aia_query": 1, "aia_missing": 1}
    said = project.run()
    assert products(project.folder).items() >= before.items() and jobs(project.planned()) == {}
    assert "Of other requests or settings, and not checked by this run: results/aia/respiked (1 file)" in said


@pytest.mark.full
def test_other_dates_and_back_run_nothing_of_the_first(finished, tmp_path):
    project = Project(tmp_path / "dates")
    shutil.copytree(finished("aia").folder, project.folder)
    before = products(project.folder)
    other = changed("aia", {"start": "2014-02-02T00:00:00", "end": "2014-02-02T00:00:00"})
    project.run(*other)
    assert jobs(project.planned()) == {"aia_missing": 1}
    project.run()
    assert products(project.folder).items() >= before.items()
    assert jobs(project.planned(*other)) == {"aia_missing": 1}


#: Tables of the instrument, not of the simulated Sun.
INSTRUMENTS = ("psf", "error.ecsv", "degradation.ecsv")


@pytest.mark.full
@pytest.mark.parametrize("section", TABLE)
def test_every_file_made_from_simulated_frames_says_so_in_words(finished, section):
    """Headers, tables and pages of finished folders; pictures: the next test, and tests of :mod:`helioreduce.io.origin`."""
    results = finished(section).folder / "results"
    files = [path for form in ("fits", "ecsv", "html") for path in results.rglob(f"*.{form}") if "store" not in path.parts]
    own = [path for path in files if not {path.name, path.parents[1].name} & set(INSTRUMENTS)]
    said = {path: fits.read_header(path).get("SIMULATE", "") if path.suffix == ".fits" else path.read_text() for path in own}
    assert len(own) > 10 and [path for path, text in said.items() if "not an observation" not in text] == []


@pytest.mark.full
def test_the_first_picture_of_a_newcomer_says_in_words_that_it_is_no_observation(finished, tmp_path, monkeypatch):
    """The words are in the figure that gives the very bytes of the picture in the folder."""
    results, said = finished("aia").folder / "results/aia", []
    image, picture = (
        next((results / name).glob(f"171/*.{form}")) for name, form in (("normalised", "fits"), ("quicklook", "jpg"))
    )
    own = origin.stamp
    monkeypatch.setattr(origin, "stamp", lambda figure: (own(figure), said.append(figure.get_supxlabel())))
    with origin.saying(inputs.origins([image])):
        aia_quicklook.main([str(image)], [str(tmp_path / "drawn.jpg")])
    assert said[0].splitlines()[-1] == "SIMULATED by helioreduce: not an observation"
    assert (tmp_path / "drawn.jpg").read_bytes() == picture.read_bytes()


@pytest.mark.full
def test_another_source_shares_no_file_name_with_the_archive(finished):
    said = finished("aia").planned(*changed("source", "jsoc"))
    asked = {word.rstrip(",") for line in said.splitlines() if "output:" in line for word in line.split()[1:]}
    assert not {name for name in asked if (finished("aia").folder / name).exists() and "T0" in name}
