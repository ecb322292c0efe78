"""
Deconvolution
=============

The point spread function of 171 Å, and an image before and after its removal. σ and flags go along.
"""

import matplotlib.pyplot as plt
from astropy.visualization import AsinhStretch, ImageNormalize, LogStretch

from helioreduce import Image, aia

(file,) = aia.fetch("2019-03-15", 171, npix=1024, targets=True)  # "jsoc" for JSOC's, without npix and targets
psf = aia.calculate_psf(171)
plt.imshow(psf[1798:2298, 1798:2298], norm=ImageNormalize(vmin=1e-8, vmax=1e-3, stretch=LogStretch()), origin="lower")
plt.colorbar()

before, after = Image.read(file), aia.deconvolve(file)
norm = ImageNormalize(vmin=0, vmax=1.5e4, stretch=AsinhStretch(0.01))
for window in (slice(None), slice(512, 640)):
    figure, axes = plt.subplots(1, 2, layout="constrained")
    for axis, image in zip(axes, (before, after), strict=True):
        axis.imshow(image.data[window, window], norm=norm, origin="lower")
plt.show()
