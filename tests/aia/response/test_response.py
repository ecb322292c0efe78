"""Wavelength and temperature response: closed forms, the open form, SolarSoft's files and IDL's numbers."""

from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helioreduce import times
from helioreduce.aia import tables as solarsoft_tables
from helioreduce.aia.channels import CHANNELS, EUV
from helioreduce.aia.response import instrument, model, solarsoft, tables, temperature
from helioreduce.errors import InputError
from helioreduce.io import ecsv

SAVE, GENX = "aia_V9_fullinst_and_emissivity.sav", "aia_V8_fuv_fullinst.genx"
V10 = "aia_V10_*_response_table.txt"  # any release
# aia_get_response(/temperature, /dn) V10 in IDL at log T = 5.5 5.9 6.3 6.7 7.1; then with /evenorm, /chiantifix.
LOG_T = (5.5, 5.9, 6.3, 6.7, 7.1)
IDL = {
    94: ("7.989764e-29 1.293278e-27 7.934313e-28 2.082041e-27 5.232063e-28",
         "6.301737e-29 1.549968e-27 1.242555e-27 1.518839e-27 3.850719e-28"),
    131: ("1.146029e-26 2.403140e-26 1.521314e-27 5.886691e-28 1.372394e-26",
          "1.196602e-26 2.509188e-26 1.588448e-27 6.146466e-28 1.432957e-26"),
    171: ("6.538093e-26 1.249941e-24 2.393434e-26 1.054749e-27 3.964249e-28",
          "6.329041e-26 1.209975e-24 2.316905e-26 1.021024e-27 3.837494e-28"),
    193: ("7.151754e-26 1.562612e-25 1.829818e-25 6.377391e-27 8.007815e-27",
          "8.619969e-26 1.883408e-25 2.205470e-25 7.686633e-27 9.651774e-27"),
    211: ("2.106046e-26 3.746260e-26 1.628607e-25 2.620222e-27 3.733237e-28",
          "2.282896e-26 4.060842e-26 1.765365e-25 2.840248e-27 4.046726e-28"),
    335: ("3.305645e-27 3.847616e-27 3.793753e-27 1.570354e-27 4.659536e-28",
          "4.207437e-27 4.897260e-27 4.828703e-27 1.998752e-27 5.930676e-28"),
}  # fmt: skip
# Ratio of IDL's /evenorm to its default response: the same at every temperature.
EVE = {94: 0.954841, 131: 1.044129, 171: 0.968026, 193: 1.205294, 211: 1.083972, 335: 1.272804}
LAUNCH = datetime(2010, 5, 1, tzinfo=UTC)


def channel(number=171, n=5, **changes):
    """A channel whose components are all one half."""
    half = dict.fromkeys(instrument.CURVES, np.full(n, 0.5))
    scalars = {"geometric_area": 64.0, "plate_scale": 2.0, "electrons_per_ev": 0.25, "electrons_per_dn": 20.0}
    return instrument.Channel(number, **{"wavelength": 100.0 + np.arange(n), **half, **scalars, **changes})


@pytest.fixture(scope="module")
def real_response(real):
    return tables.read_instrument(real / f"aia/response/{SAVE}"), tables.read_emissivity(real / f"aia/response/{SAVE}")


@pytest.fixture(scope="module")
def real_rows(real):
    return solarsoft_tables.parse((real / f"aia/tables/{V10}").read_text())


def test_effective_area_is_the_product_of_six_efficiencies():
    np.testing.assert_array_equal(channel().effective_area, 64 * 0.5**6)


@given(st.sampled_from(instrument.CURVES), arrays(float, 5, elements=st.floats(1e-6, 1)))
def test_effective_area_is_proportional_to_each_component(name, curve):
    np.testing.assert_allclose(channel(**{name: curve}).effective_area, 2 * curve, rtol=1e-14)


def test_gain_is_photon_energy_until_one_electron_is_left():
    gain = channel(wavelength=np.array([100.0, 1000.0, 3099.5, 4000.0, 5000.0])).gain
    np.testing.assert_allclose(gain * 20, [12398 / 400, 12398 / 4000, 1, 1, 1], rtol=1e-14)


def test_crosstalk_takes_the_partners_mirrors_and_the_own_filter_wheel():
    pair = {94: channel(94, focal_plane_filter=np.full(5, 0.25)), 304: channel(304, primary=np.full(5, 0.125))}
    np.testing.assert_array_equal(instrument.crosstalk(pair, 94), 64 * 0.125 * 0.5**4 * 0.25)
    np.testing.assert_array_equal(instrument.crosstalk(pair, 304), 64 * 0.5**6)
    assert not instrument.crosstalk({171: channel()}, 171).any()


