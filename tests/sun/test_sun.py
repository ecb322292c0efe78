"""The archive's Sun, instrument and tables against mathematics, its own truth, and real records."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.archive import records
from helioreduce.archive.catalogue import Catalogue
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.sun import calibration, camera, despiker, ephemeris, keywords
from helioreduce.sun.frame import render
from helioreduce.sun.instrument import CHANNELS
from helioreduce.sun.scenario import Pointing, Scenario, facts, true_pointing
from helioreduce.sun.sky import scene

SMALL = Scenario(npix=512)
DAY = datetime(2014, 1, 1, tzinfo=UTC)


def slot(name: int) -> datetime:
    """A slot of the channel's series."""
    return times.slot(DAY, {"euv": 12, "uv": 24, "vis": 3600}[CHANNELS[name].kind])


@pytest.fixture(scope="module")
def frames() -> dict:
    """One small frame of three channels, with a Gaussian PSF for the EUV."""
    return {name: render(SMALL, name, slot(name), gaussian_psf() if name < 1000 else None, 0.8) for name in (94, 171, 1600)}


def gaussian_psf(npix: int = 65, sigma: float = 0.6) -> np.ndarray:
    """Centred Gaussian of unit sum."""
    y, x = np.mgrid[:npix, :npix] - npix // 2
    psf = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return psf / psf.sum()


def pulls(counts: np.ndarray, expected: np.ndarray, name: int) -> np.ndarray:
    """(Counts − expected) / sigma."""
    return (counts - expected) / camera.sigma(expected.astype(float), CHANNELS[name])


@pytest.mark.parametrize("name", list(CHANNELS))
@pytest.mark.parametrize("level", [3.0, 24.0, 100.0, 1000.0, 12000.0])
def test_noise_has_the_size_of_the_error_model(name: int, level: float) -> None:
    """500 000 exposures of one level: mean within 5 standard errors, standard deviation of the pulls 1 ± 0.05.

    Just below 25 DN some exposures are compressed and some are not, so that level is left to the frames.
    """
    if abs(level - 25) < 10 and CHANNELS[name].compress < 3:
        level = 10.0
    expected = np.full((512, 1024), level, np.float32)
    counts = camera.read_out(camera.expose(expected, CHANNELS[name], np.random.SeedSequence(1)))
    pull = pulls(counts, expected, name)
    assert abs(pull.mean()) < 5 / np.sqrt(pull.size) + 0.002
    assert pull.std() == pytest.approx(1, abs=0.05)


def test_noise_of_frames_closes(frames: dict) -> None:
    """Level 0.5 against its own expectation, away from cosmic rays: mean 0 ± 0.02, standard deviation 1 ± 0.05."""
    for name, frame in frames.items():
        clean = frame.truth.cosmic_rays == 0
        pull = pulls(frame.truth.level05, frame.truth.expected, name)[clean]
        assert abs(pull.mean()) < 0.02
        assert pull.std() == pytest.approx(1, abs=0.05)


