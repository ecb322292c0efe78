"""PSFs with diffuse light: how much, how far, and found again behind the moon."""

import numpy as np
import pytest
from stray_light import Scene

from helioreduce.aia import deconvolution, psf, stray_light
from helioreduce.errors import InputError
from helioreduce.io import fits, psf_files
from helioreduce.numerics import fft

TERMS = [{"kind": "power", "exponent": 2, "weight": 0.2}, {"kind": "power", "exponent": 3, "weight": 0.8}]
KINDS = [*TERMS, {"kind": "lorentzian", "width": 9, "cut": 60}, {"kind": "gaussian", "width": 30}]


def transform(kernel):
    return fft.rfft2(np.fft.ifftshift(kernel)).real.astype(np.float32)


def within(plane, radius, samples=9):
    """Share of the light within a circle, pixels on it by parts."""
    y, x = (np.arange(n) - n // 2 for n in plane.shape)
    steps = (np.arange(samples) + 0.5) / samples - 0.5
    inside = sum(np.hypot(y[:, None] + dy, x + dx) <= radius for dy in steps for dx in steps)
    return float((plane * inside).sum() / samples**2)


@pytest.mark.parametrize("term", KINDS, ids=lambda term: f"{term['kind']}{term.get('exponent', '')}")
def test_wings_are_symmetric_of_unit_sum_and_centred(term):
    plane = stray_light.wings((128, 160), term)
    assert plane.sum() == pytest.approx(1, abs=1e-12) and plane.min() >= 0
    np.testing.assert_allclose(plane[1:, 1:], plane[:0:-1, :0:-1], rtol=1e-12)
    assert not plane[0].any() and not plane[:, 0].any()


@pytest.mark.parametrize(("side", "radii"), [(512, (10, 100)), pytest.param(4096, (10, 100, 1000), marks=pytest.mark.full)])
@pytest.mark.parametrize("exponent", [1.5, 2, 3])
def test_encircled_energy_of_power_laws_is_their_integral(side, radii, exponent):
    """2π∫ r¹⁻ᵖ dr from 1 px, relative to that within the largest circle."""
    plane, largest = stray_light.wings((side, side), {"kind": "power", "exponent": exponent}), side // 2 - 2

    def integral(radius):
        return np.log(radius) if exponent == 2 else (radius ** (2 - exponent) - 1) / (2 - exponent)

    for radius in radii:
        share = within(plane, radius) / within(plane, largest)
        assert share == pytest.approx(integral(radius) / integral(largest), abs=1e-3)


@pytest.mark.parametrize("diffuse", [0.1, 0.2, 0.35])
def test_a_psf_with_diffuse_light(diffuse):
    """Of unit sum, centred, not negative; the diffuse share of its light is the one asked for."""
    shape = 512, 512
    kernel, sharp = stray_light.parametric(171, "default", shape, diffuse, TERMS), psf.psf(171, shape=shape)
    y, x = np.indices(shape)
    assert kernel.sum() == pytest.approx(1, abs=1e-6) and kernel.min() >= 0
    centred = np.s_[1:, 1:]
    assert [(axis * kernel)[centred].sum() / kernel[centred].sum() for axis in (y, x)] == pytest.approx([256, 256], abs=1e-3)
    wings = sum(term["weight"] * stray_light.wings(shape, term) for term in TERMS)
    design = np.stack([sharp.ravel(), wings.ravel()])
    assert np.linalg.lstsq(design.T, kernel.ravel(), rcond=None)[0] == pytest.approx([1 - diffuse, diffuse], abs=1e-4)
    assert transform(kernel)[0, 0] == pytest.approx(1, abs=1e-6)


def test_without_diffuse_light_it_is_that_of_the_meshes():
    np.testing.assert_allclose(
        stray_light.parametric(193, "preflight", (256, 256), 0, []), psf.psf(193, "preflight", (256, 256)), atol=1e-12
    )


@pytest.mark.parametrize(
    ("diffuse", "terms", "problem"),
    [
        (1.0, TERMS, "a share of 1.0"),
        (0.1, [], "0 kinds of wings"),
        (0.1, [{"kind": "halo"}], "no wings of the kind 'halo'"),
        (0.1, [{"kind": "power"}], "exponent = None"),
        (0.1, [{"kind": "gaussian", "width": -3}], "width = -3"),
        (0.1, [{"kind": "gaussian", "width": 3, "weight": 0}], "weight = 0"),
    ],
)
def test_what_is_no_psf_is_refused(diffuse, terms, problem):
    with pytest.raises(InputError, match=problem):
        stray_light.parametric(171, "default", (64, 64), diffuse, terms)


@pytest.mark.parametrize(
    ("side", "diffuse"),
    [(256, 0.2), *(pytest.param(1024, share, marks=pytest.mark.full) for share in (0.1, 0.2, 0.35))],
)
def test_wings_are_found_behind_the_moon(side, diffuse):
    """As they were made, without noise; in larger images to 0.01 of the light with it. Every source is on the detector."""
    scene, shape = Scene(side, diffuse, outside=False), (2 * side, 2 * side)
    scene.kernel = stray_light.parametric(171, "default", shape, diffuse, TERMS)
    sharp, basis = transform(psf.psf(171, shape=shape)), [transform(stray_light.wings(shape, term)) for term in TERMS]
    found = stray_light.fit_wings(scene.seen.astype(np.float32), scene.occulted.astype(np.uint8), sharp, basis)
    assert found == pytest.approx([0.2 * diffuse, 0.8 * diffuse], abs=1e-3)
    if side == 256:
        return
    noisy = stray_light.fit_wings(scene.observed(), scene.occulted, sharp, basis)
    assert noisy.sum() == pytest.approx(diffuse, abs=0.01)


def test_wings_need_pixels_behind_the_moon():
    with pytest.raises(InputError, match="no pixel is occulted"):
        stray_light.fit_wings(np.ones((64, 64)), np.zeros((64, 64), bool), np.ones((64, 33)), [np.ones((64, 33))])


def test_a_file_says_where_it_is_from(tmp_path, level1_header, rng):
    """A user's array goes through the step; model, file and SHA-256 are in the header of the image."""
    import aia_psf
    from helioreduce.image import Image
    from helioreduce.io.provenance import sha256

    given, product = tmp_path / "mine_171.fits", tmp_path / "psf.fits"
    fits.write_arrays(given, {"PSF": stray_light.parametric(171, "default", (512, 512), 0.2, TERMS)})
    aia_psf.main("171", "file", str(product), {}, [str(given)])
    optics = deconvolution.Psf(*psf_files.read(product))
    data = rng.poisson(100, (300, 320)).astype(np.float32)
    image = Image(data, level1_header, np.sqrt(data))
    plain = deconvolution.from_psf(image, deconvolution.Psf(), {"method": "cg"})
    for method in ("rl", "cg"):
        result = deconvolution.from_psf(image, optics, {"method": method, "iterations": 3})
        assert [result.header[name] for name in ("PSFMODEL", "PSFFILE", "PSFHASH")] == ["file", given.name, sha256(given)]
        assert abs(result.data - plain.data).max() > 1
    assert "PSFMODEL" not in plain.header


def test_the_meshes_psf_has_no_cards(tmp_path):
    fits.write_arrays(tmp_path / "psf.fits", {"OTF": np.ones((4, 3), np.float32)})
    otf, kernel, cards = psf_files.read(tmp_path / "psf.fits")
    assert kernel is None and cards == {} and otf.shape == (4, 3)
