"""A fitted raster in Python: each of its lines by name, with its maps as NDCubes and its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from helioreduce import interop
from helioreduce.errors import InputError
from helioreduce.spice import maps, naming
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.maps import LineMap, label

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class FittedLine:
    """A line of a fitted raster; its maps are NDCubes (t, y, x) with errors, NaN where the line was not found."""

    fitted: Fitted
    number: int

    def __repr__(self) -> str:
        """Return the name of the line."""
        return f"<FittedLine {self.name}>"

    @property
    def name(self) -> str:
        """``ne_8 770.42``."""
        return self.fitted.fit.model.lines[self.number].name

    @property
    def radiance(self) -> Any:
        """Radiance, W/m²/sr."""
        return _cube(self._radiance)

    @property
    def velocity(self) -> Any:
        """Velocity relative to the median of the map, km/s, away positive; its zero is ``meta["VZERO"]``, Å."""
        return _cube(self._velocity)

    @property
    def width(self) -> Any:
        """Width, FWHM, Å."""
        return _cube(maps.width(self.fitted, self.number))

    def plot(self) -> Figure:
        """Return a figure of radiance, velocity and width, with their errors below."""
        from helioreduce.io import plots  # matplotlib, which nothing else here needs
        from helioreduce.spice import figures

        bound = self.fitted.map(self.fitted.at_bound(self.number))
        with plots.look():
            return figures.line_maps(self._radiance, self._velocity, maps.width(self.fitted, self.number), bound)

    @cached_property
    def _radiance(self) -> LineMap:
        return maps.radiances(self.fitted).maps[self.number]

    @cached_property
    def _velocity(self) -> LineMap:
        return maps.velocities(self.fitted)[self.number]


@dataclass(frozen=True, eq=False)
class FittedRaster:
    """The fits of a level-3 file; ``raster["ne_8 770.42"]`` is a line of it."""

    groups: Sequence[Fitted]

    @cached_property
    def _every(self) -> list[FittedLine]:
        return [FittedLine(fitted, g) for fitted in self.groups for g in range(len(fitted.fit.model.lines))]

    @property
    def lines(self) -> list[str]:
        """Names of the lines, in the order of the file."""
        return [line.name for line in self._every]

    def __getitem__(self, name: str) -> FittedLine:
        """Return a line, by ``ne_8 770.42`` or ``Ne VIII 770.42``; of several fits the first."""
        found = naming.line(name, self._every)
        if found is None:
            raise InputError(f"the line {name!r} has not been fitted", cure=f"Choose of {', '.join(self.lines)}")
        return found

    def __iter__(self) -> Iterator[FittedLine]:
        """Return the lines one by one."""
        return iter(self._every)

    def __repr__(self) -> str:
        """Return the names of the lines."""
        return f"FittedRaster of {', '.join(map(label, self.lines))}"


def _cube(own: LineMap) -> Any:
    """Return a map as an NDCube."""
    return interop.cube(own.data, own.header, own.sigma)
