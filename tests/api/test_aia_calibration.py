"""Tables by one call each."""

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time

from helioreduce import aia
from helioreduce.aia import degradation
from helioreduce.api.values import to_times
from helioreduce.command import main
from helioreduce.errors import InputError


def test_stand_ins_say_that_they_are():
    found = aia.calibration()
    assert found.error[1]["version"] == "3"
    assert "SIMULATED" in found.degradation[1]["version"]
    assert found.pointing[0] == []


def test_tables_of_a_folder(real):
    found = aia.calibration(real / "aia/tables")
    assert found.degradation[1]["sha256"][:8] in ("0a3f2db3", "e84fca73")  # of November or October 2020
    assert found.error[1]["sha256"].startswith("66ff0349")
    assert aia.calibration(real / "aia/tables", version=8).degradation[1]["origin"].startswith("aia_V8")


def test_tables_that_the_command_wrote_are_those_of_their_folder(real, tmp_path):
    assert main(["tables", "--source", str(real / "aia/tables"), "-o", str(tmp_path)]) == 0
    written, given = aia.calibration(tmp_path), aia.calibration(real / "aia/tables")
    for kind in ("error", "degradation"):
        assert getattr(written, kind)[1]["origin"] == f"{kind}.ecsv, from {getattr(given, kind)[1]['origin']}"
        assert getattr(written, kind)[1]["version"] == getattr(given, kind)[1]["version"]
    assert aia.sensitivity(335, "2014-01-01", written) == aia.sensitivity(335, "2014-01-01", given)
    counts = np.array([10.0, 1e4])
    np.testing.assert_array_equal(
        aia.estimate_error(counts, written, channel=94), aia.estimate_error(counts, given, channel=94)
    )


def test_a_pointing_table_in_a_file_says_where_it_is_from(tmp_path):
    assert main(["tables", "--pointing", "2014-01-01", "-o", str(tmp_path)]) == 0
    _, meta = aia.calibration(pointing=tmp_path / "pointing.ecsv").pointing
    assert (meta["origin"], meta["version"]) == ("pointing.ecsv, from simulated, aia.master_pointing3h", "3h")


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        aia.calibration(tmp_path / "tables")


def test_sensitivity_of_many_times_is_that_of_each():
    table = aia.calibration()
    times = Time("2010-06-01") + np.arange(0, 4000, 13) * u.day
    many = aia.sensitivity(335 * u.angstrom, times, table)
    assert many.shape == times.shape
    rows = table.degradation[0]
    np.testing.assert_array_equal(many, [degradation.factor(rows, 335, 10, time)[0] for time in to_times(times)])
    assert isinstance(aia.sensitivity(335, "2014-01-01"), float)
    with pytest.raises(InputError, match="outside the degradation table"):
        aia.sensitivity(335, ["2014-01-01", "2009-01-01"], table)


def test_pointing_covers_the_times():
    rows, meta = aia.pointing_table(["2014-01-01", "2014-01-03"], "simulated")
    assert rows[0]["T_START"] < "2014-01-01"
    assert rows[-1]["T_STOP"] > "2014-01-03"
    assert "aia.master_pointing3h" in meta["origin"]
