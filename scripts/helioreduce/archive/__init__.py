"""The embedded archive: a local server that speaks JSOC's protocol and holds frames rendered beforehand."""
