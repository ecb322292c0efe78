"""ESIS' plan of a configuration: frames, sequences and targets for each documented value, without Snakemake."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import camera
from helioreduce.plan.esis import SIMULATED_TARGET, Plan

SCHEMA = yaml.safe_load((Path(__file__).parents[2] / "workflow/schemas/config.schema.yaml").read_text())
FLIGHT = (98, 99, 120, 121, 122, 163)


def defaults(schema):
    """The configuration that the schema's defaults are."""
    if "properties" in schema:
        return {key: defaults(value) for key, value in schema["properties"].items()}
    return schema["default"]


def plan(aia_frames=(), **esis):
    return Plan.of({"esis": {**defaults(SCHEMA["properties"]["esis"]), **esis}}, aia_frames)


def job(**wildcards):
    return SimpleNamespace(**{key: str(value) for key, value in wildcards.items()})


def every_target(made):
    return [made.target(job(sequence=sequence)) for sequence in made.sequences]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Frames of a flight, a truncated transfer and a text beside them; the working folder is theirs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    given = tmp_path / "given"
    given.mkdir()
    for exposure in FLIGHT:
        for number in camera.CAMERAS:
            (given / f"ESIS{number}_{exposure:05d}.fit.gz").touch()
    (given / "ESIS1_00123.fit.gz.part").touch()
    (given / "notes.txt").touch()
    return given


# Frames


def test_a_simulated_flight_is_the_default():
    made = plan()
    assert made.simulated
    assert made.sequences == ["00120", "00121", "00122"]
    assert made.light_frames(job(sequence="00121")) == [f"results/esis/level0/ESIS{n}_00121.fits" for n in (1, 2, 3, 4)]
    assert [name[-10:] for name in made.dark_frames(job(camera=3))] == [f"{n:05d}.fits" for n in (97, 98, 99, 100)]


@given(st.integers(1, 17), st.integers(4, 12), st.integers(0, 99988))
def test_the_simulated_flight_has_the_size_that_is_asked_for(sequences, darks, first):
    made = plan(simulate={"sequences": sequences, "darks": darks, "seed": 1}, lights=[first, first + 27])
    assert len(made.sequences) == sequences and len(made.darks) == darks
    assert all(tuple(files) == camera.CAMERAS for files in [*made.lights.values(), *made.darks.values()])


def test_excluded_exposures_of_a_simulated_flight_are_left_out_too():
    assert plan(exclude=[121, 98]).sequences == ["00120", "00122"]
    assert len(plan(exclude=[121, 98]).darks) == 4
    with pytest.raises(InputError, match="leaves none of the simulated exposures 120 to 122"):
        plan(exclude=[120, 121, 122])


def test_frames_of_a_folder_are_light_or_dark_by_their_number(folder):
    made = plan(directory="given")
    assert not made.simulated
    assert made.sequences == ["00120", "00121", "00122"]
    assert made.light_frames(job(sequence="00120")) == [str(folder / f"ESIS{n}_00120.fit.gz") for n in (1, 2, 3, 4)]
    assert made.dark_frames(job(camera=2)) == [str(folder / f"ESIS2_{n:05d}.fit.gz") for n in (98, 99, 163)]


def test_excluded_exposures_are_left_out_light_and_dark(folder):
    made = plan(directory="given", exclude=[99, 121])
    assert made.sequences == ["00120", "00122"]
    assert list(made.darks) == [98, 163]


def test_a_missing_camera_is_left_to_its_own_sequence(folder):
    """The plan holds what there is; the other sequences are not touched."""
    (folder / "ESIS3_00121.fit.gz").unlink()
    made = plan(directory="given")
    assert len(made.light_frames(job(sequence="00121"))) == 3
    assert len(made.light_frames(job(sequence="00122"))) == 4


