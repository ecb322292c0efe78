"""Style of AIA's figures: colour and line of each channel and of each version of the degradation table."""

from __future__ import annotations

from typing import Any

from helioreduce.io.plots import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

#: Colour and line of each channel; the line style keeps them apart in grey print.
CHANNELS: dict[int, dict[str, Any]] = {
    94: {"color": GREEN, "ls": "-"},
    131: {"color": SKY, "ls": (0, (5, 1))},
    171: {"color": ORANGE, "ls": "-"},
    193: {"color": VERMILION, "ls": (0, (5, 1))},
    211: {"color": PURPLE, "ls": "-"},
    304: {"color": BLACK, "ls": (0, (3, 1, 1, 1))},
    335: {"color": BLUE, "ls": "-"},
    1600: {"color": GREY, "ls": (0, (1, 1))},
    1700: {"color": GREEN, "ls": (0, (1, 1))},
    4500: {"color": BLUE, "ls": (0, (1, 1))},
}
#: Colour and line of each version of the degradation table.
VERSIONS: dict[int, dict[str, Any]] = {
    8: {"color": SKY, "ls": (0, (4, 1))},
    9: {"color": PURPLE, "ls": (0, (3, 1, 1, 1))},
    10: {"color": BLUE, "ls": "-"},
}
