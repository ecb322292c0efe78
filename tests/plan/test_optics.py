"""The PSF of a request: a file is there, and what is set and not used is said."""

import pytest
from configuration import configuration

from helioreduce.errors import InputError
from helioreduce.plan.optics import Optics


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "171.fits").touch()
    return tmp_path


def optics(channels=(171,), deconvolve=None, **psf):
    aia = configuration()["aia"]
    return Optics(aia | {"channels": channels, "psf": aia["psf"] | psf, "deconvolve": aia["deconvolve"] | (deconvolve or {})})


def test_a_file_of_each_channel_has_to_be_there():
    """Snakemake takes what is finished for current where an input of its making is absent."""
    optics(model="file", file="{channel}.fits").check()
    with pytest.raises(InputError, match=r"aia.psf.file: '193.fits' does not exist"):
        optics((171, 193), model="file", file="{channel}.fits").check()
    optics((171, 193), model="grigis", file="{channel}.fits").check()


@pytest.mark.parametrize("pattern", ["{wave}.fits", "{}.fits", "{channel.fits"])
def test_the_only_placeholder_is_the_channel(pattern):
    with pytest.raises(InputError, match="The only placeholder is {channel}"):
        optics(model="file", file=pattern).check()


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({"file": "171.fits"}, "aia.psf.file is set, and aia.psf.model is grigis: the file is not read."),
        ({"diffuse": 0.1}, "aia.psf.wings or diffuse is set, and aia.psf.model is grigis: they are not used."),
        (
            {"deconvolve": {"method": "cg", "tolerance": 0.1}},
            "aia.deconvolve.tolerance is set, and the method is cg: it is not used.",
        ),
        ({"deconvolve": {"positive": True}}, "aia.deconvolve.positive is set, and the method is rl: it is not used."),
    ],
)
def test_what_is_set_and_not_used_is_said(settings, reported):
    assert list(optics(**settings).unused) == [reported.format("it is not used.")]
    assert list(optics().unused) == []