@pytest.mark.parametrize(
    ("esis", "message"),
    [
        ({"directory": "nowhere"}, "'nowhere' does not exist"),
        ({"directory": "given/notes.txt"}, "is not a folder"),
        ({"directory": "."}, r"no level-0 frame of ESIS.*ESIS<camera>_<exposure>\.fit\.gz"),
        ({"directory": "given", "lights": [200, 300]}, r"esis\.lights, \[200, 300\]; its exposures are 98 to 163"),
        ({"directory": "given", "darks": [[1, 9], [20, 30]]}, r"esis\.darks, \[\[1, 9\], \[20, 30\]\]"),
        ({"directory": "given", "exclude": [120, 121, 122]}, r"esis\.lights.*esis\.exclude"),
        ({"directory": "given", "exclude": [121, 200]}, r"there is no exposure 200; there are 98 to 163"),
        ({"exclude": [123]}, r"esis\.exclude: there is no exposure 123; there are 97 to 122"),
        ({"directory": "given", "target": "none.fits"}, r"'none\.fits' does not exist"),
        ({"directory": "given", "target": "given"}, "holds no FITS file"),
        ({"directory": "given", "target": "aia"}, r"aia\.channels has no 304"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_cure(folder, esis, message):
    with pytest.raises(InputError, match=message) as refused:
        plan([("171", "20190930T180600")], **esis)
    assert refused.value.cure


def test_two_files_of_one_frame_are_refused(folder):
    (folder / "ESIS2_00121.fits").touch()
    with pytest.raises(InputError, match=r"ESIS2_00121\.fit\.gz and ESIS2_00121\.fits are both exposure 121 of camera 2"):
        plan(directory="given")


def test_a_sequence_that_the_flight_does_not_have_is_named(folder):
    with pytest.raises(InputError, match="no sequence 00999.*00120, 00121, 00122"):
        plan(directory="given").light_frames(job(sequence="00999"))


# Targets: each documented value


def test_target_null_is_the_simulators_own_for_a_simulated_flight():
    assert every_target(plan()) == [[SIMULATED_TARGET]] * 3


def test_target_null_is_the_designed_geometry_for_real_frames(folder):
    """Also where a simulated flight has left its target behind."""
    stale = folder.parent / SIMULATED_TARGET
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert every_target(plan(directory="given")) == [[]] * 3


@pytest.mark.parametrize("directory", ["given", None])
def test_target_aia_is_the_level_1_5_image_nearest_to_each_exposure(folder, directory):
    """Frames at 12 s, exposures at 10 s: none is more than 6 s from the middle of its exposure; other channels do not count."""
    start = camera.time_of(109)
    slots = [times.compact(start + timedelta(seconds=12 * n)) for n in range(40)]
    made = plan(
        [("171", times.compact(camera.time_of(120))), *(("304", slot) for slot in slots)], directory=directory, target="aia"
    )
    for sequence, files in zip(made.sequences, every_target(made), strict=True):
        (file,) = files
        assert file.startswith("results/aia/level1.5/304/") and file.endswith(".fits")
        middle = camera.time_of(int(sequence)) - timedelta(seconds=5)
        assert abs((times.from_compact(Path(file).stem) - middle).total_seconds()) <= 6.5  # names are to the second
    assert made.modelled_on == every_target(made)[0]


def test_target_file_is_one_file(folder):
    """A list of one, never a text, which would be read as a list of letters."""
    (folder.parent / "aia304.fits").touch()
    made = plan(directory="given", target="aia304.fits")
    assert every_target(made) == [[str(folder.parent / "aia304.fits")]] * 3
    assert made.modelled_on == []


def test_target_folder_is_all_its_fits_files(folder):
    images = folder.parent / "images"
    images.mkdir()
    for name in ("b.fits", "a.FITS.gz", "c.fts", "README"):
        (images / name).touch()
    made = plan(directory="given", target="images")
    assert every_target(made) == [[str(images / name) for name in ("a.FITS.gz", "b.fits", "c.fts")]] * 3


# Files of the rules


def test_every_target_of_every_line(folder):
    made = plan(directory="given", lines=["ov", "hei"])
    assert made.targets() == [
        f"results/esis/{name}"
        for line in ("ov", "hei")
        for name in (
            *(f"level3/2019/{line}/{n:05d}.fits" for n in (120, 121, 122)),
            f"compared/2019/{line}/movie.gif",
            f"figures/2019/{line}/coalignment.png",
        )
    ]
    masks = made.every("mask")(job(flight="2019", line="hei"))
    assert masks == [f"results/esis/mask/2019/hei/{n:05d}.fits" for n in (120, 121, 122)]
    assert made.every_level1()[4:8] == [f"results/esis/level1/2019/00121/{n}.fits" for n in (1, 2, 3, 4)]
