"""
Wavelength response of a channel
================================

Every component of the telescope, what they make together, the light of the other channel of the telescope, and what time does.
The model that is built in stands for SolarSoft's file: give that to :func:`helioreduce.aia.wavelength_response` in its place.
"""

import matplotlib.pyplot as plt
from astropy.visualization import quantity_support

from helioreduce import aia

quantity_support()
response = aia.wavelength_response(335)
dated = aia.wavelength_response(335, at="2019-01-01", eve=True)
alone = aia.wavelength_response(335, crosstalk=False)

# The components.
figure, axes = plt.subplots(2, 2, layout="constrained")
shown = [("primary", "secondary"), ("entrance_filter", "focal_plane_filter"), ("contamination",), ("quantum_efficiency",)]
for axis, names in zip(axes.flat, shown, strict=True):
    for name in names:
        axis.plot(response["wavelength"], response[name], label=name.replace("_", " "))
    axis.set(xlim=(50, 400), xlabel="wavelength [Å]")
    axis.legend(frameon=False)

# The response: with and without crosstalk, and as it was on a date.
figure, (left, right) = plt.subplots(1, 2, layout="constrained")
left.plot(response["wavelength"], response["at_launch"], label="with crosstalk")
left.plot(alone["wavelength"], alone["at_launch"], label="without")
right.plot(response["wavelength"], response["at_launch"], label="at launch")
right.plot(dated["wavelength"], dated["at_date"] / dated.meta["eve"], label="2019-01-01")
right.plot(dated["wavelength"], dated["at_date"], label="2019-01-01, by EVE")
left.set(xlim=(50, 350))
right.set(xlim=(325, 345))
for axis in (left, right):
    axis.legend(frameon=False)
plt.show()
