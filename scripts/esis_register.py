"""Register one line of one sequence: linear to a target, then quadratic among the cameras."""

from pathlib import Path

from helioreduce.errors import InputError
from helioreduce.esis import coalign, files, level0, stack
from helioreduce.esis.camera import Flight
from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.runtime.log import report


def main(images: list[str], target: list[str], line: str, output: str, table: dict, **settings: object) -> None:
    """Read the cameras and the target nearest in time, register, write the transforms; or why there are none."""
    chosen = {name: settings[name] for name in ("min_correlation", "robust")}
    frames, refused = files.read_level1(images)
    header = frames[coalign.reference_of(frames)].header if frames else fits.read_header(images[0])
    try:
        path, aim = files.read_target(target, header["DATE-AVG"])
        found = stack.register(frames, Flight.of(table).lines[line], aim, refused, **chosen)
    except InputError as error:
        level0.refuse(header, str(error))
        report(f"warning: sequence {header['SEQUENCE']} is left out: {error}")
        files.write_refused(output, header)
        return
    if path:
        found.header["TARGET"] = provenance.ascii_only(f"{Path(path).name} sha256:{provenance.sha256(path)}")
    files.write_registered(output, found)


if __name__ == "__main__":
    script.run(main, snakemake)
