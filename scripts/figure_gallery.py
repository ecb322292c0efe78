"""The page of all figures, with before/after sliders of the deconvolution."""

from pathlib import Path

from helioreduce.aia.figures import catalogue, gallery
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script


def main(
    figures: list[str], captions: list[str], before: list[str], after: list[str], side: int, facts: dict[str, str], output: str
) -> None:
    """Collect figures and captions, make the sliders, write the page."""
    texts = {Path(file).stem: " ".join(Path(file).read_text().split()) for file in captions}
    shown = []
    for file in map(Path, figures):
        name, *of = file.with_suffix("").parts[file.parts.index("figures") + 1 :]
        group = catalogue.FIGURES[name].group
        shown.append(gallery.Shown(group, gallery.title(name), gallery.of(of), texts[name], file.read_bytes()))
    pairs = zip(before, after, strict=True)
    sliders = [gallery.slider(fits.read(blurred), fits.read(sharp), side, "Deconvolution.") for blurred, sharp in pairs]
    with replaced(output) as temporary:
        temporary.write_text(gallery.page(shown, sliders, facts), encoding="utf-8")


if __name__ == "__main__":
    script.run(main, snakemake)
