"""Degradation: the polynomial of each epoch, versions kept apart, and SolarSoft's tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.aia import degradation, tables
from helioreduce.aia.cards import STATISTICS
from helioreduce.errors import AlreadyDone, InputError, InputWarning
from helioreduce.image import Image
from helioreduce.io.provenance import caveats
from helioreduce.sun import calibration, telemetry

ORDER = (94, 131, 171, 193, 211, 304, 335, 1600, 1700)
# aiapy's formula on SolarSoft's table V10.
V10 = {
    "2010-11-03T12:15:00": "1.14278862 .91401251 .99550979 .98652938 .97036462 .64841669 .83094366 .96407833 1.00898042",
    "2012-10-26T08:20:33": ".95762665 .80559107 .91564709 .94230380 .87467006 .37087232 .62886116 .65784855 .81839911",
    "2015-01-01": ".90318035 .67763738 .78689313 .86181568 .82998783 .14925730 .32685357 .56048306 .87895035",
    "2019-01-01": ".90318035 .51486666 .73993102 .60196381 .55362470 .05551220 .18971313 .38869923 .82654650",
    "2024-05-10": ".90318035 .50719248 .73993102 .49304625 .40223306 .05551220 .17223786 .33723849 .77180233",
}


def row(start, stop, area, *slopes, version=10, date="2020-01-01T00:00:00"):
    return {
        "DATE": date, "T_START": start, "T_STOP": stop, "VER_NUM": version, "WAVE_STR": "171_THIN", "EFF_AREA": area,
        **{f"EFFA_P{n}": slope for n, slope in enumerate((*slopes, 0, 0, 0)[:3], 1)},
    }  # fmt: skip


TABLE = [row("2010-01-01", "2011-01-01", 2.0, -1e-3), row("2011-01-01", "2030-01-01", 1.5)]


def test_polynomial_of_the_epoch():
    value, _ = degradation.factor(TABLE, 171, 10, times.parse("2010-04-11"))
    assert value == pytest.approx(1 - 1e-3 * 100, abs=1e-15)
    assert degradation.factor(TABLE, 171, 10, times.parse("2011-01-01"))[0] == 0.75  # an epoch owns its start


def test_versions_and_reissues_do_not_mix():
    other = [row("2010-01-01", "2011-01-01", 9.0, version=8), row("2010-01-01", "2011-01-01", 5.0, date="2019-01-01")]
    assert degradation.factor(other + TABLE, 171, 10, times.parse("2012-01-01"))[0] == 0.75


@given(st.permutations([f"20{year}-01-01T00:00:00" for year in (17, 18, 19, 20)]))
def test_the_last_issue_of_an_epoch_counts_whatever_the_order_of_rows(dates):
    """Each issue of one epoch has its year as the area of the second epoch."""
    reissued = [row("2011-01-01", "2030-01-01", float(date[:4]), date=date) for date in dates]
    table = [row("2010-01-01", "2011-01-01", 2020.0), *reissued]
    assert degradation.factor(table, 171, 10, times.parse("2012-01-01"))[0] == 1.0
    assert [entry["DATE"] for entry in degradation.epochs(reissued, 171, 10)] == ["2020-01-01T00:00:00"]


def test_epochs_are_in_order_of_their_start_whatever_the_order_of_rows():
    assert degradation.epochs(TABLE[::-1], 171, 10) == TABLE


def test_frozen_tail():
    assert not degradation.is_frozen(TABLE, 171, 10, times.parse("2010-06-01"))
    assert degradation.is_frozen(TABLE, 171, 10, times.parse("2020-06-01"))


@pytest.mark.parametrize("slopes", [(1e-9,), (0, 1e-12), (0, 0, 1e-15)])
def test_any_power_of_time_is_a_trend(slopes):
    """Also that of a later epoch: a constant one before it is not the frozen end of the table."""
    table = [row("2010-01-01", "2011-01-01", 2.0), row("2011-01-01", "2030-01-01", 1.5, *slopes)]
    for time in ("2010-06-01", "2011-01-01", "2020-06-01"):
        assert not degradation.is_frozen(table, 171, 10, times.parse(time))


def test_correct_by_a_table_names_it(level1_header):
    """The factor is 0.9 at 100 days; statistics of the old image are gone."""
    level1_header.update({"T_OBS": "2010-04-11T00:00:00", **dict.fromkeys(STATISTICS, 9.0)})
    image = Image(np.full((4, 4), 9.0, np.float32), level1_header)
    meta = {"origin": "V10.txt", "version": "10", "sha256": "0123456789abcdef"}
    header = degradation.from_table(image, (TABLE, meta), 10).header
    assert header["DEGFACT"] == pytest.approx(0.9)
    record = header["PRPARA1"]
    assert all(word in record for word in ("factor=0.900000000", "version=10", "epoch=2010-01-01"))
    assert "V10.txt" in header["PRREF1"]
    assert not set(STATISTICS) & set(header)


def test_a_stand_in_is_called_what_it_is(level1_header):
    """And the header says so where it corrects an image of the Sun, not where the image is simulated as well."""
    image = Image(np.ones((4, 4), np.float32), level1_header)
    stand_in = [{**row, "ORIGIN": calibration.ORIGIN} for row in TABLE]
    with pytest.warns(InputWarning, match="corrected by a stand-in"):
        header = degradation.correct(image, stand_in, 10).header
    assert caveats(header) == ["corrected by a stand-in of the degradation table, SIMULATED: V10 to three figures"]
    assert "version=SIMULATED: V10 to three figures" in header["PRPARA1"]
    assert not caveats(degradation.correct(image, TABLE, 10).header)
    level1_header["ORIGIN"] = telemetry.CONSTANT["ORIGIN"]
    assert not caveats(degradation.correct(Image(image.data, level1_header), stand_in, 10).header)


def test_correct_scales_data_and_sigma_once(level1_header):
    level1_header["T_OBS"] = "2010-04-11T00:00:00"
    image = Image(np.full((4, 4), 9.0, np.float32), level1_header, np.ones((4, 4), np.float32))
    corrected = degradation.correct(image, TABLE, 10)
    np.testing.assert_allclose(corrected.data, 10, rtol=1e-6)
    np.testing.assert_allclose(corrected.sigma / corrected.data, 1 / 9, rtol=1e-6)
    with pytest.raises(AlreadyDone):
        degradation.correct(corrected, TABLE, 10)


def test_frozen_table_warns(level1_header):
    with pytest.warns(UserWarning, match="frozen"):
        degradation.correct(Image(np.ones((4, 4), np.float32), level1_header), TABLE, 10)


def test_beyond_the_fit_warns_and_is_recorded(level1_header):
    level1_header["T_OBS"] = "2021-01-01T00:00:00"
    with pytest.warns(UserWarning, match="was fitted before 2020-01-01"):
        image = degradation.correct(Image(np.ones((4, 4), np.float32), level1_header), TABLE, 10)
    assert "extrapolated_since=2020-01-01" in image.header["PRPARA1"]


def test_a_factor_that_has_run_below_zero_is_refused(level1_header):
    level1_header["T_OBS"] = "2013-01-01T00:00:00"
    steep = [row("2010-01-01", "2030-01-01", 2.0, -1e-3)]
    with pytest.raises(InputError, match="extrapolated too far"):
        degradation.correct(Image(np.ones((4, 4), np.float32), level1_header), steep, 10)


def test_errors_name_the_cure():
    with pytest.raises(InputError, match="version 8.*aia.calibration.version"):
        degradation.factor(TABLE, 171, 8, times.parse("2011-01-01"))
    with pytest.raises(InputError, match="outside the degradation table"):
        degradation.factor(TABLE, 171, 10, times.parse("2031-01-01"))


@pytest.mark.parametrize("date", V10)
def test_published_v10(real, date):
    rows = tables.parse((real / "aia/tables/aia_V10_20201119_190000_response_table.txt").read_text())
    got = [degradation.factor(rows, channel, 10, times.parse(date))[0] for channel in ORDER]
    np.testing.assert_allclose(got, np.array(V10[date].split(), float), rtol=0, atol=1e-7)


def test_published_v8(real):
    rows = tables.parse((real / "aia/tables/aia_V8_20171210_050627_response_table.txt").read_text())
    value, _ = degradation.factor(rows, 94, 8, times.parse("2015-01-01"))
    assert value == pytest.approx(0.7667108920899671, abs=1e-12)
    with pytest.raises(InputError, match="4500"):
        degradation.factor(rows, 4500, 8, times.parse("2015-01-01"))


#: At 2015-01-01, from aiapy's own tests (0.10.2, calibrate/tests/test_prep.py: test_degradation_all_wavelengths), which hold
#: them to 1e-3: they come from JSOC's table, whose numbers are rounded in another place than SolarSoft's.
AIAPY = {
    94: 0.90317732, 171: 0.78689527, 193: 0.86181854, 211: 0.82998772, 304: 0.14925002, 335: 0.32689207,
    1600: 0.56048306, 1700: 0.87895035,
}  # fmt: skip


@pytest.mark.parametrize("channel", AIAPY)
def test_reference_values_of_aiapy(real, channel):
    rows = tables.parse((real / "aia/tables/aia_V10_20201119_190000_response_table.txt").read_text())
    value, _ = degradation.factor(rows, channel, 10, times.parse("2015-01-01"))
    assert value == pytest.approx(AIAPY[channel], abs=4e-5)
