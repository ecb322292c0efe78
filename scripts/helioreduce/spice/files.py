"""Files of SPICE: the one place where a raster's values become arrays with headers, and back.

A window is found by its name and a line by its card LINE_ID, within the file's own order; names of HDUs are read nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.errors import InputError
from helioreduce.io import fits, npz, provenance
from helioreduce.io.atomic import replaced
from helioreduce.io.fits import Plane
from helioreduce.spice import contribution, level2, level3, maps, saffron_layout
from helioreduce.spice.composition import Graph, Table
from helioreduce.spice.contribution import Function
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Found, Window
from helioreduce.spice.maps import FipBias, LineMap, Radiances
from helioreduce.spice.noise import Noise
from helioreduce.spice.saffron import FileNames


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Name the file in every :class:`InputError` of the block that names none."""
    try:
        yield
    except InputError as error:
        raise error.at(path) from None


def read_level2(path: str | Path) -> list[Window]:
    """Read the spectral windows of a level-2 file (:func:`helioreduce.spice.level2.windows`); wrong checksums only warn."""
    with naming(path):
        return level2.windows(fits.read_planes(path, edited=True), fits.read_tables(path))


def read_good_windows(path: str | Path, names: Collection[str] | None = None) -> Found:
    """Read the windows of a level-2 file that can be reduced, all or those of these names, and why others cannot."""
    with naming(path):
        return level2.sorted_out(fits.read_planes(path, edited=True), fits.read_tables(path), names)


def read_windows(path: str | Path, names: Collection[str]) -> dict[str, Window]:
    """Read windows of a level-2 file, by name; one that cannot be reduced is an error."""
    found = read_good_windows(path, names)
    for name, reason in found.refused.items():
        raise InputError(f"the window {name!r}: {reason}", where=path)
    return {window.name: window for window in found.windows}


def saffron_windows(path: str | Path) -> list[tuple[str, float, float]]:
    """Return name and first and last wavelength (Å) of every window of a level-2 file, counted as SAFFRON counts them.

    Dumbbells count, and have no name.
    """
    headers = [header for header in fits.read_headers(path) if level2.is_image(header)]
    seen = iter(level2.seen([header for header in headers if level2.is_spectral(header)]))
    return [(own.name, own.low, own.high) if (own := next(seen) if level2.is_spectral(h) else None) else ("", 0.0, 0.0)
            for h in headers]  # fmt: skip


def write_checks(path: str | Path, checks: Sequence[Mapping[str, Any]]) -> None:
    """Write the quality of the windows of a raster as JSON."""
    with replaced(path) as temporary:
        temporary.write_text(json.dumps(checks, indent=1, ensure_ascii=False))


def read_checks(path: str | Path) -> list[dict[str, Any]]:
    """Read the quality of the windows of a raster."""
    found: list[dict[str, Any]] = json.loads(Path(path).read_text())
    return found


def write_page(path: str | Path, page: str) -> None:
    """Write an HTML page."""
    with replaced(path) as temporary:
        temporary.write_text(page)


def write_truth(path: str | Path, truth: Mapping[str, np.ndarray]) -> None:
    """Write the truth of a simulated raster, arrays by name."""
    fits.write_planes(path, [Plane(name.upper(), array, Header()) for name, array in truth.items()])


def write_prepared(path: str | Path, group: Group) -> None:
    """Write a prepared group: per window its data, its mask and the times of its exposures."""
    planes = []
    for number, window in enumerate(group.windows):
        arrays = {"DATA": window.data, "MASK": window.mask, "TIME": window.time}
        planes += [
            Plane(f"{name}{number}", array, window.header if name == "DATA" else Header()) for name, array in arrays.items()
        ]
    fits.write_planes(path, planes)


def read_prepared(path: str | Path, name: str) -> Group:
    """Read a prepared group, for a fit of this name."""
    stored = {plane.name: plane for plane in fits.read_planes(path)}
    windows: list[Window] = []
    noise: list[Noise] = []
    while f"DATA{len(windows)}" in stored:
        plane, mask, time = (stored[f"{kind}{len(windows)}"] for kind in ("DATA", "MASK", "TIME"))
        data = np.asarray(plane.array, np.float32)
        wavelength = level2.wavelengths(plane.header, data.shape[1])
        windows.append(Window(str(plane.header["ORNAME"]), data, wavelength, plane.header, mask.array, time.array))
        noise.append(Noise(float(plane.header["NOISE_A"]), float(plane.header["NOISE_B"])))
    if not windows:
        raise InputError("holds no prepared window", cure="Make it with the rule spice_prepare", where=path)
    return Group(name, tuple(windows), tuple(noise))


def write_fitted(path: str | Path, planes: Sequence[Plane]) -> None:
    """Write the fits of one or more groups as Level P (:mod:`helioreduce.spice.level3`)."""
    fits.write_planes(path, planes)


def read_fitted(path: str | Path) -> list[Fitted]:
    """Read the fitted groups of a file."""
    with naming(path):
        return level3.groups(fits.read_planes(path))


def write_level3(path: str | Path, planes: Sequence[Plane], jitter: Sequence[Plane]) -> None:
    """Write the fits of a raster, followed by the tables of pointing jitter of its level-2 file."""
    fits.write_planes(path, [*planes, *jitter])


def fits_of(planes: Sequence[Plane]) -> list[Fitted]:
    """Return the fitted groups of the planes of level 3."""
    return level3.groups(planes)


