"""The observer's position against a JSOC record."""

from __future__ import annotations

import json

import numpy as np
import pytest

from helioreduce import times
from helioreduce.sun import ephemeris


def test_observer_agrees_with_jsoc(real) -> None:
    """Positions of the record of 2014-01-01: 1e-6 of the distance, 0.001° in longitude and latitude, 2 m/s."""
    reply = json.loads((real / "jsoc/rs_list_lev1_euv_2014-01-01_304.json").read_text())
    recorded = {entry["name"]: entry["values"][0] for entry in reply["keywords"]}
    seen = ephemeris.observer(times.parse(recorded["T_OBS"]))
    assert seen.distance_m == pytest.approx(float(recorded["DSUN_OBS"]), rel=1e-6)
    assert seen.rsun_arcsec == pytest.approx(float(recorded["RSUN_OBS"]), abs=1e-3)
    assert seen.longitude == pytest.approx(float(recorded["CRLN_OBS"]), abs=1e-3)
    assert seen.latitude == pytest.approx(float(recorded["CRLT_OBS"]), abs=1e-3)
    assert seen.rotation == int(recorded["CAR_ROT"])
    np.testing.assert_allclose(seen.velocity, [float(recorded[f"OBS_V{axis}"]) for axis in "RWN"], atol=2)
    np.testing.assert_allclose(seen.hae, [float(recorded[f"HAE{axis}_OBS"]) for axis in "XYZ"], atol=1e5)
