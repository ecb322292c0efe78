"""Light curve of a tracked region in one channel."""

import aia_light_curves
from helioreduce.runtime import script

if __name__ == "__main__":
    script.run(aia_light_curves.main, snakemake)
