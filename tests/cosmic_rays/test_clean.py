"""What cleaning does to an image and its header, and the noise models of jobs."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.cosmic_rays import lacosmic
from helioreduce.cosmic_rays.clean import clean, excess, hits, noise_model, to_electrons, wavelength
from helioreduce.cosmic_rays.noise import PHOTON_IS_ELECTRON_ABOVE, Detector, electrons_per_photon
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Flag, Image

GAIN, READ = 1.5, 10.0


def frame(seed=0, shape=(120, 140), sky=300.0, **cards: object) -> Image:
    """Sky of 300 e⁻ in DN, and three hits of 3000 e⁻."""
    rng = np.random.default_rng(seed)
    electrons = rng.poisson(sky, shape) + rng.normal(0, READ, shape)
    for place in ((20, 30), (60, 61), (100, 7)):
        electrons[place] += 3000
    return Image((electrons / GAIN).astype(np.float32), fits.Header({"BUNIT": "adu", **cards}))


def test_gain_scales_data_and_sigma_once() -> None:
    """Data and sigma times the gain, unit electron; a second gain is refused, by the step or by the unit."""
    image = frame().with_(sigma=np.full((120, 140), 17.3, np.float32))
    new = to_electrons(image, GAIN)
    assert np.allclose(new.data, GAIN * image.data, rtol=1e-6)
    assert np.allclose(new.sigma, 25.95, rtol=1e-6)
    assert new.header["BUNIT"] == "electron" and new.header["GAIN"] == "COMPLETE"
    with pytest.raises(AlreadyDone, match="gain"):
        to_electrons(new, GAIN)
    foreign = Image(image.data, fits.Header({"BUNIT": "electron"}))
    with pytest.raises(AlreadyDone, match="twice"):
        to_electrons(foreign, GAIN)
    with pytest.raises(AlreadyDone, match="twice"):
        clean(foreign, detector=Detector(GAIN, READ))
    with pytest.raises(InputError, match="gain"):
        to_electrons(image, 0)


def test_mask_does_not_depend_on_the_unit() -> None:
    """Cleaning in DN and in electrons finds the same pixels and replaces them by the same value times the gain."""
    image = frame()
    in_dn = clean(image, detector=Detector(GAIN, READ))
    in_electrons = clean(to_electrons(image, GAIN), detector=Detector(1.0, READ))
    assert in_dn.header["BUNIT"] == "adu"
    assert np.array_equal(in_dn.mask, in_electrons.mask)
    assert np.allclose(in_electrons.data, GAIN * in_dn.data, rtol=1e-6)
    assert np.allclose(in_electrons.sigma, GAIN * in_dn.sigma, rtol=1e-5)


def test_clean_flags_replaces_and_reports() -> None:
    """Hits get the bit, a value of the sky and its noise; the header says how many, by which settings and noise."""
    image = frame()
    new = clean(image, lacosmic.settings(sigclip=6), detector=Detector(GAIN, READ))
    hit = new.flagged(Flag.COSMIC_RAY)
    assert hit[20, 30] and hit[60, 61] and hit[100, 7]
    assert np.array_equal(new.data[~hit], image.data[~hit])
    noise = np.sqrt(300 + READ**2) / GAIN
    assert np.allclose(new.data[hit], 300 / GAIN, atol=3 * noise)
    assert np.allclose(new.sigma[hit], noise, rtol=0.5)
    assert new.header["NCOSMIC"] == hit.sum()
    reported = new.header["PRPARA1"]
    for word in ("sigclip=6", "objlim=5.0", "gain=1.5", "read_noise=10", f"n_pixels={hit.sum()}", "border=reflect"):
        assert word in reported
    with pytest.raises(AlreadyDone, match="clean"):
        clean(new, detector=Detector(GAIN, READ))


def test_replaced_pixels_have_an_honest_error() -> None:
    """On structure that noise alone does not explain, the error of replaced pixels covers it: rms pull below 1.5."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:300, :300]
    truth = 3000 + 1500 * np.sin(x / 4) * np.sin(y / 5)
    data = (truth + rng.normal(0, 55, truth.shape)).astype(np.float32)
    places = rng.integers(5, 295, (150, 2))
    data[tuple(places.T)] += 5000
    image = Image(data, fits.Header(), np.full(data.shape, 55, np.float32))
    new = clean(image)
    hit = new.flagged(Flag.COSMIC_RAY)
    pull = (new.data[hit] - truth[hit]) / new.sigma[hit]
    assert hit.sum() >= 150 and np.sqrt(np.mean(pull**2)) < 1.5
    assert np.sqrt(np.mean(((new.data[hit] - truth[hit]) / 55) ** 2)) > np.sqrt(np.mean(pull**2))


