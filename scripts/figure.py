"""One figure, by its name in the catalogue."""

from importlib import import_module
from pathlib import Path
from typing import Any

from helioreduce.aia import tables
from helioreduce.aia.figures import catalogue
from helioreduce.aia.figures.catalogue import Kind
from helioreduce.io import ecsv, fits, jsoc_files, plots
from helioreduce.runtime import script

READ = {
    Kind.IMAGE: fits.read,
    Kind.HEADER: fits.read_header,
    Kind.SPIKES: lambda file: jsoc_files.read_spikes(file)[0],
    Kind.PSF: lambda file: fits.read_array(file, "PSF")[0],
    Kind.EXPECTED: lambda file: fits.read_array(file, "EXPECTED")[0].astype("float32"),
    Kind.TABLE: ecsv.read_table,
    Kind.ROWS: lambda file: ecsv.read(file)[0],
    Kind.DEM: lambda file: import_module("helioreduce.aia.dem.product").read(file, 1024),
    Kind.LAYERS: lambda file: import_module("helioreduce.aia.dem.layers").read(file),
    Kind.DEGRADATION: lambda file: tables.read(Path(file), "degradation")[0],
}


def main(figure: str, outputs: list[str], **given: Any) -> None:
    """Read the inputs as the catalogue says, draw, write."""
    entry = catalogue.FIGURES[figure]
    values = {name: read(given[name], kind) for name, kind in entry.inputs.items() if name in given}
    plots.write(outputs, catalogue.function(figure), **values, **{name: of(given[name]) for name, of in entry.options.items()})


def read(files: Any, kind: Kind) -> Any:
    """Read a file, or each of a list of files."""
    return READ[kind](files) if isinstance(files, str) else [READ[kind](file) for file in files]


if __name__ == "__main__":
    script.run(main, snakemake)
