"""The public functions: what a notebook calls, exported by :mod:`helioreduce` and its instruments.

Quantity, Time and SkyCoord are accepted here and nowhere deeper. A file, a SunPy Map, a CCDData and an NDCube are taken
wherever an image is.
"""
