"""
A sequence of short exposures
=============================

Frames of a flare that the automatic exposure control shortened: chosen by keyword, reduced to DN/s, cut and shown as a movie.
"""

import matplotlib.pyplot as plt
import sunpy.map
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from astropy.visualization import AsinhStretch, ImageNormalize

from helioreduce import aia

times = Time("2021-07-03T14:25:00") + 12 * u.s * range(4)
sun = {"npix": 512, "events": {"short": ["211/20210703T1425[12]*"]}}  # of the embedded Sun; without it, and "jsoc": JSOC's
files = aia.fetch(times, 211, keep=lambda keywords: float(keywords["EXPTIME"]) <= 2, **sun)
tables = aia.calibration(pointing=aia.pointing_table(times, "simulated", **sun))
maps = [aia.reduce(file, tables, without=["respike", "deconvolve"]).to_map() for file in files]

windows = [SkyCoord([500, 1500] * u.arcsec, [100, 700] * u.arcsec, frame=smap.coordinate_frame) for smap in maps]
sequence = sunpy.map.Map([smap.submap(window) for smap, window in zip(maps, windows, strict=True)], sequence=True)
axis = plt.figure().add_subplot(projection=sequence.maps[0])
movie = sequence.plot(axes=axis, norm=ImageNormalize(vmin=0, vmax=1e3, stretch=AsinhStretch()))
plt.show()
