"""Fused and step by step are the same: data, sigma, mask and every card, to the last bit."""

import json
import os
import subprocess
import sys
from importlib import import_module
from inspect import signature
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import aia_batch
from helioreduce.aia import linear, psf, steps
from helioreduce.aia.channels import CAMERA
from helioreduce.aia.frames import Frame
from helioreduce.errors import InputError
from helioreduce.io import ecsv, fits, jsoc_files
from helioreduce.io.provenance import card
from helioreduce.runtime import process

CONFIG = {"aia": {"device": "cpu", "quality": {"allow": [], "refuse": []}}}
SETTINGS = {
    "systematic": {"preflight": False, "eve": True, "chianti": False},
    "options": {"iterations": 3},
    "version": 10,
    "exposure_time": {"source": "auto", "error": False},
}
ERROR = {"VER_NUM": 3, "DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "CHIANTI": 0.25, "EVEERR": 0.019}
EPOCH = {"DATE": "2020-11-19T19:00:00", "T_STOP": "2020-01-01T00:00:00", "VER_NUM": 10, "EFFA_P2": 0.0, "EFFA_P3": 0.0}
POINTING = {"T_START": "2013-12-31T21:00:00Z", "T_STOP": "2014-01-01T03:00:00Z"}
CHANNELS = {171: "171_THIN", 335: "335_THIN", 1600: "1600"}


@pytest.fixture
def site(tmp_path, monkeypatch, level1_header, rng):
    """A folder with tables, and a function that writes a level-1 cut-out and its spikes."""
    monkeypatch.chdir(tmp_path)
    meta = {"origin": "a table of the test", "version": "1", "sha256": "0" * 64}
    ecsv.write("error.ecsv", [{"WAVELNTH": channel, **ERROR} for channel in CHANNELS], meta)
    epochs = [("2010-03-24T00:00:00", 2.0, 0.0), ("2012-01-01T00:00:00", 1.1, -1e-4)]
    rows = [{"WAVE_STR": name, "T_START": start, "EFF_AREA": area, "EFFA_P1": slope, **EPOCH} for name in CHANNELS.values()
            for start, area, slope in epochs]  # fmt: skip
    ecsv.write("degradation.ecsv", rows, meta)
    entries = {"X0": 2053.1234567, "Y0": 2047.7654321, "IMSCALE": 0.599489123, "INSTROT": 0.0193}
    row = POINTING | {f"A_{channel:03d}_{key}": value for channel in CHANNELS for key, value in entries.items()}
    ecsv.write("20140101.ecsv", [row], meta)
    fits.write_arrays("psf.fits", {"OTF": np.ones((1, 1), np.float32)})

    def write(name, channel=171, size=96, missing=True):
        header = level1_header.copy()
        header.update(WAVELNTH=channel, INSTRUME=f"AIA_{CAMERA[channel]}", NSPIKES=2, DATAMEAN=300.0, XCEN=12.5, LONG="x" * 60)
        header.add_history("made for a test")
        if size < 4096:
            header.update(CRPIX1=header["CRPIX1"] - 1000, CRPIX2=header["CRPIX2"] - 900)
        data = rng.poisson(300, (size, size)).astype(np.int16)
        data[5, 7], data[6, 8] = 16000, 200
        if missing:
            data[20:23, 30] = -32768
        jsoc_files.write_compressed(f"{name}.fits", data, header)
        corner = 0 if size == 4096 else 900 * 4096 + 1000
        spikes = np.array([[corner + 5 * 4096 + 7, corner + 6 * 4096 + 8], [17000, 900], [16000, 200]])
        fits.write_arrays(f"{name}_spikes.fits", {"SPIKES": spikes})

    return write


FILES = {"error_table": "error.ecsv", "psf": "psf.fits", "pointing": "20140101.ecsv", "degradation_table": "degradation.ecsv"}


def stepwise(name, left_out):
    """The finished image by the scripts of the steps, a file between each two."""
    image = f"{name}.fits"
    for step in steps.STEPS:
        if step.name in left_out:
            continue
        files = FILES | {"spikes": f"{name}_spikes.fits"}
        given = {key: files[key] for key in step.inputs} | {key: SETTINGS[key] for key in step.settings}
        main = import_module(f"aia_{step.name}").main
        device = {"config": CONFIG} if "config" in signature(main).parameters else {}
        Path(step.name).mkdir(exist_ok=True)
        output = f"{step.name}/{name}.fits"
        main(image, output=output, skipped=steps.skipped(step.name, left_out), **given, **device)
        image = output
    return image


def fused(names, left_out, code="1", spikes=True):
    """The finished images by the batch; their files."""
    listed = [f"{name}_spikes.fits" if spikes and "respike" not in left_out else None for name in names]
    frames = [
        Frame(f"{name}.fits", found, "20140101.ecsv", f"done/171/{name}.fits", left_out)
        for name, found in zip(names, listed, strict=True)
    ]
    files = {name: FILES[name] for name in ("error_table", "degradation_table", "psf")}
    aia_batch.main(frames, SETTINGS, CONFIG, code, **files)
    return [Path(frame.output) for frame in frames]


OFF = "switched off in the configuration"
OPTIONAL = ("respike", "deconvolve", "degradation", "exposure")
LEFT_OUT = [dict.fromkeys(names, OFF) for n in range(5) for names in combinations(OPTIONAL, n)]


@pytest.mark.parametrize("left_out", LEFT_OUT, ids=lambda steps: "without " + (" ".join(steps) or "nothing"))
def test_fused_is_stepwise_to_the_last_byte(site, left_out):
    site("a")
    site("b", missing=False)
    for name, product in zip("ab", fused("ab", left_out), strict=True):
        assert product.read_bytes() == Path(stepwise(name, left_out)).read_bytes()
        header = fits.read_header(product)
        reported = {step.name: header[card(step.name)] for step in steps.STEPS}
        assert reported == {step.name: "SKIPPED" if step.name in left_out else "COMPLETE" for step in steps.STEPS}
        in_order = [header[f"PRSTEP{n}"] for n in range(1, len(reported) + 1)]
        assert in_order == list(reported), "each step has left its record, in the order of the chain"


OPTIONS = [{"accelerate": True, "iterations": 3}, {"tolerance": 0.3, "iterations": 20}, {"redraws": 2, "iterations": 2},
           {"precision": "float64", "iterations": 2}, {"core": "preflight", "iterations": 2},
           *({"method": method} for method in linear.METHODS), {"positive": True, "method": "bid"}]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: str(options.get("method", next(iter(options)))))
