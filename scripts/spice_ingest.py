"""Quality of a level-2 file, window by window."""

import json

from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import files
from helioreduce.spice.level2 import quality


def main(level2: str, output: str) -> None:
    """Read every window, check it, write what was found."""
    found = [quality(window) for window in files.read_level2(level2)]
    with replaced(output) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    script.run(main, snakemake)
