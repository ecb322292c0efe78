"""The end of a run: every window of every raster was reduced, or the failure that names those that were not."""

from helioreduce.errors import InputError, counted
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import refused


def main(rasters: list[str], refused_files: dict[str, str], output: str) -> None:
    """Collect what was refused in results/spice/refused.tsv; fail if there is anything."""
    rows = refused.collect(rasters, refused_files)
    if rows:
        reasons = "".join(f"\n  {row.text}" for row in rows)
        raise InputError(f"refused: {counted(len(rows), 'file or window', 'files or windows')}, see {refused.TABLE}:{reasons}")
    with replaced(output) as temporary:
        temporary.write_text("Every window of every raster was reduced.\n")


if __name__ == "__main__":
    script.run(main, snakemake)
