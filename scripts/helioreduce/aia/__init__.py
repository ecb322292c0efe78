"""SDO/AIA: from level 1 to level 1.5."""