def test_factors_scale_the_response():
    whole = instrument.wavelength_response({171: channel()}, 171)
    scaled = instrument.wavelength_response({171: channel()}, 171, degraded=0.5, eve=1.25)
    np.testing.assert_allclose(scaled, 0.625 * whole, rtol=1e-15)


def test_a_line_folds_to_the_response_at_its_wavelength():
    """K of a line of emissivity ε at λ₀ is Ω R(λ₀) ε, whatever the bin."""
    grid = np.linspace(90, 110, 201)
    values = np.zeros((201, 3))
    values[120] = np.array([1.0, 2.0, 3.0]) / (grid[1] - grid[0])
    lines = temperature.Emissivity(np.array([5.0, 6.0, 7.0]), grid, values)
    response = instrument.wavelength_response({171: channel()}, 171)
    folded = temperature.fold(response, channel().wavelength, 2.0, lines)
    np.testing.assert_allclose(folded, 2.0 * response[2] * np.array([1.0, 2.0, 3.0]), rtol=1e-12)


def test_light_outside_the_response_counts_nothing():
    values = np.ones((11, 2))
    lines = temperature.Emissivity(np.array([5.0, 6.0]), np.linspace(0, 10, 11), values)
    np.testing.assert_array_equal(temperature.fold(np.ones(5), 100.0 + np.arange(5), 1.0, lines), 0)


def test_chiantifix_adds_to_the_eve_normalised_response_and_degrades():
    telescopes = {94: channel(94), 304: channel(304)}
    light = temperature.Emissivity(np.array([5.0, 6.0]), np.linspace(90, 310, 441), np.ones((441, 2)))
    fix = temperature.ChiantiFix(light.log_temperature, {94: np.array([3.0, -1.0])})
    plain = temperature.temperature_response(telescopes, 94, light)
    fixed = temperature.temperature_response(telescopes, 94, light, degraded=0.5, eve=0.9, fix=fix)
    np.testing.assert_allclose(fixed, (0.9 * plain + fix.values[94]) * 0.5, rtol=1e-14)
    untouched = temperature.temperature_response(telescopes, 304, light, fix=fix)
    np.testing.assert_array_equal(untouched, temperature.temperature_response(telescopes, 304, light))
    with pytest.raises(InputError, match="EVE-normalised"):
        temperature.temperature_response(telescopes, 94, light, fix=fix)


def test_solarsoft_chiantifix_tags():
    tree = {"CHANNELS": [b"A94", b"A131"], "LOGTE": np.float32([6.5999999, 6.65]), "EMPIRICAL_MINUS_RAW": [[1, 2], [3, 4]]}
    fix = solarsoft.to_chiantifix(tree)
    assert fix.log_temperature.tolist() == [6.6, 6.65]
    assert {number: row.tolist() for number, row in fix.values.items()} == {94: [1, 2], 131: [3, 4]}
    with pytest.raises(InputError, match="LOGTE"):
        solarsoft.to_chiantifix({"CHANNELS": [], "EMPIRICAL_MINUS_RAW": []})


def test_open_form_round_trip(tmp_path):
    telescopes, light = model.instrument(), model.emissivity(np.array([5.0, 6.0]))
    ecsv.write_table(tmp_path / "instrument.ecsv", tables.from_instrument(telescopes, {"origin": model.ORIGIN}))
    ecsv.write_table(tmp_path / "emissivity.ecsv", tables.from_emissivity(light))
    back, shone = tables.read_instrument(tmp_path / "instrument.ecsv"), tables.read_emissivity(tmp_path / "emissivity.ecsv")
    assert tuple(back) == CHANNELS
    for number in CHANNELS:
        for name in ("wavelength", *instrument.CURVES, *instrument.SCALARS):
            np.testing.assert_array_equal(getattr(back[number], name), getattr(telescopes[number], name))
    np.testing.assert_array_equal(shone.values, light.values)
    assert shone.meta["origin"] == model.ORIGIN
    assert sorted(path.name for path in tmp_path.iterdir()) == ["emissivity.ecsv", "instrument.ecsv"]


def test_open_form_converts_units():
    table = tables.from_emissivity(model.emissivity(np.array([5.0, 6.0])))
    table["wavelength"] = table["wavelength"].to("nm")
    np.testing.assert_allclose(tables.to_emissivity(table).wavelength, model.emissivity(np.array([5.0])).wavelength)


