"""Cosmic rays through the workflow: the example, and a user's own frames by configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.cosmic_rays import combine, lacosmic, noise
from helioreduce.io import ecsv, provenance


@pytest.fixture
def frames(site, cutout):
    """Three darks and one frame with a hit, in DN."""
    cutout(0)
    rng = np.random.default_rng(1)
    header = fits.Header({"BUNIT": "adu"})
    for k in range(3):
        data = rng.normal(500, 5, (50, 60)).astype(np.float32)
        fits.PrimaryHDU(data, header).writeto(site / f"dark_{k}.fits")
    sky = rng.normal(700, 12, (50, 60)).astype(np.float32)
    sky[20, 30:34] += 900
    fits.PrimaryHDU(sky, header).writeto(site / "night.fits")
    return site


def test_example_from_nothing(snakemake, site, cutout) -> None:
    """The example makes its own frames: tables, figures, and a lower threshold that finds more of the truth."""
    cutout(0)
    ran = snakemake("cosmic_rays_example")
    assert ran.returncode == 0, ran.stderr
    rows, _ = ecsv.read(site / "results/cosmic_rays/compared/example.ecsv")
    scored = {row["name"]: row for row in rows}
    assert scored["sigclip 5"]["completeness"] > scored["sigclip 8"]["completeness"] > 0.7
    assert min(row["purity"] for row in rows) > 0.9 and scored["sigclip 5"]["events"] > 0.95
    for job in ("example_sigclip8", "example_sigclip5"):
        table, meta = ecsv.read(site / f"results/cosmic_rays/sources/{job}/science.ecsv")
        cleaned = fits.getheader(site / f"results/cosmic_rays/cleaned/{job}/science.fits")
        assert sum(row["n_pixels"] for row in table) == cleaned["NCOSMIC"] == int(meta["n_pixels"])
        assert cleaned["DARK"] == cleaned["CLEAN"] == "COMPLETE"


def test_frames_by_configuration(snakemake, frames) -> None:
    """Darks combined, a frame cleaned in electrons with them and a flat; nothing else of the results folder is touched."""
    flat = np.full((50, 60), 1000, np.float32)
    flat[3, 4] = 0
    fits.PrimaryHDU(flat).writeto(frames / "flat.fits")
    job = {"name": "mine", "files": "night*.fits", "dark": "nightdark", "gain": 2.0, "read_noise": 8.0, "electrons": True}
    job["flat"] = "flat.fits"
    combination = {"name": "nightdark", "kind": "dark", "files": "dark_*.fits"}
    ran = snakemake("cosmic_rays", cosmic_rays={"clean": [job], "combine": [combination]})
    assert ran.returncode == 0, ran.stderr
    with fits.open(frames / "results/cosmic_rays/cleaned/mine/night.fits") as hdus:
        assert hdus[0].header["BUNIT"] == "electron"
        assert (hdus["MASK"].data[20, 30:34] & 8).all() and abs(hdus[0].data[20, 30:34] - 400).max() < 100
        assert "dark" in hdus[0].header["PRREF1"]
        assert (
            np.argwhere(np.isnan(hdus[0].data)).tolist() == [[3, 4]]
            and hdus["MASK"].data[3, 4] == hdus["FLAGS"].data[3, 4] == 1
        )
    assert (frames / "results/cosmic_rays/sources/mine/night.png").stat().st_size > 1000
    assert not (frames / "results/aia").exists()


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"name": "a", "files": "nowhere/*.fits"}, "no file fits"),
        ({"name": "a", "files": "night.fits", "sigclp": 5}, "sigclp"),
        ({"name": "a/b", "files": "night.fits"}, "a/b"),
    ],
)
def test_wrong_configuration_says_why(snakemake, frames, job: dict, says: str) -> None:
    """A pattern without files, an unknown key, a name that is no name: refused before anything runs."""
    ran = snakemake("cosmic_rays", "--dry-run", cosmic_rays={"clean": [job]})
    assert ran.returncode != 0 and says in ran.stderr + ran.stdout


def test_odd_files(snakemake, frames) -> None:
    """Several images, none chosen: refused with their names; blanks and umlauts, no sky: reduced, and the screen says so."""
    rng = np.random.default_rng(2)
    chips = [fits.ImageHDU(rng.normal(700, 12, (50, 60)).astype(np.float32), name=name) for name in ("CHIP1", "CHIP2")]
    fits.HDUList([fits.PrimaryHDU(header=fits.Header({"EXPTIME": 10.0})), *chips]).writeto(frames / "both.fits")
    for k in range(3):
        fits.PrimaryHDU(rng.normal(0, 12, (50, 60)).astype(np.float32)).writeto(frames / f"Köln ohne Himmel {k}.fits")
    model = {"gain": 2.0, "read_noise": 8.0}
    jobs = [
        {"name": "both", "files": "both.fits", **model},
        {"name": "one", "files": "both.fits", "extension": "CHIP2", "pixel_um": 15.0, **model},
        {"name": "sky", "files": "Köln*.fits", **{**model, "read_noise": 0}},
    ]
    ran = snakemake("cosmic_rays", "--keep-going", cosmic_rays={"clean": jobs})
    assert ran.returncode != 0
    assert "holds 2 images, and none is chosen. Set extension to one of them: 1 (CHIP1), 2 (CHIP2)" in ran.stderr
    results = frames / "results/cosmic_rays"
    assert not (results / "cleaned/both").exists() or not list((results / "cleaned/both").iterdir())
    assert fits.getheader(results / "cleaned/one/both.fits")["EXPTIME"] == 10
    assert "of the pixels are called cosmic rays" in ran.stderr
    rows, _ = ecsv.read(results / "rates/sky.ecsv")
    assert [row["frame"] for row in rows] == [f"Koln_ohne_Himmel_{k}" for k in range(3)]
    assert all("leave the sky in the frame" in row["doubts"] for row in rows)


def test_many_frames_in_one_process(snakemake, frames) -> None:
    """One job cleans them all; one that is cut off costs itself; a job for each gives the same bytes; any file by name."""
    rng = np.random.default_rng(3)
    for k in range(5):
        sky = rng.normal(700, 12, (50, 60)).astype(np.float32)
        sky[10 + k, 30:34] += 900
        fits.PrimaryHDU(sky, fits.Header({"BUNIT": "adu", "EXPTIME": 10.0})).writeto(frames / f"many_{k}.fits")
    whole = (frames / "many_3.fits").read_bytes()
    (frames / "many_3.fits").write_bytes(whole[:9000])
    job = {"name": "mine", "files": "many_*.fits", "dark": "dark_0.fits", "gain": 2.0, "read_noise": 8.0, "pixel_um": 15.0}
    results, good = frames / "results/cosmic_rays", ["many_0", "many_1", "many_2", "many_4"]
    ran = snakemake("cosmic_rays", cosmic_rays={"clean": [job]})
    assert ran.returncode != 0 and "cosmic_rays_clean_mine_0 " in ran.stderr
    assert "frames refused: 1" in ran.stderr and "many_3.fits" in ran.stderr.rpartition("frames refused")[2]
    states = {"cleaned": "fits", "hits": "fits", "sources": "png"}
    for state, suffix in states.items():
        assert sorted(path.stem for path in (results / state / "mine").glob(f"*.{suffix}")) == good
    assert [row["frame"] for row in ecsv.read(results / "rates/mine.ecsv")[0]] == good

    def digests(frame: str) -> dict[str, str]:
        """What the products of a frame hold, but for the time when they were written."""
        names = [f"{results}/{state}/mine/{frame}.{suffix}" for state, suffix in states.items()]
        return {str(Path(name).relative_to(frames)): provenance.undated(name) for name in names}

    made = {frame: digests(frame) for frame in ("many_1", "many_4")}
    for folder in ("batch", *states):
        shutil.rmtree(results / folder)
    ran = snakemake(*made["many_1"], cosmic_rays={"batch": 0, "clean": [job]})
    assert ran.returncode == 0 and "cosmic_rays_clean " in ran.stderr, ran.stderr
    assert digests("many_1") == made["many_1"]
    (frames / "many_3.fits").write_bytes(whole)
    ran = snakemake(*made["many_4"], cosmic_rays={"clean": [job]})
    assert ran.returncode == 0 and "frames refused" not in ran.stderr, ran.stderr
    assert digests("many_4") == made["many_4"] and (results / "cleaned/mine/many_3.fits").is_file()


def test_noise_that_cannot_be_right_stops_the_job(snakemake, frames) -> None:
    """Without a read noise and without an error plane the log names the cure, and no half product is left."""
    ran = snakemake("cosmic_rays", cosmic_rays={"clean": [{"name": "mine", "files": "night.fits"}]})
    assert ran.returncode != 0
    assert "no error plane" in (frames / "results/logs/cosmic_rays_clean/mine/night.log").read_text()
    assert not list((frames / "results").rglob("cleaned/**/*.fits"))


def test_nothing_by_default(snakemake, frames) -> None:
    """An empty configuration adds no job."""
    ran = snakemake("--dry-run", "all")
    assert ran.returncode == 0, ran.stderr
    assert "cosmic_rays" not in ran.stdout.replace("cosmic_rays.smk", "")


def test_schema_and_code_have_the_same_defaults(repository) -> None:
    """Defaults in the schema are those of the package."""
    import yaml

    schema = yaml.safe_load((repository / "workflow/schemas/config.schema.yaml").read_text())
    jobs = schema["properties"]["cosmic_rays"]["properties"]
    pairs = [("clean", lacosmic.Settings()), ("clean", noise.Detector()), ("combine", combine.Choices())]
    compared = 0
    for kind, defaults in pairs:
        for key, entry in jobs[kind]["items"]["properties"].items():
            if "default" in entry and hasattr(defaults, key) and entry["default"] is not None:
                assert entry["default"] == getattr(defaults, key), key
                compared += 1
    assert compared == 14