def test_options_reach_both_paths(site, monkeypatch, options):
    """The same bytes, and others than without the option."""
    site("a")
    plain = fits.read(fused("a", {})[0])
    monkeypatch.setitem(SETTINGS, "options", options)
    (product,) = fused("a", {})
    assert product.read_bytes() == Path(stepwise("a", {})).read_bytes()
    assert not np.array_equal(fits.read(product).sigma, plain.sigma, equal_nan=True)


def test_same_bytes_whatever_the_threads(site, request):
    request.addfinalizer(lambda: process.use_threads(len(os.sched_getaffinity(0))))
    site("a", size=300)
    products = []
    for threads in (1, 2):
        process.use_threads(threads)
        (product,) = fused("a", {}, code=str(threads))
        products.append(product.read_bytes())
    assert products[0] == products[1]


def test_another_channel(site):
    site("a", channel=335, size=130)
    (product,) = fused("a", {})
    assert product.read_bytes() == Path(stepwise("a", {})).read_bytes()


def test_ultraviolet_has_no_psf_and_no_spikes(site):
    site("a", channel=1600)
    left_out = {"respike": "the ground pipeline does not despike this channel", "deconvolve": "there is no PSF"}
    (product,) = fused("a", left_out)
    assert product.read_bytes() == Path(stepwise("a", left_out)).read_bytes()
    assert fits.read_header(product)["RESPIKE"] == "SKIPPED"


def test_a_frame_without_its_list_of_spikes_is_skipped_alike(site):
    site("a")
    fits.write_arrays("a_spikes.fits", {}, fits.cards(REASON="no spikes file"))
    (product,) = fused("a", {})
    assert product.read_bytes() == Path(stepwise("a", {})).read_bytes()
    assert fits.read_header(product)["RESPIKE"] == "SKIPPED"


