"""Calibration tables of the archive: degradation, errors and pointing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io.provenance import SIMULATED
from helioreduce.series import MISSING
from helioreduce.sun.instrument import CHANNELS, Channel, find_channel
from helioreduce.sun.scenario import Scenario, true_pointing

#: Of the degradation table: by this number it is asked for, and what it is.
VERSION, ORIGIN = 10, f"{SIMULATED}: V10 to three figures"
_MADE = "2020-11-19T19:00:00Z"
_END = datetime(2030, 5, 1, tzinfo=UTC)
_ROW_H = 3
#: Degradation d at the start and the end of each epoch, linear in between: SolarSoft's response table V10 (2020-11-19) to
#: three figures, epochs merged where the line stays within 0.6 %. It is 1 at launch; jumps are bake-outs.
_KNOTS = {
    94: "2010-03-24T00 1 1.2 2011-01-27T15 1.18 1 2011-05-20T18 .964 1.03 2011-10-06T12 1.02 .937 2013-02-15T12 .937 .903"
    " 2014-05-25T12 .903 .903",
    131: "2010-03-24T00 1 .871 2011-02-24T19 .888 .802 2012-04-10T12 .845 .784 2013-02-15T12 .784 .738 2014-05-25T12 .738 .644"
    " 2015-05-01T12 .645 .518 2018-06-18T18 .518 .507 2020-06-01T12 .507 .507",
    171: "2010-03-24T00 1 .994 2011-01-27T15 .994 .97 2012-04-10T12 .97 .885 2013-02-15T12 .885 .873 2014-05-25T12 .873 .74"
    " 2015-05-01T12 .74 .74",
    193: "2010-03-24T00 1 .981 2011-01-27T15 .991 .927 2012-04-10T12 .958 .933 2013-02-15T12 .929 .868 2014-05-25T12 .868 .858"
    " 2015-05-01T12 .858 .643 2018-06-18T18 .643 .493 2020-06-01T12 .493 .493",
    211: "2010-03-24T00 1 .959 2011-01-27T15 .987 .867 2012-04-10T12 .904 .858 2013-02-15T12 .814 .83 2014-05-25T12 .83 .83"
    " 2015-05-01T12 .83 .611 2018-06-18T18 .611 .402 2020-06-01T12 .402 .402",
    304: "2010-03-24T00 1 .515 2011-01-27T15 .633 .482 2011-04-13T18 .509 .452 2011-05-20T18 .45 .291 2011-10-06T12 .305 .315"
    " 2012-04-10T12 .315 .372 2012-10-01T12 .372 .366 2013-02-15T12 .366 .228 2014-05-25T12 .228 .106"
    " 2015-05-01T12 .106 .0555 2018-06-18T18 .0555 .0555",
    335: "2010-03-24T00 1 .746 2011-02-24T19 1.08 .672 2012-04-10T12 .808 .644 2012-10-01T12 .644 .562 2013-02-15T12 .562 .39"
    " 2014-05-25T12 .39 .292 2015-05-01T12 .292 .196 2018-06-18T18 .196 .172 2020-06-01T12 .172 .172",
    1600: "2010-03-24T00 1 .95 2011-01-27T15 .967 .806 2012-01-01T12 .73 .73 2012-04-10T12 .7 .622 2013-05-01T12 .607 .582"
    " 2013-08-16T00 .649 .479 2016-05-01T12 .48 .425 2018-03-05T12 .426 .325 2020-06-01T12 .337 .337",
    1700: "2010-03-24T00 1 1.01 2011-01-27T15 1.03 .927 2012-01-01T12 .843 .855 2012-04-10T12 .84 .806 2013-02-15T12 .81 .793"
    " 2013-05-01T12 .787 .774 2013-08-16T00 .815 .882 2014-05-01T12 .881 .866 2018-03-05T12 .866 .759 2020-06-01T12 .772 .772",
    4500: "2010-03-24T00 1 1",
}
#: Effective wavelength (Å) where it differs from the channel's name (table V10), and DN per photon in the response table.
_EFFECTIVE = {94: 93.9, 131: 131.2, 171: 171.1, 193: 195.1, 211: 211.3, 304: 303.8, 335: 335.4}
_DN_PER_PHOTON = {94: 1.97671, 131: 1.471, 171: 1.12159, 193: 0.95137, 211: 0.87843, 304: 0.61097, 335: 0.57542}
#: Relative errors of SolarSoft's error table V3: preflight calibration, CHIANTI, EVE.
_ERRORS = {
    94: (0.25, 0.5, 0.087), 131: (0.25, 0.5, 0.051), 171: (0.25, 0.25, 0.019), 193: (0.25, 0.25, 0.014),
    211: (0.25, 0.25, 0.019), 304: (0.25, 0.5, 0.023), 335: (0.25, 0.25, 0.097),
    1600: (0.5, 1.0, 0.012), 1700: (0.5, 1.0, 0.035), 4500: (0.5, 1.0, 0.03),
}  # fmt: skip


@dataclass(frozen=True)
class Epoch:
    """One row of the response table: effective area (cm²) at its start, and its relative change per day."""

    start: datetime
    stop: datetime
    area: float
    slope: float


def epochs(channel: Channel) -> list[Epoch]:
    """Return the epochs of a channel, rounded as in the served table."""
    words = _KNOTS[channel.name].split()
    starts = [datetime.fromisoformat(word).replace(tzinfo=UTC) for word in words[::3]]
    rows = []
    for i, start in enumerate(starts):
        stop = starts[i + 1] if i + 1 < len(starts) else _END
        first, last = float(words[3 * i + 1]), float(words[3 * i + 2])
        slope = (last / first - 1) / ((stop - start) / timedelta(days=1))
        rows.append(Epoch(start, stop, round(channel.area * first, 6), round(slope, 7)))
    return rows


def degradation(name: int, time: datetime) -> float:
    """Return d(t): sensitivity of channel ``name`` (Å) relative to launch, by the served table.

    d = A_eff(epoch) / A_eff(first epoch) · (1 + p₁ (t − T_START)), t in days.

    Raises
    ------
    InputError
        Outside 2010-03-24 to 2030-05-01.
    """
    rows = epochs(find_channel(name))
    for row in rows:
        if row.start <= time < row.stop:
            return row.area / rows[0].area * (1 + row.slope * ((time - row.start) / timedelta(days=1)))
    raise InputError(
        f"the archive's degradation table does not cover {time:%Y-%m-%d}", cure="Use a date of 2010-03-24 to 2030-04-30"
    )


def response_records() -> list[dict[str, str]]:
    """Return the records of ``aia.response``, keyword to text."""
    return [_response_record(channel, row) for channel in CHANNELS.values() for row in epochs(channel)]


def _response_record(channel: Channel, row: Epoch) -> dict[str, str]:
    """Return one record of ``aia.response``."""
    return {
        "DATE": _MADE,
        "T_START": _time(row.start),
        "T_STOP": _time(row.stop),
        "VER_NUM": str(VERSION),
        "WAVE_STR": channel.wave_str,
        "WAVELNTH": str(channel.name),
        "EPERDN": f"{channel.gain:.2f}",
        "DNPERPHT": f"{_DN_PER_PHOTON.get(channel.name, channel.dn_per_photon):.5f}",
        "EFF_AREA": f"{row.area:.6f}",
        "EFF_WVLN": f"{_EFFECTIVE.get(channel.name, channel.name):.2f}",
        "EFFA_P1": f"{row.slope:.7f}",
        "EFFA_P2": "0.000000",
        "EFFA_P3": "0.000000",
        "RMSE": "0.050000",
        "ORIGIN": ORIGIN,
    }


def error_records() -> list[dict[str, str]]:
    """Return the rows of the error table, keyword to text: SolarSoft's version 3 to the last figure."""
    records = []
    for channel in CHANNELS.values():
        calibration, chianti, eve = _ERRORS[channel.name]
        records.append(
            {
                "DATE": "2012-02-10T01:12:01Z",
                "T_START": "2010-05-01T00:00:00Z",
                "T_STOP": "2050-05-01T00:00:00Z",
                "VER_NUM": "3",
                "WAVE_STR": channel.wave_str,
                "WAVELNTH": str(channel.name),
                "DNPERPHT": f"{channel.dn_per_photon:.3f}",
                "COMPRESS": f"{channel.compress:.3f}",
                "CALERR": f"{calibration:.3f}",
                "CHIANTI": f"{chianti:.3f}",
                "EVEERR": f"{eve:.3f}",
            }
        )
    return records


