"""ESIS sounding rocket: level 0 to the co-aligned, vignetting-corrected level 3."""
