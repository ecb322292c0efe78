"""Targets that cannot be made are refused with the nearest that can."""

import re

import pytest
from configuration import configuration

from helioreduce.errors import InputError
from helioreduce.plan import aia, targets
from helioreduce.plan.aia_cube import Cube
from helioreduce.plan.aia_series import Series, refusals
from helioreduce.plan.films import Films

RULES = ["all", "figures", "offline", "aia_prep", "results/aia/missing.tsv", "theirs", "theirs/{night}.txt"]
RULES += [f"results/aia/{state}/{{channel,(?!x)[0-9]+}}/{{time}}.fits" for state in ("level1.5", "quicklook")]
RULES += ["results/aia/response/{channel}/{time}.ecsv"]
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
    names = ["all", "theirs", "other.txt", "theirs/first.txt", f"results/aia/level1.5/171/{first}.fits"]
    targets.check([*names, "results/aia/response/335/20100501T000000.ecsv"], RULES, PLAN, CUBE)


def of_spice(folder):
    """Rasters; there is a composition of one alone."""
    return [{"raster": name} for name in ("one", "other")[: 1 if folder == "composition" else 2]]


OTHERS = {
    "esis": lambda _: [{"flight": "2019", "line": line, "sequence": "00120"} for line in ("ov", "hei")],
    "spice": of_spice,
}
FILES = [
    r"results/esis/level3/{flight,[\w-]+}/{line,\w+}/{sequence,\d{5}}.fits",
    "results/esis/drift/{flight}/{line}.fits",
    r"results/spice/level3/{raster,one|other}.fits",
    "results/spice/composition/{raster}.fits",
    "results/spice/complete.txt",
    "results/spice/theirs/{night}.png",
    "results/archive/{file}.fits",
]


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("results/esis/level3/2019/OV/00120.fits", "results/esis/level3/2019/ov/00120.fits"),
        ("results/esis/level3/2019/ov/00121.fits", "results/esis/level3/2019/ov/00120.fits"),
        ("results/esis/levl3/2019/ov/00120.fits", "results/esis/level3/2019/ov/00120.fits"),
        ("results/spice/level3/othr.fits", "results/spice/level3/other.fits"),
        ("results/spice/level3", "results/spice/level3/one.fits"),
        ("results/spice/composition/other.fits", "results/spice/composition/one.fits"),
        ("results/spice/level3/one.fit", "results/spice/level3/one.fits"),
    ],
)
def test_a_product_of_another_instrument_that_is_not_asked_for_names_the_nearest(target, nearest):
    with pytest.raises(InputError, match=rf"^{target}: the request has no such product. The nearest: {nearest}"):
        targets.check([target], [*RULES, *FILES], PLAN, CUBE, others=OTHERS)


