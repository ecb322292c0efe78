"""The tracked cube of a region: images of all channels and times on one grid, as a Zarr store and one FITS file a channel."""

for part in aia_cube.chunks:

    rule:
        name:
            f"aia_track_{part.name}"
        input:
            **part.inputs(),
        output:
            [frame.output for frame in part.frames],
        log:
            f"results/logs/aia_track/{part.channel}/{part.name}.log",
        conda:
            f"../../envs/{aia.environment}.yaml"
        threads: 2
        resources:
            **aia.gpu,
            **growing(mem_mb=1700, runtime=10 + len(part.keys)),
        params:
            frames=[tuple(frame) for frame in part.frames],
            settings=part.settings(),
            code=code("aia_track", *part.code),
        message:
            f"Track {counted(len(part.good), 'image')} of {part.channel} Å from {part.first}."
        script:
            "../../scripts/aia_track.py"


rule aia_cube:
    input:
        [member[-1] for member in aia_cube.members],
    output:
        store=directory(f"{aia_cube.folder}/cube.zarr"),
        digests=f"{aia_cube.folder}/cube.sha256",
    log:
        "results/logs/aia_cube.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=2000),
    params:
        cube=lambda wildcards: aia_cube.parameters,
        code=code("aia_cube"),
    message:
        "Put the tracked images into one cube."
    script:
        "../../scripts/aia_cube.py"


rule aia_cube_fits:
    input:
        store=f"{aia_cube.folder}/cube.zarr",
        digests=f"{aia_cube.folder}/cube.sha256",
    output:
        f"{aia_cube.folder}/{{channel}}.fits",
    log:
        "results/logs/aia_cube_fits/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=3000),
    params:
        code=code("aia_cube_fits"),
    message:
        "Write the cube of {wildcards.channel} Å as FITS."
    script:
        "../../scripts/aia_cube_fits.py"


rule aia_cube_curve:
    input:
        aia_cube.tracked,
    output:
        f"{aia_cube.folder}/{{channel}}.ecsv",
    log:
        "results/logs/aia_cube_curve/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1200),
    params:
        box=aia.settings["light_curves"]["box"],
        deconvolution=figures.deconvolution_of_channel,
        code=code("aia_cube_curve"),
    message:
        "Measure the light curve of {wildcards.channel} Å in the cube."
    script:
        "../../scripts/aia_cube_curve.py"


rule aia_cube_figures:
    input:
        store=f"{aia_cube.folder}/cube.zarr",
        digests=f"{aia_cube.folder}/cube.sha256",
    output:
        difference=multiext(f"{aia_cube.folder}/{{channel}}_difference", ".png", ".pdf"),
        distance_time=multiext(f"{aia_cube.folder}/{{channel}}_distance_time", ".png", ".pdf"),
        movie=f"{aia_cube.folder}/{{channel}}.gif",
    log:
        "results/logs/aia_cube_figures/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=2000),
    params:
        line=aia.settings["cube"]["line"],
        code=code("aia_cube_figures"),
    message:
        "Draw the cube of {wildcards.channel} Å."
    script:
        "../../scripts/aia_cube_figures.py"


rule cube:
    input:
        aia_cube.targets(),
    message:
        "The tracked cube is finished."


rule cube_figures:
    input:
        aia_cube.figures(),
    message:
        "The cube is drawn."
