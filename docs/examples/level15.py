"""
Level 1 to level 1.5
====================

Pointing of the master pointing table, then 0.6″ pixels, roll 0 and the Sun's centre at one pixel, for every channel; then DN/s.
"""

import matplotlib.pyplot as plt

from helioreduce import aia

files = aia.fetch("2019-01-01", [94, 131, 171, 193, 211, 304, 335], npix=256)  # "jsoc" for JSOC's, without npix
pointing = aia.pointing_table("2019-01-01", "simulated", npix=256)  # as the frames
prepared = [aia.prep(aia.estimate_error(file), pointing) for file in files]
for image in prepared:
    smap = image.to_map()
    print(smap.wavelength, smap.scale, smap.rotation_matrix.tolist())
normalised = [aia.normalise_exposure(image) for image in prepared]
print(normalised[0].header["BUNIT"], normalised[0].sigma.shape)

figure, axes = plt.subplots(1, 7, figsize=(14, 2.4), layout="constrained")
for axis, image in zip(axes, normalised, strict=True):
    axis.imshow(image.data.clip(0) ** 0.5, origin="lower", cmap=image.to_map().cmap)
    axis.set(title=f"{image.header['WAVELNTH']} Å", xticks=[], yticks=[])
plt.show()
