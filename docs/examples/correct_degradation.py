"""
Images over the years, corrected for degradation
================================================

335 Å every other year: as it was seen, and as it would have been with the telescope of launch.
"""

import matplotlib.pyplot as plt
from astropy.visualization import ImageNormalize, SqrtStretch

from helioreduce import Image, aia

years = [f"{year}-06-01" for year in range(2010, 2019, 2)]
seen = [Image.read(file) for file in aia.fetch(years, 335, npix=256)]  # of the embedded Sun; "jsoc" for JSOC's, without npix
corrected = [aia.correct_degradation(image) for image in seen]

norm = ImageNormalize(vmin=0, vmax=100, stretch=SqrtStretch())
figure, axes = plt.subplots(2, len(years), figsize=(2 * len(years), 4), layout="constrained")
for row, images in zip(axes, (seen, corrected), strict=True):
    for axis, image in zip(row, images, strict=True):
        axis.imshow(image.data, norm=norm, origin="lower", cmap=image.to_map().cmap)
        axis.set(title=image.header["T_OBS"][:4], xticks=[], yticks=[])
    row[0].set_ylabel("uncorrected" if images is seen else "corrected")
figure.suptitle("{TELESCOP} 335 Å, {ORIGIN:.9}".format_map(seen[0].header))

figure, axis = plt.subplots()
for name, images in (("uncorrected", seen), ("corrected", corrected)):
    axis.plot(range(2010, 2019, 2), [image.data.mean() for image in images], "o-", label=name)
axis.set(xlabel="year", ylabel="mean [DN]")
axis.legend(frameon=False)
plt.show()
