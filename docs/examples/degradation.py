"""
Degradation over the mission
============================

The sensitivity of each channel relative to launch, week by week: one call takes all times.
"""

import matplotlib.pyplot as plt
import numpy as np
from astropy import units as u
from astropy.time import Time

from helioreduce import aia

tables = aia.calibration()  # stand-ins; "jsoc" for the published ones
times = Time("2010-06-01") + np.arange(0, 15 * 365, 7) * u.day
for channel in [94, 131, 171, 193, 211, 304, 335] * u.angstrom:
    plt.plot(times.jyear, aia.sensitivity(channel, times, tables), label=f"{channel.value:.0f} Å")
plt.legend(frameon=False, ncol=4, bbox_to_anchor=(0.5, 1), loc="lower center")
plt.xlabel("year")
plt.ylabel("sensitivity relative to launch")
plt.show()
