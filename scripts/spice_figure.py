"""Every figure of a fitted raster as PNG and PDF, for a paper."""

from pathlib import Path

from helioreduce.io import plots
from helioreduce.runtime import script
from helioreduce.spice import figures, files, maps, naming


def main(level3: str, radiance: str, velocity: str, output: str, composition: str = "") -> None:
    """Read the products of a raster, draw spectra, quality and maps of every line, and the composition."""

    def write(name: str, draw: object, *values: object) -> None:
        plots.write([Path(output, f"{naming.slug(name)}.{suffix}") for suffix in ("png", "pdf")], draw, *values)

    groups = files.read_fitted(level3)
    radiances = [own for group in files.read_radiances(radiance) for own in group.maps]
    velocities, titles = iter(files.read_velocities(velocity)), maps.titles(radiances)
    brightness = iter(radiances)
    for fitted in groups:
        write(f"{fitted.group.name} spectra", figures.spectra, fitted)
        write(f"{fitted.group.name} quality", figures.quality, fitted)
        for g in range(len(fitted.fit.model.lines)):
            own, bound = next(brightness), fitted.map(fitted.at_bound(g))
            write(titles[own.fit, own.line], figures.line_maps, own, next(velocities), maps.width(fitted, g), bound)
    if composition and "SKIPPED" not in (bias := files.read_composition(composition)).header:
        write("composition", figures.composition, bias)
        write("composition ratio", figures.ratio, bias.graph)


if __name__ == "__main__":
    script.run(main, snakemake)
