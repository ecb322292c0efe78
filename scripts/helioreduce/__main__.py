"""``python -m helioreduce``: the command ``helioreduce``."""

import sys

from helioreduce.command import main

if __name__ == "__main__":
    sys.exit(main())
