from helioreduce.api.esis import align_line as align_line
from helioreduce.api.esis import assemble_level3 as assemble_level3
from helioreduce.api.esis import find_masks as find_masks
from helioreduce.api.esis import find_normalisation as find_normalisation
from helioreduce.api.esis import fit_vignetting as fit_vignetting
from helioreduce.api.esis_frames import average_darks as average_darks
from helioreduce.api.esis_frames import read_frame as read_frame
from helioreduce.api.esis_frames import reduce_frame as reduce_frame
