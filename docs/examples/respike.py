"""
Pixels that the ground pipeline replaced
========================================

The despiker takes bright points of the Sun for cosmic rays now and then: the list of what it replaced puts them back.
"""

import matplotlib.pyplot as plt
from astropy import units as u
from astropy.coordinates import SkyCoord
from sunpy.map import contains_coordinate

from helioreduce import Image, aia

(file,) = aia.fetch("2019-01-01", 193)  # of the embedded Sun; "jsoc" for JSOC's; the list of spikes lies beside the image
before, after = Image.read(file).to_map(), aia.respike(file).to_map()
where = aia.locate_spikes(file)

corners = SkyCoord([680, 830] * u.arcsec, [210, 350] * u.arcsec, frame=before.coordinate_frame)
figure = plt.figure(figsize=(8.5, 3.6), layout="constrained")
for number, smap in enumerate((before, after), 1):
    shown = smap.submap(corners)
    axis = figure.add_subplot(1, 2, number, projection=shown)
    shown.plot(axes=axis, title=f"level {smap.meta['lvl_num']}, {smap.meta['nspikes']} spikes replaced")
    axis.plot_coord(where[contains_coordinate(shown, where)], "o", color="C0", fillstyle="none", markersize=8, mew=0.3)
plt.show()
