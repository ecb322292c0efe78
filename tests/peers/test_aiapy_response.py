"""aiapy's Channel side by side."""

from collections import OrderedDict

import numpy as np
import pytest

from helioreduce import times
from helioreduce.aia import degradation
from helioreduce.aia import tables as solarsoft_tables
from helioreduce.aia.channels import CHANNELS, UV
from helioreduce.aia.response import instrument, solarsoft, tables

#: CODATA's hc, which aiapy takes, over SolarSoft's, which this package takes.
HC = 12398.419843320026 / instrument.HC_EV_ANGSTROM
WHEN = "2015-01-01T00:00:00"


def solarsoft_names(telescopes):
    """An instrument as aiapy wants it: nested dictionaries with SolarSoft's tags."""
    return OrderedDict(
        (f"A{number}_FULL", {tag: getattr(telescope, name) for name, tag in solarsoft.NAMES.items()})
        for number, telescope in telescopes.items()
    )


@pytest.mark.parametrize("number", CHANNELS)
def test_components_and_response(real, number):
    units, response = pytest.importorskip("astropy.units"), pytest.importorskip("aiapy.response")
    is_uv = number > 1000
    path = real / f"aia/response/{'aia_V8_fuv_fullinst.genx' if is_uv else 'aia_V9_fullinst_and_emissivity.sav'}"
    telescopes = tables.read_instrument(path)
    peer = response.Channel(number * units.angstrom, instrument_file=str(path) if is_uv else solarsoft_names(telescopes))
    ours = telescopes[number]
    rtol = 1e-6 if is_uv else 1e-14  # aiapy multiplies the genx file's numbers in single precision
    np.testing.assert_allclose(ours.effective_area, peer.effective_area.to_value("cm2"), rtol=rtol)
    np.testing.assert_allclose(instrument.crosstalk(telescopes, number), peer.crosstalk.to_value("cm2"), rtol=rtol)
    proportional = ours.wavelength < instrument.HC_EV_ANGSTROM * ours.electrons_per_ev  # aiapy has no floor of one electron
    np.testing.assert_allclose(ours.gain[proportional] * HC, peer.gain.to_value("DN / ph")[proportional], rtol=3e-7)
    assert proportional.all() == (number < 1000)


@pytest.mark.parametrize("number", [number for number in CHANNELS if number != 4500])
def test_dated_response(real, number):
    units, response = pytest.importorskip("astropy.units"), pytest.importorskip("aiapy.response")
    from aiapy_tables import get_correction_table
    from astropy.time import Time

    table = real / "aia/tables/aia_V10_20201119_190000_response_table.txt"
    rows = solarsoft_tables.parse(table.read_text())
    path = real / f"aia/response/{'aia_V8_fuv_fullinst.genx' if number in UV else 'aia_V9_fullinst_and_emissivity.sav'}"
    telescopes = tables.read_instrument(path)
    peer = response.Channel(number * units.angstrom, instrument_file=solarsoft_names(telescopes))
    reported = peer.wavelength_response(
        obstime=Time(WHEN), include_eve_correction=True, correction_table=get_correction_table(str(table))
    ).to_value("cm2 DN / ph")
    degraded, _ = degradation.factor(rows, number, 10, times.parse(WHEN))
    eve = instrument.eve_correction(telescopes[number], rows, 10, times.parse(WHEN))
    ours = instrument.wavelength_response(telescopes, number, degraded=degraded, eve=eve)
    low = telescopes[number].wavelength < 3390
    np.testing.assert_allclose(ours[low] * HC, reported[low], rtol=1e-9)