@given(st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_despiker_replaces_by_the_published_rule(seed: int) -> None:
    """Against a plain loop: threshold, rank, border, passes; and respiking restores the counts to the bit."""
    rng = np.random.default_rng(seed)
    image = rng.poisson(20, (18, 23)).astype(np.int16)
    image[rng.random(image.shape) < 0.03] += 400
    cleaned, spikes = despiker.despike(image)
    expected = image.astype(int)
    for _ in range(3):
        before = expected.copy()
        for y in range(2, 16):
            for x in range(2, 21):
                near, far = before[y - 1 : y + 2, x - 1 : x + 2], before[y - 2 : y + 3, x - 2 : x + 3].copy()
                far[1:4, 1:4] = 30000
                if before[y, x] > 0 and before[y, x] / 1.8 - (near.sum() - before[y, x]) / 8 > 4:
                    expected[y, x] = np.sort(far.ravel())[7]
    np.testing.assert_array_equal(cleaned, expected)
    np.testing.assert_array_equal(spikes[0], np.argwhere(cleaned != image) @ (4096, 1))
    np.testing.assert_array_equal(despiker.respike(cleaned, spikes), image)


def test_despiker_finds_one_spike_and_spares_the_border() -> None:
    image = np.full((9, 9), 10, np.int16)
    image[4, 4] = image[1, 5] = 3000
    cleaned, spikes = despiker.despike(image)
    assert spikes.tolist() == [[4 * 4096 + 4], [3000], [10]]
    assert cleaned[1, 5] == 3000


def test_frame_is_whole(frames: dict) -> None:
    """Spikes number NSPIKES and restore level 0.5; the UV has none; image and statistics agree."""
    for frame in frames.values():
        texts = frame.keywords
        if frame.facts.channel.despiked:
            assert int(texts["NSPIKES"]) == frame.spikes.shape[1] > 0
            np.testing.assert_array_equal(despiker.respike(frame.image, frame.spikes), frame.truth.level05)
        else:
            assert frame.spikes is None
            assert texts["NSPIKES"] == "0"
        assert float(texts["DATAMEAN"]) == pytest.approx(frame.image.mean(), abs=1e-3)
        assert int(texts["DATAMAX"]) == frame.image.max()
        assert float(texts["DATAP99"]) == pytest.approx(np.percentile(frame.image, 99), abs=1)
        third = ((frame.image - frame.image.mean()) ** 3).mean() / frame.image.std() ** 3
        assert float(texts["DATASKEW"]) == pytest.approx(third, abs=0.01)


def test_frames_repeat_to_the_bit_whatever_the_threads(frames: dict) -> None:
    import numba

    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        again = render(SMALL, 171, slot(171), gaussian_psf(), 0.8)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(again.image, frames[171].image)
    np.testing.assert_array_equal(again.spikes, frames[171].spikes)
    assert again.keywords == frames[171].keywords
    other = render(Scenario(npix=512, seed=7), 171, slot(171), gaussian_psf(), 0.8)
    assert (other.image != frames[171].image).mean() > 0.5


def limb(image: np.ndarray, pointing: Pointing, radius: float) -> tuple[float, float, float]:
    """Centre offset (x, y) and radius offset, pixels, of the steepest brightness change near the limb."""
    y, x = np.indices(image.shape)
    rho, phi = np.hypot(x - pointing.x0, y - pointing.y0), np.arctan2(y - pointing.y0, x - pointing.x0)
    near = abs(rho - radius) < 6
    bins, edges = 120, []
    for k in range(bins):
        sector = near & (((phi + np.pi) / (2 * np.pi) * bins).astype(int) == k)
        edges.append(edge_of(rho[sector] - radius, image[sector].astype(float)))
    angle = (np.arange(bins) + 0.5) / bins * 2 * np.pi - np.pi
    matrix = np.stack([np.cos(angle), np.sin(angle), np.ones(bins)], 1)
    keep = np.ones(bins, bool)
    for _ in range(4):
        fit = np.linalg.lstsq(matrix[keep], np.array(edges)[keep], rcond=None)[0]
        miss = abs(np.array(edges) - matrix @ fit)
        keep = miss < 3 * max(np.median(miss[keep]), 0.02)
    return tuple(fit)


def edge_of(distance: np.ndarray, value: np.ndarray) -> float:
    """Where the brightness steps: the cut that leaves the least scatter about a straight line on either side."""
    order = np.argsort(distance)
    distance, value = distance[order], value[order]
    cuts = np.linspace(-2, 2, 161)
    return float(cuts[np.argmin([scatter(distance, value, cut) for cut in cuts])])


def scatter(distance: np.ndarray, value: np.ndarray, cut: float) -> float:
    """Squared residuals of two straight lines that meet in a step at ``cut``."""
    total = 0.0
    for side in (distance < cut, distance >= cut):
        fit = np.polyfit(distance[side], value[side], 1)
        total += float(((value[side] - np.polyval(fit, distance[side])) ** 2).sum())
    return total


def test_header_is_off_the_truth_and_the_pointing_row_is_not() -> None:
    """Over a year: header at most 0.4 px off, the row in force at most 0.045 px, at full size."""
    worst_header = worst_row = 0.0
    for hours in range(0, 8760, 101):
        time = times.slot(DAY + timedelta(hours=hours), 12)
        frame = facts(Scenario(), 193, time)
        rows = calibration.pointing_records(Scenario(), time, time)
        (row,) = [r for r in rows if times.parse(r["T_START"]) <= frame.t_obs < times.parse(r["T_STOP"])]
        worst_header = max(worst_header, np.hypot(frame.reported.x0 - frame.truth.x0, frame.reported.y0 - frame.truth.y0))
        offset = float(row["A_193_X0"]) - frame.truth.x0, float(row["A_193_Y0"]) - frame.truth.y0
        worst_row = max(worst_row, np.hypot(*offset))
        assert float(row["A_193_INSTROT"]) + frame.sat_rot == pytest.approx(frame.truth.roll, abs=1e-6)
        assert float(row["A_193_IMSCALE"]) == pytest.approx(frame.truth.scale, abs=1e-6)
    assert 0.1 < worst_header <= 0.4
    assert worst_row <= 0.045


def test_small_detector_sees_the_same_field() -> None:
    """Corners of the detector lie at the same angles whatever the size of its pixels."""
    for name in (171, 1600):
        large, small = (facts(Scenario(npix=n), name, slot(name)).truth for n in (4096, 512))
        for edge in (0, 4096):
            here, there = (edge - 0.5 - large.x0) * large.scale, (edge / 8 - 0.5 - small.x0) * small.scale
            assert here == pytest.approx(there, abs=1e-6)


def test_scene_moves_with_the_grid() -> None:
    """Shifting the pointing by whole pixels shifts the scene; turning by 90° turns it."""
    seen = ephemeris.observer(DAY)
    straight = scene(SMALL, 171, seen, Pointing(255.5, 255.5, 4.8, 0.0), 512)
    moved = scene(SMALL, 171, seen, Pointing(258.5, 250.5, 4.8, 0.0), 512)
    turned = scene(SMALL, 171, seen, Pointing(255.5, 255.5, 4.8, 90.0), 512)
    np.testing.assert_allclose(moved[:-5, 3:], straight[5:, :-3], rtol=2e-3, atol=1e-3)
    close = np.isclose(np.rot90(turned, -1), straight, rtol=2e-3, atol=1e-3) | np.isclose(
        np.rot90(turned), straight, rtol=2e-3, atol=1e-3
    )
    assert close.mean() > 0.99


def test_blur_keeps_flux_and_agrees_with_its_transform(rng: np.random.Generator) -> None:
    """Sum kept to 1e-6; a PSF and its transform give the same image; a point becomes the PSF."""
    image = rng.gamma(2, 50, (128, 96)).astype(np.float32)
    psf = gaussian_psf(33, 1.4)
    blurred = camera.blur(image, psf)
    assert blurred.sum(dtype=float) == pytest.approx(image.sum(dtype=float), rel=1e-6)
    padded = np.zeros(image.shape)
    padded[64 - 16 : 64 + 17, 48 - 16 : 48 + 17] = psf
    otf = np.fft.rfft2(np.fft.ifftshift(padded))
    np.testing.assert_allclose(camera.blur(image, otf), blurred, rtol=1e-5)
    point = np.zeros((128, 96), np.float32)
    point[40, 30] = 1000
    np.testing.assert_allclose(camera.blur(point, psf)[24:57, 14:47], 1000 * psf, atol=1e-4)


def test_observer_agrees_with_jsoc(real) -> None:
    """Positions of the record of 2014-01-01: 1e-6 of the distance, 0.001° in longitude and latitude, 2 m/s."""
    reply = json.loads((real / "jsoc" / "rs_list_lev1_euv_2014-01-01_304.json").read_text())
    recorded = {entry["name"]: entry["values"][0] for entry in reply["keywords"]}
    seen = ephemeris.observer(times.parse(recorded["T_OBS"]))
    assert seen.distance_m == pytest.approx(float(recorded["DSUN_OBS"]), rel=1e-6)
    assert seen.rsun_arcsec == pytest.approx(float(recorded["RSUN_OBS"]), abs=1e-3)
    assert seen.longitude == pytest.approx(float(recorded["CRLN_OBS"]), abs=1e-3)
    assert seen.latitude == pytest.approx(float(recorded["CRLT_OBS"]), abs=1e-3)
    assert seen.rotation == int(recorded["CAR_ROT"])
    np.testing.assert_allclose(seen.velocity, [float(recorded[f"OBS_V{axis}"]) for axis in "RWN"], atol=2)
    np.testing.assert_allclose(seen.hae, [float(recorded[f"HAE{axis}_OBS"]) for axis in "XYZ"], atol=1e5)


def test_record_has_the_keywords_of_real_replies(real, frames: dict) -> None:
    """Same names in the same order as JSOC's reply; texts of the same form."""
    reply = json.loads((real / "jsoc" / "rs_list_lev1_euv_2020-01-01_all_channels.json").read_text())
    recorded = {entry["name"]: entry["values"] for entry in reply["keywords"]}
    texts = frames[94].keywords
    assert list(texts) == list(recorded)
    for name, values in recorded.items():
        forms = {form(value) for value in values}
        assert form(texts[name]) in forms, (name, texts[name], values)


def form(text: str) -> str:
    """Shape of a printed value: integer, hexadecimal, number with its decimals, time with its decimals, or text."""
    whole, _, decimals = text.rstrip("Z").partition(".")
    if text.startswith("0x"):
        return f"hex {len(text)}"
    if text.endswith("Z"):
        return f"time {len(decimals)}"
    if whole.lstrip("-").isdigit():
        return f"number {len(decimals)}"
    return text if text == keywords.MISSING else "text"


def test_stored_header_has_the_keywords_of_level_1(real, frames: dict) -> None:
    """All 178 names of the list, with values of the same type as the real example."""
    with open(real / "jsoc" / "aia_lev1_keywords.csv") as file:
        listed = {row["fits"]: row for row in csv.DictReader(file)}
    header = frames[171].header
    assert set(listed) <= set(header)
    for name, row in listed.items():
        kind = {"int": int, "double": float, "float": float}.get(row["type"], str)
        assert isinstance(header[name], kind) or header[name] == "nan", name


def test_header_modes(frames: dict) -> None:
    """``stale`` differs from the record in the cards that JSOC corrected, ``bare`` holds none."""
    frame = frames[171]
    stale = keywords.stored_header(frame.keywords, frame.facts, "stale")
    changed = {name for name in stale if stale[name] != frame.header[name]}
    assert changed == {"INST_ROT", "CROTA2", "CDELT1", "CDELT2", "IMSCL_MP", "MPO_REC", "DN_GAIN", "EFF_AREA", "DATE"}
    assert len(keywords.stored_header(frame.keywords, frame.facts, "bare")) == 0


def test_degradation_follows_the_published_table(real) -> None:
    """Within 1 % of SolarSoft's table V10 on 200 dates of 2010 to 2026, jumps included; equal to the served rows."""
    rows = [
        line.split() for line in (real / "aia/tables/aia_V10_20201119_190000_response_table.txt").read_text().splitlines()[1:]
    ]
    served = calibration.response_records()
    for name in (94, 131, 171, 193, 211, 304, 335, 1600, 1700):
        published = [r for r in rows if int(r[5]) == name]
        ours = [r for r in served if r["WAVELNTH"] == str(name)]
        for days in np.linspace(50, 5900, 200):
            time = datetime(2010, 3, 24, tzinfo=UTC) + timedelta(days=float(days))
            truth = factor(time, [(r[1], r[2], r[8], r[10]) for r in published])
            table = factor(time, [(r["T_START"], r["T_STOP"], r["EFF_AREA"], r["EFFA_P1"]) for r in ours])
            assert calibration.degradation(name, time) == pytest.approx(truth, rel=0.01)
            assert calibration.degradation(name, time) == pytest.approx(table, rel=1e-12)


def factor(time: datetime, rows: list[tuple[str, str, str, str]]) -> float:
    """d(t) of table rows (start, stop, area, slope)."""
    for start, stop, area, slope in rows:
        if times.parse(start) <= time < times.parse(stop):
            days = (time - times.parse(start)) / timedelta(days=1)
            return float(area) / float(rows[0][2]) * (1 + float(slope) * days)
    raise AssertionError(time)


def test_errors_are_those_of_the_published_table(real) -> None:
    lines = [line.split() for line in (real / "aia/tables/aia_V3_error_table.txt").read_text().splitlines()]
    for line, record in zip(lines[1:], calibration.error_records(), strict=True):
        published = dict(zip(lines[0], line, strict=True))
        for name in ("WAVELNTH", "WAVE_STR", "DNPERPHT", "COMPRESS", "CALERR", "CHIANTI", "EVEERR", "VER_NUM"):
            assert record[name] == published[name]


def test_bad_requests_are_refused() -> None:
    with pytest.raises(InputError, match="no channel"):
        facts(SMALL, 172, slot(171))
    with pytest.raises(InputError, match="no slot"):
        facts(SMALL, 171, DAY + timedelta(seconds=7))
    with pytest.raises(InputError, match="unknown key"):
        Scenario.from_mapping({"sed": 1})
    with pytest.raises(InputError, match="there is no earthquake"):
        Scenario(events={"earthquake": ["*"]})
    with pytest.raises(InputError, match="header"):
        Scenario(header="rotten")
    with pytest.raises(InputError, match="does not cover"):
        calibration.degradation(171, datetime(2009, 1, 1, tzinfo=UTC))


def test_scripts_write_what_the_archive_serves(tmp_path) -> None:
    """Files, their layout, and the same bytes twice."""
    import archive_render
    import archive_tables

    psf = tmp_path / "psf.fits"
    fits.write_arrays(psf, {"PSF": gaussian_psf(64)})
    time, scenario = times.compact(slot(171)), {"npix": 128, "seed": 3}
    for folder in ("a", "b"):
        archive_render.main(scenario, 171, time, str(psf), tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["image_lev1.fits", "record.json", "spikes.fits", "truth.fits"]
    record = json.loads((tmp_path / "a/record.json").read_text())
    assert record["series"] == "aia.lev1_euv_12s"
    with astropy_fits.open(tmp_path / "a/image_lev1.fits", do_not_scale_image_data=True) as hdus:
        assert (len(hdus), hdus[1].data.dtype, hdus[1].header["BLANK"]) == (2, np.int16, -32768)
        assert hdus[1].compression_type == "RICE_1"
    spikes, _ = fits.read_spikes(tmp_path / "a/spikes.fits")
    level05, _ = fits.read_array(tmp_path / "a/truth.fits", "LEVEL05")
    image = fits.read(tmp_path / "a/image_lev1.fits").data
    np.testing.assert_array_equal(despiker.respike(image.astype(np.int16), spikes), level05)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    archive_tables.main(scenario, "2014-01-01", "2014-01-01T06:00:00", tmp_path)
    archive_render.main(scenario, 171, time, str(psf), tmp_path / "frames" / "171" / time)
    catalogue = Catalogue(tmp_path)
    catalogue.refresh()
    assert {"aia.master_pointing3h", "aia.response"} <= set(catalogue.names())
    (held,) = catalogue.records("aia.lev1_euv_12s")
    assert held.segments["spikes"].name == "spikes.fits"
    pointing = json.loads((tmp_path / "pointing.json").read_text())
    assert pointing["series"] == "aia.master_pointing3h"
    assert pointing["records"][0]["T_START"] == "2013-12-31T21:00:00Z"
    truth = true_pointing(Scenario.from_mapping(scenario), CHANNELS[171], DAY + timedelta(hours=1.5))
    assert float(pointing["records"][1]["A_171_X0"]) == pytest.approx(truth.x0, abs=1e-6)


def rendered(name: int = 171, **events: list[str]):
    """A small frame with events."""
    return render(Scenario(npix=512, events=events), name, slot(name), gaussian_psf() if name < 1000 else None, 0.8)


def test_events_leave_the_other_frames_alone(frames: dict) -> None:
    frame = rendered(eclipse=["193/*"], lost=["171/20140101T000013"])
    np.testing.assert_array_equal(frame.image, frames[171].image)
    assert frame.keywords == frames[171].keywords


def test_records_of_lost_gap_offline_and_reprocessed_frames(tmp_path, frames: dict) -> None:
    """The catalogue reads what each event leaves: no record, no files, files off line, or an older version as well."""
    plain = frames[171]
    for event, check in {
        "gap": lambda held: held == [],
        "lost": lambda held: (
            held[0].segments == {"image": None, "spikes": None}
            and (held[0].keywords["QUALITY"], held[0].keywords["DATAMEAN"]) == ("0x80000000", "MISSING")
        ),
        "offline": lambda held: not held[0].online,
        "no_spikes": lambda held: held[0].segments["spikes"] is None and int(held[0].keywords["NSPIKES"]) > 0,
        "reprocessed": lambda held: [r.keywords["X0_MP"] == plain.keywords["X0_MP"] for r in held] == [False, True],
        "nrt": lambda held: held[0].keywords["QUALITY"] == "0x40000000",
    }.items():
        root = tmp_path / event
        frame = rendered(**{event: ["171/*"]})
        records.write(root / "frames" / "171" / "x" / "record.json", frame.record)
        catalogue = Catalogue(root)
        catalogue.refresh()
        assert check(catalogue.records("aia.lev1_euv_12s")), event


def test_missing_rows_are_counted_and_have_no_spikes(frames: dict) -> None:
    frame = rendered(missing=["*"])
    lost = frame.image == keywords.BLANK
    assert int(frame.keywords["MISSVALS"]) == lost.sum() == 11 * 512
    assert frame.keywords["QUALITY"] == "0x00000300"
    assert frame.spikes.shape[1] == int(frame.keywords["NSPIKES"])
    np.testing.assert_array_equal(despiker.respike(frame.image, frame.spikes), frame.truth.level05)
    np.testing.assert_array_equal(frame.truth.level05[~lost], frames[171].truth.level05[~lost])


def test_eclipse_dark_and_short_frames(frames: dict) -> None:
    """The Earth hides part of the Sun, the shutter all of it; a tenth of the exposure gives a tenth of the counts."""
    whole = frames[171].truth.expected.sum(dtype=float)
    eclipse, dark, short = (rendered(**{event: ["*"]}) for event in ("eclipse", "dark", "short"))
    assert 0.3 < eclipse.truth.expected.sum(dtype=float) / whole < 0.9
    assert eclipse.truth.expected.min() < 1e-3 * frames[171].truth.expected.min() + 1e-3
    assert dark.truth.expected.max() == 0
    assert abs(float(dark.keywords["DATAMEAN"])) < 0.1
    assert short.truth.expected.sum(dtype=float) / whole == pytest.approx(0.1, rel=1e-4)
    assert [f.keywords[n] for f, n in ((eclipse, "ACS_ECLP"), (dark, "IMG_TYPE"), (short, "AECTYPE"))] == ["YES", "DARK", "2"]


def test_flare_saturates_and_blooms_along_the_columns(frames: dict) -> None:
    frame = rendered(flare=["*"])
    assert int(frame.keywords["NSATPIX"]) > int(frames[171].keywords["NSATPIX"]) == 0
    assert frame.truth.level05.max() == 16375
    bled = (frame.truth.level05 == 16375) & (frame.truth.expected < 15000)
    assert bled.sum() > 0
    assert set(np.nonzero(bled)[1]) <= set(np.nonzero(frame.truth.expected > 16000)[1])


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_blooming_keeps_the_charge(seed: int) -> None:
    """All charge stays in its column, no pixel loses any below the full well, and none is left above it."""
    rng = np.random.default_rng(seed)
    counts = rng.uniform(0, 9000, (200, 8)).astype(np.float32)
    counts[100, 2:5] = rng.uniform(16375, 300000, 3)
    before = counts.copy()
    camera.bloom(counts)
    np.testing.assert_allclose(counts.sum(0, dtype=float), before.sum(0, dtype=float), rtol=1e-5)
    assert counts.max() <= 16375
    assert (counts >= np.minimum(before, 16375)).all()
    np.testing.assert_array_equal(np.delete(counts, [2, 3, 4], 1), np.delete(before, [2, 3, 4], 1))


def test_pointing_rows_with_gaps_and_missing_channels() -> None:
    events = {"pointing_gap": ["*/20140101T030000"], "pointing_missing": ["171/20140101T060000"]}
    rows = calibration.pointing_records(Scenario(events=events), DAY, DAY + timedelta(hours=6))
    spans = [(row["T_START"][11:13], row["T_STOP"][11:13]) for row in rows]
    assert spans == [("21", "00"), ("00", "06"), ("06", "09"), ("09", "12")]
    assert [row["A_171_X0"] == "MISSING" for row in rows] == [False, False, True, False]
    assert "MISSING" not in rows[2]["A_193_X0"]


def test_quarter_dn_file_reads_as_the_same_counts(tmp_path, frames: dict) -> None:
    image = frames[94].image.copy()
    image[0, :3] = keywords.BLANK, -8, 16375
    fits.write_compressed(tmp_path / "q.fits", image, frames[94].header, quarters=True)
    with astropy_fits.open(tmp_path / "q.fits", do_not_scale_image_data=True) as hdus:
        assert (hdus[1].header["BSCALE"], hdus[1].header["BZERO"], hdus[1].data.dtype) == (0.25, 8183.75, np.int16)
    read = fits.read(tmp_path / "q.fits").data
    assert np.isnan(read[0, 0])
    np.testing.assert_array_equal(read.ravel()[1:], image.ravel()[1:])


@pytest.mark.full
@pytest.mark.parametrize("name", [171, 1600])
def test_limb_of_a_full_frame_is_where_the_truth_says(name: int) -> None:
    """Limb fitted on level 1: centre within 0.06 px of the true pointing, radius within 0.15 px of R_SUN."""
    frame = render(Scenario(), name, slot(name), gaussian_psf() if name < 1000 else None)
    true = frame.facts.truth
    x, y, radius = limb(frame.image, true, frame.facts.observer.rsun_arcsec / true.scale)
    assert np.hypot(x, y) < 0.06
    assert abs(radius) < 0.15
