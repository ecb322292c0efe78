"""Planning of cosmic-ray jobs without Snakemake: files, names, settings, refusals."""

import os
from types import SimpleNamespace

import pytest

from helioreduce.errors import InputError
from helioreduce.plan.code import code
from helioreduce.plan.cosmic_rays import KEPT, Plan
from helioreduce.plan.cosmic_rays_jobs import product_name
from helioreduce.runtime.batch import run

NOTHING = {"memory_mb": 500, "batch": "auto", "combine": [], "clean": []}


def wildcards(**values):
    return SimpleNamespace(**values)


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """The plan of jobs in a folder with three darks, a science frame and a flat: ``plan(clean=[…], combine=[…])``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    for name in ("dark_0.fits", "dark_1.fits", "dark_2.fits.gz", "night.fit", "flat.fits", "odd{x}.fits"):
        (tmp_path / name).touch()

    def make(aia_frames=(), **sections):
        return Plan.of({"cosmic_rays": {**NOTHING, **sections}}, aia_frames)

    return make


def test_nothing_by_default_but_the_example_can_be_asked_for(plan):
    planned = plan()
    assert planned.targets == ()
    assert planned.combination(wildcards(job="example_dark")).frames == planned.example.darks
    for name, threshold in zip(planned.example.jobs, planned.example.thresholds, strict=True):
        job = planned.cleaning(wildcards(job=name))
        assert job.search == {"sigclip": threshold}
        assert job.noise == {**planned.example.camera, "electrons_per_photon": 1.0}
        assert planned.to_clean(wildcards(job=name, frame="science")) == {
            "raw": planned.example.science,
            "dark": "results/cosmic_rays/combined/example_dark.fits",
        }


def test_patterns_become_frames_named_without_extension(plan, tmp_path):
    job = {"name": "mine", "files": ["dark_*", "night.fit"]}
    planned = plan(clean=[job])
    frames = {name: str(tmp_path / f"{name}{suffix}") for name, suffix in
              (("dark_0", ".fits"), ("dark_1", ".fits"), ("dark_2", ".fits.gz"), ("night", ".fit"))}  # fmt: skip
    assert planned.cleaning(wildcards(job="mine")).frames == frames
    assert planned.targets == (
        *(f"results/cosmic_rays/cleaned/mine/{name}.fits" for name in frames),
        *(f"results/cosmic_rays/sources/mine/{name}.png" for name in frames),
        "results/cosmic_rays/rates/mine.ecsv",
    )


def test_calibration_frames_are_combined_ones_or_paths(plan, tmp_path):
    dark = {"name": "nightdark", "kind": "dark", "files": "dark_*.fits", "method": "median", "trim": 0.1}
    job = {"name": "mine", "files": "night.fit", "dark": "nightdark", "flat": "flat.fits", "bias": None}
    planned = plan(clean=[job], combine=[dark])
    assert planned.to_clean(wildcards(job="mine", frame="night")) == {
        "raw": str(tmp_path / "night.fit"),
        "dark": "results/cosmic_rays/combined/nightdark.fits",
        "flat": str(tmp_path / "flat.fits"),
    }
    made = planned.combination(wildcards(job="nightdark"))
    assert (made.kind, made.choices) == ("dark", {"method": "median", "trim": 0.1})
    assert made.frames == (str(tmp_path / "dark_0.fits"), str(tmp_path / "dark_1.fits"))
    assert planned.targets[0] == "results/cosmic_rays/combined/nightdark.fits"


def test_each_rule_gets_its_part_of_the_settings(plan):
    job = {"name": "mine", "files": "night.fit", "gain": 2.0, "sigclip": 6.0, "border": "copy", "electrons": True}
    made = plan(clean=[job]).cleaning(wildcards(job="mine"))
    assert made.noise == {"gain": 2.0, "read_noise": None, "electrons_per_photon": 1.0}
    assert made.search == {"sigclip": 6.0, "border": "copy"}
    assert made.electrons


def test_wildcards_of_combinations_are_not_those_of_frames(plan):
    planned = plan(clean=[{"name": "mine", "files": "night.fit"}], combine=[{"name": "nightdark", **DARK}])
    assert planned.values("combined") == [{"job": "example_dark"}, {"job": "nightdark"}]
    assert planned.values("hits")[-1] == {"job": "mine", "frame": "night"}


def test_products_of_the_workflow_need_not_exist_yet(plan):
    job = {"name": "mine", "files": "results/aia/level1/171/20140101T000001.fits"}
    assert list(plan(clean=[job]).cleaning(wildcards(job="mine")).frames) == ["20140101T000001"]


DARK = {"kind": "dark", "files": "dark_0.fits"}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"clean": [{"name": "a", "files": "nowhere*"}]}, "cosmic_rays.clean: a: files: no file fits 'nowhere\\*'"),
        ({"combine": [{"name": "a", **DARK, "files": "none"}]}, "cosmic_rays.combine: a: files: no file fits 'none'"),
        ({"clean": [{"name": "a", "files": "odd*.fits"}]}, "Snakemake reads { } in a path as a pattern"),
        ({"clean": [{"name": "a", "files": "night.fit"}] * 2}, "cosmic_rays.clean: two jobs are called 'a'"),
        ({"combine": [{"name": "a", **DARK}] * 2}, "cosmic_rays.combine: two jobs are called 'a'"),
        ({"combine": [{"name": "example_dark", **DARK}]}, "two jobs are called 'example_dark'"),
        ({"clean": [{"name": "example_sigclip5", "files": "night.fit"}]}, "two jobs are called 'example_sigclip5'"),
        (
            {"clean": [{"name": "a", "files": "night.fit", "dark": "none.fits"}]},
            "cosmic_rays.clean: a: dark: 'none.fits' does not exist",
        ),
    ],
)
def test_refused_with_the_reason(plan, sections, message):
    with pytest.raises(InputError, match=message):
        plan(**sections)


def test_a_combination_and_a_cleaning_may_share_a_name(plan):
    planned = plan(clean=[{"name": "a", "files": "night.fit"}], combine=[{"name": "a", **DARK}])
    assert len(planned.targets) == 4


def test_two_frames_of_one_name_are_refused(plan, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "night.fits").touch()
    with pytest.raises(InputError, match="night.fits have one name"):
        plan(clean=[{"name": "a", "files": ["night.fit", "other/night.fits"]}])


def test_unknown_jobs_and_frames_are_named_with_the_known_ones(plan):
    planned = plan(clean=[{"name": "mine", "files": "night.fit"}])
    with pytest.raises(InputError, match="no cleaning job 'yours'.*example_sigclip5, example_sigclip8, mine"):
        planned.to_clean(wildcards(job="yours", frame="night"))
    with pytest.raises(InputError, match="no frame of mine 'day'.*night"):
        planned.to_clean(wildcards(job="mine", frame="day"))
    with pytest.raises(InputError, match="no combination 'mine'"):
        planned.combination(wildcards(job="mine"))


@pytest.mark.parametrize(
    ("time", "series", "position"),
    [("t0", "t0 t1 t2", 0), ("t3", "t1 t2 t3 t4 t5", 2), ("t6", "t4 t5 t6", 2), ("t2x", "t1 t2 t2x t3 t4", 2)],
)
def test_series_around_a_frame(plan, time, series, position):
    """Up to two frames of the channel before and after; a frame that was not requested belongs to its own series."""
    frames = [("171", f"t{n}") for n in reversed(range(7))] + [("193", "t2a")]
    planned, given = plan(aia_frames=frames), wildcards(channel="171", time=time)
    assert " ".join(planned.series(given)) == series
    assert planned.position(given) == position
    assert planned.spikes(given)[position] == f"results/aia/spikes/171/{time}.fits"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("night 1.fits", "night_1"),
        ("Köln (2).FIT.gz", "Koln_2_"),
        ("a.fits.fz", "a"),
        ("x+y-1.5.fts", "x+y-1.5"),
    ],
)
def test_blanks_and_other_letters_become_a_name(plan, tmp_path, file, name):
    (tmp_path / file).touch()
    planned = plan(clean=[{"name": "a", "files": file.replace("(", "[(]").replace(")", "[)]")}])
    assert dict(planned.cleaning(wildcards(job="a")).frames) == {name: str(tmp_path / file)}


def test_a_name_without_a_latin_letter_is_one_of_its_own():
    names = {product_name(file) for file in ("夜.fits", "星.fits")}
    assert len(names) == 2 and all(name.isascii() for name in names)


def test_two_names_that_become_one_are_refused(plan, tmp_path):
    for file in ("night 1.fits", "night_1.fits"):
        (tmp_path / file).touch()
    with pytest.raises(InputError, match="have one name"):
        plan(clean=[{"name": "a", "files": "night?1.fits"}])


def test_planes_belong_to_their_frames(plan, tmp_path):
    for name in ("dark_0", "dark_1"):
        (tmp_path / f"{name}_variance.fits").touch()
    job = {"name": "a", "files": "dark_[01].fits", "variance": "{frame}_variance.fits", "mask": "flat.fits"}
    planned = plan(clean=[job])
    for name in ("dark_0", "dark_1"):
        assert planned.to_clean(wildcards(job="a", frame=name)) == {
            "raw": str(tmp_path / f"{name}.fits"),
            "variance": str(tmp_path / f"{name}_variance.fits"),
            "mask": str(tmp_path / "flat.fits"),
        }
    with pytest.raises(InputError, match=r"cosmic_rays.clean: b: background: 'none.fits' does not exist"):
        plan(clean=[{"name": "b", "files": "flat.fits", "background": "none.fits"}]).to_clean(wildcards(job="b", frame="flat"))


def test_a_psf_is_a_profile_or_a_file(plan, tmp_path):
    profile = {"psf": "moffat", "psf_fwhm": 3.0, "psf_size": 9, "psf_beta": 2.5}
    made = plan(clean=[{"name": "a", "files": "night.fit", **profile}]).cleaning(wildcards(job="a"))
    assert made.choice["psf"] == {"model": "moffat", "fwhm": 3.0, "size": 9, "beta": 2.5}
    planned = plan(clean=[{"name": "a", "files": "night.fit", "psf": "flat.fits", "psf_fwhm": 2.5}])
    assert planned.cleaning(wildcards(job="a")).choice["psf"] == {}
    assert planned.to_clean(wildcards(job="a", frame="night"))["psf"] == str(tmp_path / "flat.fits")


def test_all_frames_of_a_job_are_counted_together(plan):
    planned = plan(clean=[{"name": "a", "files": "dark_[01].fits", "pixel_um": 15.0, "expected_rate": 0.5}])
    assert planned.of_job("hits")(wildcards(job="a")) == [f"results/cosmic_rays/hits/a/dark_{n}.fits" for n in (0, 1)]
    assert planned.cleaning(wildcards(job="a")).rate == {"pixel_um": 15.0, "expected_rate": 0.5}


@pytest.mark.parametrize(
    ("batch", "sizes"), [("auto", [50, 7]), (0, []), (20, [20, 20, 17])]
)  # fmt: skip
def test_many_frames_go_in_chunks(plan, tmp_path, batch, sizes):
    """Every frame is in one chunk, with the files that the job of a single one would have."""
    for k in range(57):
        (tmp_path / f"frame_{k:02d}.fits").touch()
    planned = plan(batch=batch, clean=[{"name": "many", "files": "frame_*.fits", "dark": "dark_0.fits"}])
    assert [len(chunk.names) for chunk in planned.chunks] == sizes
    single = [planned.frame(wildcards(job="many", frame=f"frame_{k:02d}")) for k in range(57)]
    assert [frame for chunk in planned.chunks for frame in chunk.frames] == (single if sizes else [])
    assert single[3].outputs == [f"results/cosmic_rays/{state}/many/frame_03.fits" for state in ("cleaned", "hits")]
    assert single[3].inputs == [str(tmp_path / "frame_03.fits"), str(tmp_path / "dark_0.fits")]
    assert len({chunk.name for chunk in planned.chunks}) == len(sizes)


def test_few_frames_have_a_job_each(plan):
    """Also when they are finished: a finished folder has nothing to do."""
    job = {"name": "few", "files": ["dark_*.fits", "night.fit", "flat.fits"]}
    planned = plan(clean=[job])
    assert planned.chunks == ()
    frames = [planned.frame(wildcards(job="few", frame=frame)) for frame in planned.cleanings["few"].frames]
    run(frames, KEPT, "made by", (), lambda frame: None, lambda *_: None, written)
    assert plan(clean=[job]).chunks == ()


def test_a_frame_that_failed_is_left_out_until_something_changes(plan, tmp_path):
    """Its chunk keeps its name and the others; its products are not asked for; other settings are a new chance."""
    job = {"name": "few", "files": ["dark_*.fits", "night.fit", "flat.fits"]}
    before = plan(batch=3, clean=[job])
    chunk = before.chunks[0]

    def read(frame):
        if frame.name == "few/dark_1":
            raise InputError("is cut off", cure="Copy it again")

    with pytest.raises(InputError, match="1 of 3 images failed"):
        run(chunk.frames, KEPT, (code("cosmic_rays_clean"), chunk.cleaning.settings), (), read, lambda *_: None, written)
    assert before.newly_refused() == 1
    after = plan(batch=3, clean=[job])
    assert list(after.refused) == [("few", "dark_1")] and "is cut off" in after.refused["few", "dark_1"]
    assert [(chunk.name, chunk.names) for chunk in after.chunks] == [
        ("few_0", ("dark_0", "night")),
        ("few_3", ("flat",)),
    ]
    assert after.newly_refused() == 0 and not any("dark_1" in file for file in after.targets)
    assert after.of_job("hits")(wildcards(job="few")) == [
        f"results/cosmic_rays/hits/few/{n}.fits" for n in ("dark_0", "night", "flat")
    ]
    assert after.targets[-1] == "results/cosmic_rays/refused.txt"
    assert plan(batch=3, clean=[{**job, "sigclip": 7.0}]).refused == {}
    later = (tmp_path / "dark_1.fits").stat().st_mtime + 10
    os.utime(tmp_path / "dark_1.fits", (later, later))
    assert plan(batch=3, clean=[job]).refused == {}


def written(*paths_and_result):
    """Write files as a job does."""
    for path in paths_and_result[:-1]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
