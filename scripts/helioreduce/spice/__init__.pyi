from helioreduce.api.spice import fip_bias as fip_bias
from helioreduce.api.spice import fit_lines as fit_lines
from helioreduce.api.spice import prepare_windows as prepare_windows
from helioreduce.api.spice import radiances as radiances
from helioreduce.api.spice import read_level2 as read_level2
from helioreduce.api.spice import read_level3 as read_level3
from helioreduce.api.spice import velocities as velocities