def test_an_empty_cell_of_an_open_table_is_no_zero(tmp_path):
    table = Table(tables.from_instrument(model.instrument(), {"origin": model.ORIGIN}), masked=True)
    table["primary"].mask[7] = True
    ecsv.write_table(tmp_path / "instrument.ecsv", table)
    with pytest.raises(InputError, match="column primary has empty cells") as refused:
        tables.read_instrument(tmp_path / "instrument.ecsv")
    assert "instrument.ecsv" in str(refused.value)
    table = tables.from_emissivity(model.emissivity(np.array([5.0, 6.0])))
    table["wavelength"] = ["a"] * len(table)
    with pytest.raises(InputError, match="other things than numbers"):
        tables.to_emissivity(table)


def test_products_carry_every_component_with_unit():
    telescopes, factors = model.instrument(), tables.Factors(0.9, 1.1)
    product = tables.of_wavelength(telescopes, 94, factors, blend=True, meta={"date": "2014-01-01"})
    assert {"primary", "entrance_filter", "effective_area", "crosstalk", "gain"} <= set(product.colnames)
    assert str(product["at_date"].unit) == "cm2 DN / ph"
    np.testing.assert_allclose(
        product["at_date"], (product["effective_area"] + product["crosstalk"]) * product["gain"] * 0.99, rtol=1e-14
    )
    np.testing.assert_allclose(product["at_date"], product["at_launch"] * 0.9, rtol=1e-15)
    assert (product.meta["degradation"], product.meta["geometric_area"]) == (0.9, "83 cm2")
    light = model.emissivity(np.array([6.0, 7.0]))
    both = tables.of_temperature(telescopes, light, {94: factors}, blend=True, fix=None, meta={})
    launch = temperature.temperature_response(telescopes, 94, light, eve=1.1)
    np.testing.assert_array_equal(both["at_launch_94"], launch)
    np.testing.assert_array_equal(both["at_date_94"], launch * 0.9)


@pytest.mark.parametrize("number", CHANNELS)
def test_model_has_the_bands_it_claims(number):
    area, centre, width = model.BANDS[number]
    telescope = model.instrument()[number]
    for name in instrument.CURVES:
        assert getattr(telescope, name).min() >= 0 and getattr(telescope, name).max() <= 1
    near = np.abs(telescope.wavelength - centre) < width
    assert telescope.effective_area[near].max() == pytest.approx(area, rel=0.2)
    peak = telescope.wavelength[near][telescope.effective_area[near].argmax()]
    assert abs(peak - centre) < width / 2


