"""SDO/AIA: level 1 to level 1.5 and beyond, with an error plane and flags."""
