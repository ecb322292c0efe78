"""Level-1 files and keywords from JSOC: the only part of the package that opens connections."""
