"""The page of all figures, with before/after sliders of the deconvolution."""

from pathlib import Path

from helioreduce.aia.figures import gallery
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to


def main(inputs: dict, groups: dict[str, str], side: int, facts: dict[str, str], output: str) -> None:
    """Collect figures and captions, make the sliders, write the page."""
    captions = {Path(file).stem: " ".join(Path(file).read_text().split()) for file in inputs["captions"]}
    figures = []
    for file in map(Path, inputs["figures"]):
        name, *of = file.with_suffix("").parts[file.parts.index("figures") + 1 :]
        figures.append(gallery.Shown(groups[name], gallery.title(name), gallery.of(of), captions[name], file.read_bytes()))
    pairs = zip(inputs["before"], inputs["after"], strict=True)
    sliders = [gallery.slider(fits.read(before), fits.read(after), side, "Deconvolution.") for before, after in pairs]
    with replaced(output) as temporary:
        temporary.write_text(gallery.page(figures, sliders, facts), encoding="utf-8")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        listed = {name: list(files) for name, files in snakemake.input.items()}
        main(listed, snakemake.params.groups, snakemake.params.side, snakemake.params.facts, snakemake.output[0])