def pointing_records(scenario: Scenario, start: datetime, end: datetime) -> list[dict[str, str]]:
    """Return the records of ``aia.master_pointing3h`` from ``start`` to ``end``, with one row to spare on either side.

    A row holds the true pointing at the middle of its three hours, which differs from that of the others by 0.045 px at
    most. Where the event ``pointing_gap`` leaves a row out, the one before it lasts six hours.
    """
    kept = [t_start for t_start in _slots(start, end) if not scenario.has("pointing_gap", "*", t_start)]
    return [_pointing_record(scenario, t_start) for t_start in kept]


def pointing_of_day(scenario: Scenario, day: datetime) -> list[dict[str, object]]:
    """Return the rows of :func:`pointing_records` that start on a day, each with a record number of its own.

    The rows of all days are the whole table, each row once.
    """
    rows = [
        row for row in pointing_records(scenario, day, day + timedelta(days=1)) if row["T_START"].startswith(f"{day:%Y-%m-%d}")
    ]
    return [{"recnum": int(times.parse(row["T_START"]).timestamp()) // (_ROW_H * 3600), "keywords": row} for row in rows]


def _slots(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the starts of the three-hour slots around an interval."""
    time = start.replace(minute=0, second=0, microsecond=0) - timedelta(hours=start.hour % _ROW_H + _ROW_H)
    while time <= end + timedelta(hours=_ROW_H):
        yield time
        time += timedelta(hours=_ROW_H)


def _pointing_record(scenario: Scenario, t_start: datetime) -> dict[str, str]:
    """Return one row: true pointing of all channels at mid-slot, or MISSING."""
    after, middle = t_start + timedelta(hours=_ROW_H), t_start + timedelta(hours=_ROW_H / 2)
    stop = after + timedelta(hours=_ROW_H) if scenario.has("pointing_gap", "*", after) else after
    row = {"T_START": _time(t_start), "T_STOP": _time(stop), "DATE": _time(t_start + timedelta(hours=22)), "VERSION": "1"}
    for channel in CHANNELS.values():
        truth = true_pointing(scenario, channel, middle)
        cells = {"X0": truth.x0, "Y0": truth.y0, "IMSCALE": truth.scale, "INSTROT": truth.roll}
        missing = scenario.has("pointing_missing", channel.name, t_start)
        row |= {f"A_{channel.name:03d}_{cell}": MISSING if missing else f"{value:.6f}" for cell, value in cells.items()}
    return row | {"SC_Y_INRT_BIAS": "0.000000", "SC_Z_INRT_BIAS": "0.000000"}


def _time(value: datetime) -> str:
    """Return UTC to the second, as JSOC prints it."""
    return f"{value:%Y-%m-%dT%H:%M:%S}Z"