def test_products_of_other_instruments_pass_and_so_do_other_workflows_and_finished_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["esis/level3/2019/ov/00120.fits", "esis/drift/2019/hei.fits", "spice/level3/one.fits", "spice/complete.txt"]
    names += ["spice/theirs/first.png", "spice/level3/mine.fits", "archive/x.fits"]
    for name in ("level3/mine.fits", "foreign.fits"):
        (tmp_path / "results/spice" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results/spice" / name).touch()
    targets.check([f"results/{name}" for name in names], [*RULES, *FILES], PLAN, CUBE, others=OTHERS)
    with pytest.raises(InputError, match="no rule makes such a file"):  # Snakemake makes none of it, though it is there
        targets.check(["results/spice/foreign.fits"], [*RULES, *FILES], PLAN, CUBE, others=OTHERS)


FRAME = "171/20140101T000001_simulated"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (f"results/aia/level15/{FRAME}.fits", f"no rule makes such a file. The nearest is results/aia/level1.5/{FRAME}.fits"),
        (f"results/aia/level1.5/{FRAME}.fit", "no rule makes such a file. The nearest is results/aia/level1.5/171/*.fits"),
        (f"result/aia/level1.5/{FRAME}.fits", f"The nearest is results/aia/level1.5/{FRAME}.fits"),
        ("./thers/first.txt", "The nearest is theirs/first.txt"),
        (f"/data/level1.5/{FRAME}.fits", "relative to the folder of the run. What the workflow makes is in results"),
        ("docs/index.md", "no rule makes such a file. What the workflow makes is in results"),
        ("results/aia", "this is a folder. Ask for a file in it, or for a rule"),
    ],
)
def test_a_path_that_no_rule_makes_names_the_nearest(target, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/aia").mkdir(parents=True)
    with pytest.raises(InputError, match=re.escape(message)):
        targets.check([target], RULES, PLAN, CUBE)


def test_an_absolute_path_names_the_one_from_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"results/aia/level1.5/{FRAME}.fits"
    with pytest.raises(InputError, match=rf"Ask for {name}$"):
        targets.check([str(tmp_path / name)], RULES, PLAN, CUBE)


def test_a_cube_without_a_region_is_refused_with_an_example():
    with pytest.raises(InputError, match=r"aia\.cutout\.centre is not set"):
        targets.check(["cube"], [*RULES, "cube"], PLAN, CUBE)


ANY = ["all", "results/{file}"]
SERIES = Series.of(aia.Plan.of(configuration(aia={"channels": [171], "output": {"form": "series", "npix": 512}})))
SERIES_ASKED = [*SERIES.targets(), *Films(SERIES.plan, SERIES).targets()]
STORE, FILM = "results/aia/series_simulated/{}/{}", "results/aia/film_simulated/{}/{}.webp"


@pytest.mark.parametrize(
    "target",
    [
        *(FILM.format(channel, day) for channel, day in (("171", "20140102"), ("172", "20140101"))),
        *(STORE.format("171", name) for name in ("20140102.ecsv", "2015.zarr/zarr.json", "2014.zarr")),
        *(STORE.format(f"quicklook/{channel}", "20140101") for channel in ("171", "193")),
        "results/aia/film/171/20140101.webp",
    ],
)
def test_a_film_part_or_folder_of_quick_looks_outside_of_the_request_is_refused(target):
    """And what the request has is none of it: it is named as the nearest, and passes."""
    with pytest.raises(
        InputError, match=r"the request has no such product. The nearest: (results/aia/\S+?)[,.] .*aia.end"
    ) as refusal:
        targets.check([target], ANY, SERIES.plan, CUBE, SERIES_ASKED, **refusals(SERIES))
    near = re.search(r"The nearest: (\S+?)[,.] ", str(refusal.value))[1]
    targets.check([near], ANY, SERIES.plan, CUBE, SERIES_ASKED, **refusals(SERIES))


def test_a_quick_look_of_a_series_is_asked_for_by_the_folder_of_its_day():
    series = Series.of(aia.Plan.of(configuration(aia=dict(SERIES.plan.settings) | {"quicklook": "all"})))
    folder = STORE.format("quicklook/171", "20140101")
    with pytest.raises(InputError, match=rf"made by the day. Ask for the folder, {folder}$"):
        targets.check([f"{folder}/20140101T000001_simulated.jpg"], ANY, series.plan, CUBE, series.targets())
    targets.check([folder], ANY, series.plan, CUBE, series.targets())


def test_single_images_of_a_series_and_series_of_single_images_are_refused_by_the_form():
    image = "results/aia/normalised/171/20140101T000001_simulated.fits"
    for target in (image, "results/aia/light_curves/171.ecsv"):
        with pytest.raises(InputError, match="aia.output.form is series"):
            targets.check([target], ANY, SERIES.plan, CUBE, SERIES_ASKED, **refusals(SERIES))
    with pytest.raises(InputError, match="aia.output.form is images"):
        targets.check([STORE.format("171", "20140101.ecsv")], RULES, PLAN, CUBE, (), **refusals(Series.of(PLAN)))