def test_error_plane_as_noise_and_its_absence() -> None:
    """Without a detector the error plane is the noise; without either there is a refusal."""
    image = frame()
    sigma = np.sqrt(Detector(GAIN, READ).variance(image.data))
    by_plane = clean(image.with_(sigma=sigma))
    by_model = clean(image, detector=Detector(GAIN, READ))
    assert np.array_equal(by_plane.mask, by_model.mask)
    with pytest.raises(InputError, match="no error plane"):
        clean(image)


def test_flag_only() -> None:
    """``replace=False`` sets bits and leaves every value."""
    image = frame()
    new = clean(image, detector=Detector(GAIN, READ), replace=False)
    assert new.flagged(Flag.COSMIC_RAY).sum() >= 3
    assert np.array_equal(new.data, image.data)


def test_bad_pixels_and_missing_ones() -> None:
    """A bad pixel is no cosmic ray; NaN stay NaN with their bit."""
    image = frame()
    image.data[50, 50], image.data[80, 80] = 9000, np.nan
    image.flags[50, 50] |= Flag.BAD_PIXEL
    image.flags[80, 80] |= Flag.NO_DATA
    new = clean(image, detector=Detector(GAIN, READ))
    assert not new.flagged(Flag.COSMIC_RAY)[50, 50] and new.data[50, 50] == 9000
    assert np.isnan(new.data[80, 80]) and new.flags[80, 80] == Flag.NO_DATA


@pytest.mark.parametrize("cards", [{"WAVELNTH": 171}, {"WAVELNTH": 17.1, "WAVEUNIT": "nm"}])
def test_plain_electron_noise_is_refused_in_the_euv(cards: dict) -> None:
    """At 171 Å the noise would be 4.5 times too small: refused, with the number to give instead."""
    image = frame(**cards)
    with pytest.raises(InputError, match=r"4\.5 times too small.*19\.86"):
        clean(image, detector=Detector(GAIN, READ))
    reported = noise_model(image.header, GAIN, READ, "auto")
    assert reported.electrons_per_photon == pytest.approx(19.86, abs=0.01)
    assert clean(image, detector=reported).header["NCOSMIC"] >= 0


def test_electron_noise_is_allowed_from_the_wavelength_of_two_pair_energies() -> None:
    """Where a photon frees two electrons on average or fewer, hc / (2 · 3.65 eV) and longer."""
    limit = PHOTON_IS_ELECTRON_ABOVE
    assert electrons_per_photon(limit) == pytest.approx(2)
    Detector(GAIN, READ).check(limit)
    Detector(GAIN, READ).check(None)
    Detector(GAIN, READ, 19.9).check(171)
    with pytest.raises(InputError, match="electron noise"):
        Detector(GAIN, READ).check(np.nextafter(limit, 0))


def test_wavelength_and_noise_model() -> None:
    """Units of WAVELNTH; no read noise means the error plane; auto needs a wavelength."""
    assert wavelength(fits.Header({"WAVELNTH": 171, "WAVEUNIT": "angstrom"})) == 171
    assert wavelength(fits.Header({"WAVELNTH": 77.0, "WAVEUNIT": "nm"})) == 770
    assert wavelength(fits.Header({"WAVELNTH": 171, "WAVEUNIT": None})) == 171
    assert wavelength(fits.Header()) is None
    assert noise_model(fits.Header(), 1.0, None, 1.0) is None
    with pytest.raises(InputError, match="WAVELNTH"):
        noise_model(fits.Header(), 1.0, 5.0, "auto")
    with pytest.raises(InputError, match="gain"):
        Detector(-1.0, 5.0)


def test_list_of_hits_is_reversible() -> None:
    """Index, before and after: put back, they give the image that was cleaned."""
    image = frame()
    new = clean(image, detector=Detector(GAIN, READ))
    listed = hits(image, new)
    assert listed.shape == (3, new.header["NCOSMIC"])
    assert np.allclose(new.data + excess(new.data.shape, listed), image.data, rtol=1e-6)
