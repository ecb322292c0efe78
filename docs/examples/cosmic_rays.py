"""
Cosmic rays
===========

A frame of stars with hits of cosmic rays whose places are known: L.A.Cosmic finds and replaces them.
"""

import matplotlib.pyplot as plt
import numpy as np
from astropy.io.fits import Header

from helioreduce import Image, cosmic_rays

rng = np.random.default_rng(1)
y, x = np.indices((256, 256))
light = np.full(y.shape, 100.0)  # electrons
for flux, star_y, star_x in zip(rng.pareto(1, 60) * 500, *rng.uniform(0, 256, (2, 60)), strict=True):
    light += flux * np.exp(-((y - star_y) ** 2 + (x - star_x) ** 2) / (2 * 1.8**2))
hits = np.zeros(y.shape, bool)
for row, column, length in zip(*rng.integers(0, 250, (2, 40)), rng.integers(1, 7, 40), strict=True):
    hits[row, column : column + length] = True
frame = rng.poisson(light) + rng.normal(0, 5, y.shape) + hits * rng.uniform(300, 3000, y.shape)

image = Image(frame.astype(np.float32), Header({"BUNIT": "electron"}))
cleaned = cosmic_rays.clean_image(image, gain=1, read_noise=5)

figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained", sharex=True, sharey=True)
for axis, name, plane in zip(
    axes, ("frame", "cleaned", "found"), (frame, cleaned.data, cleaned.flagged("cosmic_ray")), strict=True
):
    axis.imshow(plane, origin="lower", vmax=None if name == "found" else 1000, cmap="gray")
    axis.set_title(name)
found = cleaned.flagged("cosmic_ray")
axes[2].set_title(f"found: {np.mean(found[hits]):.0%} of the hits, {np.sum(found & ~hits)} other pixels")
plt.show()
