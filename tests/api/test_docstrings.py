"""The examples in the docstrings, one after the other as a reader types them: each of them runs."""

import doctest
import shutil

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce import Image, cosmic_rays, esis, spice
from helioreduce.io import fits
from helioreduce.spice import binning, catalogue, initial, level2, level3, simulate
from helioreduce.spice import files as spice_files
from helioreduce.spice import group as group_of


def type_examples(functions, folder, monkeypatch, **names):
    """Run the examples of some functions, also those that are marked as needing files, and return all names."""
    monkeypatch.chdir(folder)
    for function in functions:
        examples = doctest.DocTestParser().get_examples(function.__doc__)
        assert examples
        for example in examples:
            exec(compile(example.source, function.__name__, "single"), names)
    return names


def test_cosmic_rays(tmp_path, monkeypatch, rng):
    for name in ("dark1", "dark2", "dark3", "night", "raw"):
        Image(rng.normal(100, 3, (64, 64)).astype(np.float32), Header({"BUNIT": "DN"})).write(tmp_path / f"{name}.fits")
    doors = cosmic_rays.combine_frames, cosmic_rays.calibrate_image, cosmic_rays.clean_image, cosmic_rays.list_hits
    names = type_examples(doors, tmp_path, monkeypatch)
    assert {door.__name__ for door in doors} == set(cosmic_rays.__all__)
    assert names["hits"].shape[0] == 3


def test_spice(tmp_path, monkeypatch):
    planes, _ = simulate.raster(simulate.Settings(rows=8, columns=6))
    fits.write_planes(tmp_path / "solo_L2_spice.fits", planes)
    spice_files.write_table(tmp_path / "table.npz", simulate.table())
    group = group_of.join("own", level2.windows(planes)[:1])
    start = initial.estimate(group, catalogue.built_in())
    found = binning.fit_adaptive(group, start, binning.Settings())
    spice_files.write_fitted(tmp_path / "solo_L3_spice.fits", level3.planes(found, start, {}))
    names = (
        *(spice.read_level2, spice.read_level3, spice.prepare_windows, spice.fit_lines, spice.radiances, spice.velocities),
        spice.fip_bias,
    )
    assert {door.__name__ for door in names} == set(spice.__all__)
    found = type_examples(names, tmp_path, monkeypatch)
    assert found["bias"].bias.shape == (1, 8, 6)
    assert found["part"].data.shape == (4, 6)


@pytest.mark.full
def test_esis_on_a_flight(real, tmp_path, monkeypatch):
    for file in (real / "esis").iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    for camera in (1, 2, 3, 4):
        dark = esis.average_darks([f"ESIS{camera}_{number:05d}.fit.gz" for number in range(98, 102)])
        esis.reduce_frame(f"ESIS{camera}_00120.fit.gz", dark).write(f"ESIS{camera}.fits")
    doors = (
        *(esis.read_frame, esis.average_darks, esis.reduce_frame, esis.align_line, esis.find_masks, esis.fit_vignetting),
        *(esis.find_normalisation, esis.assemble_level3),
    )
    assert {door.__name__ for door in doors} == set(esis.__all__)
    cube = type_examples(doors, tmp_path, monkeypatch)["cube"]
    assert cube.data.shape == cube.sigma.shape == (1, 4, 1270, 1270)
    seen = np.isfinite(cube.data).all(axis=(0, 1))
    means = cube.data[0][:, seen].mean(axis=1)
    np.testing.assert_allclose(means, means.mean(), rtol=0.05)  # brought to one mean
