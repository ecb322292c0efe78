from helioreduce.api.cosmic_rays import calibrate_image as calibrate_image
from helioreduce.api.cosmic_rays import clean_image as clean_image
from helioreduce.api.cosmic_rays import combine_frames as combine_frames
from helioreduce.api.cosmic_rays import list_hits as list_hits
