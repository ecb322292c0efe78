"""AIA's colour tables: those of SolarSoft's aia_lct.pro, which SunPy has too; importing SunPy's takes a second."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap

#: Colour of missing pixels.
MISSING = "#9a9a9a"


def table(channel: int, missing: str = MISSING) -> Colormap:
    """Return the colour table of a channel, grey levels where there is none, with the colour of missing pixels.

    Each of red, green and blue is one of a few curves of the level i = 0 … 255: i itself, √(255 i), i²/255, two thirds of the
    second plus a third of the third, or one of the straight lines of IDL's colour table 3, "red temperature".

    Source: SolarSoft, sdo/aia/idl/pubrel/aia_lct.pro (K. Schrijver, 2010).
    """
    level = np.arange(256.0)
    root, square = np.sqrt(255 * level), level**2 / 255
    both = (root + square / 2) / 1.5
    red, green, blue = (np.clip((level - first) * 255 // width, 0, 255) for first, width in ((0, 176), (120, 135), (190, 65)))
    curves = {
        94: (square, both, level),
        131: (green, red, red),
        171: (red, level, blue),
        193: (root, level, square),
        211: (root, level, both),
        304: (red, green, blue),
        335: (square, level, root),
        1600: (both, both, square),
        1700: (root, level, level),
        4500: (level, level, blue / 2),
    }.get(channel, (level, level, level))
    return LinearSegmentedColormap.from_list(f"AIA {channel}", np.transpose(curves) / 255).with_extremes(bad=missing)
