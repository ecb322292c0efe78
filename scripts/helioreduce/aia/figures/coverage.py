"""Calendars of series: a cell a day, a row a channel, coloured by the share of the images that are there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from helioreduce.io import plots
from helioreduce.io.manifests import ASKED, DONE, FAILED, MISSING, UNMET

#: Classes of days, in order: name, least share, colour. The first is that of days whose part is not finished.
CLASSES = (
    ("not made yet", -1.0, "#c4c4c4"),
    ("none", 0.0, plots.VERMILION),
    ("less than half", 1e-9, plots.ORANGE),
    ("half to 95 %", 0.5, "#F0E442"),
    ("more than 95 %", 0.95, plots.SKY),
    ("all", 1.0, plots.BLUE),
)
Days = Mapping[str, Mapping[str, int]]


def shares(days: Days, year: int) -> np.ndarray:
    """Return the share of the images of each day of a year that are there.

    Parameters
    ----------
    days
        Number of images that are asked for, and in each state, by day, ``20140101``; those for which ``aia.where`` does not
        hold are not counted.
    year
        The year.

    Returns
    -------
    ndarray
        One value a day: 0 to 1; −1 where the part is not finished; NaN where nothing is asked for.
    """
    names = [f"{date(year, 1, 1) + timedelta(n):%Y%m%d}" for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    return np.array([_share(days[name]) if name in days else np.nan for name in names])


def _share(day: Mapping[str, int]) -> float:
    """Return the share of a day."""
    if wanted := day[ASKED] - day[UNMET]:
        return day[DONE] / wanted if any(day[state] for state in (DONE, MISSING, FAILED)) else -1.0
    return np.nan


def draw(channels: Mapping[str, Days], year: int) -> Figure:
    """Draw the calendar of a year.

    Parameters
    ----------
    channels
        What :func:`shares` takes, by channel.
    year
        The year.
    """
    figure = plots.new(1.6 * plots.PAGE, 1.0 + 0.26 * len(channels), f"{year}: share of the images of each day that are there")
    axis = figure.add_subplot()
    values = np.array([shares(days, year) for days in channels.values()])
    colours, edges = ListedColormap([colour for *_, colour in CLASSES]), [least for _, least, _ in CLASSES]
    axis.imshow(values, cmap=colours, norm=BoundaryNorm([*edges, 2.0], len(CLASSES)), aspect="auto", origin="upper")
    months = [date(year, month, 1) for month in range(1, 13)]
    axis.set_xticks([(month - months[0]).days - 0.5 for month in months], [f"{month:%b}" for month in months], ha="left")
    axis.set_yticks(range(len(channels)), [f"{channel} Å" for channel in channels])
    axis.tick_params(length=0)
    axis.set_yticks(np.arange(len(channels) - 1) + 0.5, minor=True)
    axis.grid(which="minor", axis="y", color="white", linewidth=2)
    for month in axis.get_xticks()[1:]:
        axis.axvline(month, color="white", linewidth=1)
    patches = [Patch(facecolor=colour, label=name) for name, _, colour in CLASSES]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(CLASSES))
    return figure
