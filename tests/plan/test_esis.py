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


def test_wildcards_stand_for_every_sequence_line_and_camera():
    found = plan().values("level1")
    assert len(found) == 3 * 2 * 4
    assert found[0] == {"flight": "simulated", "line": "ov", "sequence": "00120", "camera": "1"}


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
        ({"directory": "nowhere"}, "esis.directory: 'nowhere' does not exist"),
        ({"directory": "given/notes.txt"}, "esis.directory: 'given/notes.txt' is not a folder"),
        ({"directory": "."}, r"no level-0 frame of ESIS.*ESIS<camera>_<exposure>\.fit\.gz"),
        ({"directory": "given", "lights": [200, 300]}, r"esis\.lights, \[200, 300\]; its exposures are 98 to 163"),
        ({"directory": "given", "darks": [[1, 9], [20, 30]]}, r"esis\.darks, \[\[1, 9\], \[20, 30\]\]"),
        ({"directory": "given", "exclude": [120, 121, 122]}, r"esis\.lights.*esis\.exclude"),
        ({"directory": "given", "exclude": [121, 200]}, r"there is no exposure 200; there are 98 to 163"),
        ({"exclude": [123]}, r"esis\.exclude: there is no exposure 123; there are 97 to 122"),
        ({"directory": "given", "target": "none.fits"}, r"esis\.target: 'none\.fits' does not exist"),
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


# Flights
TABLE = (Path(camera.__file__).parent / "flights" / "2019.toml").read_text()


def test_another_flight_is_a_table_of_its_own(folder):
    """Its name, times and default exposures; no line of code."""
    text = TABLE.replace("2019-09-30T18:04:11.647Z", "2023-04-26T17:00:00Z").replace("[109, 136]", "[121, 121]")
    (folder.parent / "second.toml").write_text(text.replace("[[98, 103], [155, 166]]", "[[163, 163]]"))
    start = times.parse("2023-04-26T17:03:48")
    slots = [("304", times.compact(start + timedelta(seconds=12 * n))) for n in range(3)]
    made = plan(slots, directory="given", flight="second.toml", target="aia")
    assert made.flight == "second" and made.sequences == ["00121"] and list(made.darks) == [163]
    assert every_target(made) == [["results/aia/level1.5/304/20230426T170400.fits"]]  # ends 240 s after the first, less 5 s
    assert made.targets()[0] == "results/esis/level3/second/ov/00121.fits"
    assert plan(directory="given", flight="second.toml", lights=[120, 122]).sequences == ["00120", "00121", "00122"]


def test_another_flight_has_lines_of_its_own(folder):
    (folder.parent / "second.toml").write_text(TABLE.replace("[lines.hei]", "[lines.nevii]"))
    made = plan(directory="given", flight="second.toml", lines=["nevii"])
    assert made.targets()[0] == "results/esis/level3/second/nevii/00120.fits"
    with pytest.raises(InputError, match="the flight second has no hei. It has ov, nevii"):
        plan(directory="given", flight="second.toml", lines=["hei"])


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("mine.toml", ("gain = [[2.57", "gain = [[-2.57"), "must be positive"),
        ("mine.toml", ("first_end", "first"), "'first_end' is missing"),
        ("mine.toml", ("2019-09-30T18:04:11.647Z", "noon"), "is not the table of a flight"),
        ("mine.toml", ("columns = [999, 2048]", "columns = [999, 2050]"), "columns 999 to 2050"),
        ("mine.toml", ("exposure_s =", "exposure_s"), "cannot be read as TOML"),
        ("mine.toml", ("[lines.ov]", "[lines.fe]"), "the flight mine has no ov"),
        ("2019.toml", ("", ""), "no name of a flight of its own"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_the_cure(folder, name, change, message):
    (folder.parent / name).write_text(TABLE.replace(*change))
    with pytest.raises(InputError, match=message) as refused:
        plan(directory="given", flight=name)
    assert refused.value.cure


def test_only_the_flight_of_2019_is_simulated(folder):
    (folder.parent / "mine.toml").write_text(TABLE)
    with pytest.raises(InputError, match="only the flight of 2019 is simulated"):
        plan(flight="mine.toml")


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
    start = camera.FLIGHT.time_of(109)
    slots = [times.compact(start + timedelta(seconds=12 * n)) for n in range(40)]
    frames = [("171", times.compact(camera.FLIGHT.time_of(120))), *(("304", slot) for slot in slots)]
    made = plan(frames, directory=directory, target="aia")
    for sequence, files in zip(made.sequences, every_target(made), strict=True):
        (file,) = files
        assert file.startswith("results/aia/level1.5/304/") and file.endswith(".fits")
        middle = camera.FLIGHT.time_of(int(sequence)) - timedelta(seconds=5)
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


def test_an_exposure_is_light_or_dark(folder):
    with pytest.raises(
        InputError, match=r"exposure 120 is within esis\.lights, \[109, 136\], and esis\.darks, \[\[98, 121\]\]"
    ):
        plan(directory="given", darks=[[98, 121]])


def test_a_flight_that_is_not_there_names_the_one_that_is():
    with pytest.raises(InputError, match=r"esis\.flight: '2020' does not exist .* Give 2019, the flight that is built in"):
        plan(flight="2020")