def test_a_bad_frame_fails_alone_and_only_it_is_computed_again(site, capsys):
    for name in "abcd":
        site(name)
    whole = Path("b.fits").read_bytes()
    Path("b.fits").write_bytes(whole[:-3000])
    with pytest.raises(InputError, match=r"1 of 4 images failed\n  b\.fits: holds no image HDU"):
        fused("abcd", {})
    finished = {name: Path(f"done/171/{name}.fits").stat().st_ino for name in "acd"}
    for name in "acd":  # as Snakemake does with the outputs of a job that failed
        Path(f"done/171/{name}.fits").unlink()
    Path("b.fits").write_bytes(whole)
    capsys.readouterr()
    fused("abcd", {})
    said = capsys.readouterr().err
    assert said.count("kept from before") == 3
    assert "171 Å at b: done (1 of 1" in said
    assert {name: Path(f"done/171/{name}.fits").stat().st_ino for name in "acd"} == finished
    assert not list(Path().rglob("*.part"))


def test_what_an_image_follows_from_decides_whether_it_is_kept(site, capsys):
    """Other code, other pixels, another table, another PSF: computed anew, and the old image goes."""

    def change_the_image():
        site("a", missing=False)

    def change_the_table():
        rows, meta = ecsv.read("error.ecsv")
        ecsv.write("error.ecsv", [row | {"EVEERR": 0.02} for row in rows], meta)

    def change_the_psf():
        otf, _ = fits.read_array("psf.fits", "OTF")
        fits.write_arrays("psf.fits", {"OTF": otf * np.float32(0.999)})

    site("a")
    fused("a", {})
    for change, code in ((lambda: None, "2"), (change_the_image, "2"), (change_the_table, "2"), (change_the_psf, "2")):
        change()
        capsys.readouterr()
        fused("a", {}, code)
        assert "171 Å at a: done" in capsys.readouterr().err
    assert len(list(Path("results/aia/batch/171").iterdir())) == 1
    fused("a", {}, "2")
    assert "kept from before" in capsys.readouterr().err


REDUCE = """
import json, pathlib, sys
import aia_batch
from helioreduce.runtime import process
process.use_threads(2)
process.keep_memory()
frames, settings = json.loads(sys.argv[1])
aia_batch.main(frames, settings, {"aia": {"device": "cpu", "quality": {}}}, "1", "error.ecsv", "degradation.ecsv", "psf.fits")
status = pathlib.Path("/proc/self/status")  # getrusage would count the parent's memory
peaks = [int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line] if status.exists() else [0]
print(json.dumps([peaks[0] / 1024, sorted(sys.modules)]))
"""


def reduced_elsewhere(names):
    """Peak memory (MiB) and modules of a fresh process that reduces some frames."""
    frames = [(f"{name}.fits", f"{name}_spikes.fits", "20140101.ecsv", f"done/171/{name}.fits", {}) for name in names]
    scripts = str(Path(aia_batch.__file__).parent)
    command = [sys.executable, "-c", REDUCE, json.dumps([frames, SETTINGS])]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": scripts})
    return json.loads(done.stdout)


def test_heavy_packages_stay_out(site):
    """Each of them costs more to import than an image to write."""
    site("a")
    _, modules = reduced_elsewhere("a")
    assert not {"sunpy", "matplotlib", "drms", "pandas", "snakemake", "aiapy"} & set(modules)


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
def test_peak_memory_of_a_worker(site):
    """1.2 GB for full frames, whatever their number; the first worker on a machine compiles, which takes 0.14 GB more."""
    site("compiled")
    reduced_elsewhere(["compiled"])
    for name in "abc":
        site(name, size=4096)
    fits.write_arrays("psf.fits", {"OTF": psf.otf(171).astype(np.float32)})
    peak, _ = reduced_elsewhere("abc")
    print(f"peak of three full frames: {peak:.0f} MiB")
    assert peak * 1024**2 < 1.2e9
