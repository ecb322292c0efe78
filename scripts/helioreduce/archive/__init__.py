"""The embedded archive: a synthetic Sun, its frames rendered beforehand, and a local server that speaks JSOC's protocol."""
