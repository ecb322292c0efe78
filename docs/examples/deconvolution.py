"""
Deconvolution
=============

The point spread function of 171 Å, and an image before and after its removal. σ and flags go along.
"""

import matplotlib.pyplot as plt
import numpy as np
from astropy.visualization import AsinhStretch, ImageNormalize
from matplotlib.colors import LogNorm

from helioreduce import Image, aia

(file,) = aia.fetch("2019-03-15", 171, npix=1024, targets=True)  # "jsoc" for JSOC's, without npix and targets
psf = aia.calculate_psf(171)
plt.imshow(psf[1798:2298, 1798:2298], norm=LogNorm(1e-8, 1e-1, clip=True), origin="lower", cmap="inferno")
plt.colorbar(label="share of the light per pixel")
plt.title("point spread function of 171 Å")

before, after = Image.read(file), aia.deconvolve(file)
name, colours = "{TELESCOP} 171 Å, {T_OBS:.19}, {ORIGIN:.9}".format_map(before.header), before.to_map().cmap
norm = ImageNormalize(vmin=0, vmax=5e3, stretch=AsinhStretch(0.01))
for window in (np.s_[:, :], np.s_[370:490, 490:610]):
    figure, axes = plt.subplots(1, 2, layout="constrained", figsize=(9, 5))
    figure.suptitle(name)
    for axis, image, title in zip(axes, (before, after), ("before", "deconvolved"), strict=True):
        shown = axis.imshow(image.data[window], norm=norm, origin="lower", cmap=colours)
        axis.set(title=title, xlabel="pixel")
    figure.colorbar(shown, ax=axes, label="DN", location="bottom", shrink=0.5, ticks=[0, 200, 1000, 4000])
plt.show()
