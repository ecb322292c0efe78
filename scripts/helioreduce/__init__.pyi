from helioreduce import aia as aia
from helioreduce import cosmic_rays as cosmic_rays
from helioreduce import esis as esis
from helioreduce import spice as spice
from helioreduce.api.products import open as open
from helioreduce.errors import InputError as InputError
from helioreduce.image import Image as Image

__version__: str
