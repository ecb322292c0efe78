"""Constants and units are those of Astropy (CODATA 2018, SI)."""

import astropy.units as u
import pytest
from astropy import constants as codata

from helioreduce import constants


def test_constants_are_codatas():
    assert codata.c.to_value("m/s") == constants.SPEED_OF_LIGHT_M_S
    assert constants.SPEED_OF_LIGHT_M_S / 1e3 == constants.SPEED_OF_LIGHT_KM_S
    assert pytest.approx((codata.h * codata.c).to_value("eV AA"), rel=1e-10) == constants.HC_EV_ANGSTROM


@pytest.mark.parametrize(("unit", "number"), constants.ANGSTROM_PER_UNIT.items())
def test_units_are_astropys(unit, number):
    assert number == pytest.approx(u.Unit(unit).to("AA"), rel=1e-15)
