"""The embedded archive: a synthetic Sun seen by SDO/AIA, served as JSOC would, with the truth of every effect kept."""
