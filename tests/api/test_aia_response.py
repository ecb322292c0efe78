"""Responses by one call each."""

import numpy as np
import pytest
from astropy import units as u

from helioreduce import aia
from helioreduce.errors import InputError


def test_wavelength_response_at_launch_and_at_a_date(real):
    file, table = real / "aia/response/aia_V9_fullinst_and_emissivity.sav", aia.calibration(real / "aia/tables")
    launch = aia.wavelength_response(335 * u.angstrom, file)
    dated = aia.wavelength_response(335, file, "2019-01-01", table)
    assert launch["at_launch"].unit == u.Unit("cm2 DN / ph")
    factor = aia.sensitivity(335, "2019-01-01", table)
    np.testing.assert_allclose(dated["at_date"].value, launch["at_launch"].value * factor, rtol=1e-12)
    plain = aia.wavelength_response(335, file, crosstalk=False)
    assert (plain["at_launch"] <= launch["at_launch"]).all()


def test_temperature_response_is_solarsofts(real):
    file = real / "aia/response/aia_V9_fullinst_and_emissivity.sav"
    found = aia.temperature_response(file, file)
    assert found["temperature"].unit == u.K
    assert found["at_launch_171"].max().value == pytest.approx(1.25e-24, rel=0.01)
    assert found["temperature"][found["at_launch_171"].argmax()].value == pytest.approx(10**5.9, rel=1e-6)


def test_the_calibration_to_eve_needs_a_time():
    with pytest.raises(InputError, match="eve needs a time. Give at"):
        aia.wavelength_response(171, eve=True)