def test_model_emissivity_peaks_where_its_lines_form():
    light = model.emissivity()
    for _, wavelength, peak, _, strength in (line for line in model.LINES if line[0] in ("Fe IX", "Fe XIV", "He II")):
        row = np.abs(light.wavelength - wavelength).argmin()
        assert light.log_temperature[light.values[row].argmax()] == pytest.approx(peak, abs=0.05)
        assert light.values[row].max() * 0.2 == pytest.approx(strength, rel=0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: instrument.choose({171: channel()}, 94), "no channel 94"),
        (lambda: instrument.crosstalk({94: channel(94)}, 94), "no channel 304"),
        (lambda: instrument.crosstalk({94: channel(94), 304: channel(304, 6)}, 94), "wavelength grid"),
        (lambda: channel(primary=np.ones(4)), "primary and wavelength"),
        (lambda: channel(wavelength=np.zeros(5)), "not ascending"),
        (lambda: temperature.Emissivity(np.zeros(3), np.arange(4.0), np.zeros((4, 2))), "shape"),
        (lambda: temperature.Emissivity(np.zeros(2), np.array([1.0, 2, 4]), np.zeros((3, 2))), "evenly"),
        (lambda: temperature.temperature_response(model.instrument(), 1600, model.emissivity()), "not 1600"),
        (lambda: tables.to_instrument(tables.from_emissivity(model.emissivity())), "column channel"),
    ],
)
def test_clear_errors(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("name", ["missing.genx", "missing.ecsv", "torn.genx", "torn.sav", "torn.ecsv"])
def test_bad_files_are_named(tmp_path, name):
    if name.startswith("torn"):
        (tmp_path / name).write_bytes(b"\x00\x00\x00\x02\x00\x00torn")
    with pytest.raises(InputError, match=name):
        tables.read_instrument(tmp_path / name)


def test_real_components_multiply_to_the_effective_area(real, real_response):
    """The reader itself compares both to 1e-6; here that it would notice."""
    uv = tables.read_instrument(real / f"aia/response/{GENX}")
    assert sorted({**real_response[0], **uv}) == sorted(CHANNELS)
    telescope = uv[1600]
    entry = {tag: getattr(telescope, name) for name, tag in solarsoft.NAMES.items()}
    solarsoft._check_area(telescope, {**entry, "EFFAREA": telescope.effective_area * (1 + 9e-7)}, "")
    with pytest.raises(InputError, match="EFFAREA"):
        solarsoft._check_area(telescope, {**entry, "EFFAREA": telescope.effective_area * (1 + 1.1e-6)}, "")


def test_real_temperature_response(real, real_response):
    """SolarSoft's response V10 from its emissivity at all 101 temperatures of the seven channels, to 2e-7."""
    reported = ecsv.read_table(real / "aia/response/aia_V10_temperature_response.ecsv")
    for number in EUV:
        ours = temperature.temperature_response(real_response[0], number, real_response[1])
        np.testing.assert_allclose(ours, reported[f"response_{number}"], rtol=2e-7)


@pytest.mark.parametrize("number", IDL)
def test_idl_temperature_response(real, real_response, real_rows, number):
    telescopes, light = real_response
    fix = tables.read_chiantifix(real / "aia/response/aia_V10_temperature_response.ecsv")
    eve = instrument.eve_correction(telescopes[number], real_rows, 10, LAUNCH)
    assert eve == pytest.approx(EVE[number], abs=6e-7)
    rows = [np.abs(light.log_temperature - value).argmin() for value in LOG_T]
    plain = temperature.temperature_response(telescopes, number, light)
    fixed = temperature.temperature_response(telescopes, number, light, eve=eve, fix=fix)
    # Printed with seven digits; the table's areas, which e is made of, have five decimals.
    for ours, reported, rtol in zip((plain, fixed), IDL[number], (5e-7, 2e-6), strict=True):
        np.testing.assert_allclose(ours[rows], np.array(reported.split(), float), rtol=rtol)


@pytest.mark.parametrize(("number", "change"), [(94, -1.6e-5), (131, -1.7e-3), (335, -2.07e-2)])
def test_idl_noblend_changes_the_peak(real_response, number, change):
    telescopes, light = real_response
    with_, without = (temperature.temperature_response(telescopes, number, light, blend=blend).max() for blend in (True, False))
    assert without / with_ - 1 == pytest.approx(change, rel=0.04)


def test_response_at_the_date_of_an_image(real_response, real_rows):
    telescopes, light = real_response
    when = times.parse("2015-01-01")
    degraded, eve = tables.factors(telescopes, 94, real_rows, 10, when, eve=True)
    assert eve == pytest.approx(0.9548415, abs=5e-8)
    dated = temperature.temperature_response(telescopes, 94, light, degraded=degraded, eve=eve)
    np.testing.assert_allclose(
        dated, temperature.temperature_response(telescopes, 94, light) * (0.90318035 * 0.9548415), rtol=1e-7
    )
    with pytest.raises(InputError, match="outside the degradation table"):
        instrument.eve_correction(telescopes[94], real_rows, 10, times.parse("2010-01-01"))
    assert tuple(tables.euv_factors(telescopes, real_rows, 10, when, eve=True)) == EUV
    few = [row for row in real_rows if row["WAVE_STR"] == "171_THIN"]
    assert tuple(tables.euv_factors(telescopes, few, 10, when, eve=False)) == (171,)
    with pytest.raises(InputError, match="no EUV channel"):
        tables.euv_factors(telescopes, few, 9, when, eve=False)
    assert tables.factors(telescopes, 4500, real_rows, 10, when, eve=True) == (1.0, None)
    with pytest.raises(InputError, match="version 7"):
        instrument.eve_correction(telescopes[94], real_rows, 7, when)


def test_eve_correction_of_aiapy(real):
    """aiapy's own value of 94 Å at 2015-01-01 with table V8 (0.10.2, response/tests/test_channel.py: test_eve_correction)."""
    rows = solarsoft_tables.parse((real / "aia/tables/aia_V8_20171210_050627_response_table.txt").read_text())
    telescopes = tables.read_instrument(real / f"aia/response/{SAVE}")
    eve = instrument.eve_correction(telescopes[94], rows, 8, times.parse("2015-01-01"))
    assert eve == pytest.approx(1.0140386988603103, rel=1e-7)  # aiapy multiplies in single precision
