"""The page of a raster: maps, spectra, quality of the fits, composition."""

from helioreduce.io import plots
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice import files, report


def main(
    level3: str, radiance: str, velocity: str, checks: str, output: str, raster: str, notes: list[str], composition: str = ""
) -> None:
    """Read the products of a raster, draw, write one HTML file."""
    groups, radiances, velocities = files.read_fitted(level3), files.read_radiances(radiance), files.read_velocities(velocity)
    bias = files.read_composition(composition) if composition else None
    with plots.look():
        page = report.page(raster, groups, radiances, velocities, bias, files.read_checks(checks), notes)
    with replaced(output) as temporary:
        temporary.write_text(page)


if __name__ == "__main__":
    script.run(main, snakemake)