def read_planes(sources: Sequence[str | Path]) -> list[Plane]:
    """Read the fits of several files, HDU by HDU."""
    return [plane for source in sources for plane in fits.read_planes(source)]


def write_saffron(folder: str | Path, groups: Sequence[Fitted], names: FileNames) -> None:
    """Write one file per line, and one with the backgrounds of each group, in SAFFRON's layout.

    A line of several fits has the fit in the names of its files.
    """
    often = level3.repeated(groups)
    for fitted in groups:
        for number, line in enumerate(fitted.fit.model.lines):
            identity, planes = saffron_layout.line_planes(fitted, number)
            parameter = f"{identity}_{fitted.group.name}" if line.name in often else identity
            fits.write_planes(Path(folder, names.of(parameter)), planes)
        backgrounds = names.of(f"Background_{fitted.group.name}")
        fits.write_planes(Path(folder, backgrounds), saffron_layout.background_planes(fitted))


def write_radiances(path: str | Path, groups: Sequence[Radiances]) -> None:
    """Write radiances: the lines of each group, followed by their covariance."""
    facts = {"formula": "sqrt(2 pi) I s"}
    titles = maps.titles([own for group in groups for own in group.maps])
    planes: list[Plane] = []
    for group in groups:
        header = Header()
        for g, own in enumerate(group.maps, 1):
            planes += _line_planes(own, titles[own.fit, own.line], "radiance", facts)
            header[f"LINE{g}"] = own.line
        provenance.record(header, "radiance", facts)
        planes.append(Plane(f"{group.group} COVARIANCE", group.covariance, header))
    fits.write_planes(path, planes)


def read_radiances(path: str | Path) -> list[Radiances]:
    """Read the radiances of every group."""
    planes = fits.read_planes(path)
    ends = [i for i, plane in enumerate(planes) if "LINE1" in plane.header]
    begins = [0, *(end + 1 for end in ends)]
    return [
        Radiances(planes[end].name.removesuffix(" COVARIANCE"), tuple(_line_maps(planes[begin:end])), planes[end].array)
        for begin, end in zip(begins, ends, strict=False)
    ]


def write_velocities(path: str | Path, lines: Sequence[LineMap], facts: Mapping[str, Any]) -> None:
    """Write the velocity of every line."""
    titles = maps.titles(lines)
    fits.write_planes(
        path, [plane for own in lines for plane in _line_planes(own, titles[own.fit, own.line], "velocity", facts)]
    )


def read_velocities(path: str | Path) -> list[LineMap]:
    """Read the velocity of every line."""
    return _line_maps(fits.read_planes(path))


def write_composition(path: str | Path, own: FipBias, facts: Mapping[str, Any], table: str, dems: Sequence[str] = ()) -> None:
    """Write the FIP bias, its errors and what it rests on; ``table`` and ``dems`` are the files of functions and DEMs."""
    header = own.header.copy()
    for i, file in enumerate(dems, 1):
        header[f"LCRDEM{i}"] = (provenance.ascii_only(Path(file).name), f"sha256 {provenance.sha256(file)[:16]}")
    provenance.record(header, "composition", facts, f"{table}; sha256 {provenance.sha256(table)}")
    arrays = {"FIP BIAS": own.bias, "SIGMA": own.noise, "SIGMA DEM": own.dem}
    planes = [Plane(name, array, header) for name, array in arrays.items()]
    graph = own.graph._asdict() if own.graph else {}
    fits.write_planes(path, [*planes, *(Plane(f"LCR {name.upper()}", array, Header()) for name, array in graph.items())])


def read_composition(path: str | Path) -> FipBias:
    """Read the FIP bias and its errors."""
    bias, noise, dem, *graph = fits.read_planes(path)
    return FipBias(bias.array, noise.array, dem.array, bias.header, Graph(*(own.array for own in graph)) if graph else None)


def _line_planes(own: LineMap, title: str, step: str, facts: Mapping[str, Any]) -> list[Plane]:
    """Return array and error of one line, in this order."""
    header = own.header.copy()
    provenance.record(header, step, facts)
    return [Plane(title, own.data, header), Plane(f"{title} SIGMA", own.sigma, header)]


def _line_maps(planes: Sequence[Plane]) -> list[LineMap]:
    """Return maps from pairs of array and error, in the order of the file."""
    return [
        LineMap(
            str(plane.header["LINE_ID"]),
            str(plane.header.get("ORNAME", "")),
            plane.array,
            error.array,
            plane.header,
            str(plane.header.get("FITNAME", "")),
        )
        for plane, error in zip(planes[::2], planes[1::2], strict=True)
    ]


def read_contribution(path: str | Path) -> Function:
    """Read the contribution function of one line, a file of gofchianti."""
    with naming(path):
        return contribution.function(npz.read(path))


def read_dems(paths: Sequence[str | Path]) -> list[np.ndarray]:
    """Read differential emission measures, text files in CHIANTI's form."""
    found = []
    for path in paths:
        with naming(path):
            found.append(contribution.dem(Path(path).read_text()))
    return found


def read_table(path: str | Path) -> Table:
    """Read a table of contribution functions."""
    with naming(path):
        return contribution.table(npz.read(path))


def write_table(path: str | Path, table: Table) -> None:
    """Write a table of contribution functions."""
    npz.write(path, contribution.arrays(table))
