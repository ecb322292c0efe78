"""ESIS, level 0 to level 3, in the order of the data flow. Without a folder of level-0 frames: a simulated flight."""


include: "esis_plan.smk"


rule esis:
    input:
        esis_targets(),


if SIMULATED:

    rule esis_simulate:
        input:
            aia=sorted(set(ESIS_AIA.values()))[:1],
        output:
            lights=[file for files in LIGHTS.values() for file in files.values()],
            darks=[file for files in DARKS.values() for file in files.values()],
            target="results/esis/level0/target.fits",
            truth="results/esis/level0/truth.fits",
        log:
            "results/logs/esis_simulate.log",
        conda:
            "../../envs/reduction.yaml"
        params:
            seed=ESIS["simulate"]["seed"],
            code=code("esis_simulate"),
        message:
            "Simulate a flight of ESIS."
        script:
            "../../scripts/esis_simulate.py"


rule esis_dark:
    input:
        lambda wildcards: [files[int(wildcards.camera)] for files in DARKS.values() if int(wildcards.camera) in files],
    output:
        "results/esis/dark/{camera}.fits",
    log:
        "results/logs/esis_dark/{camera}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("esis_dark"),
    message:
        "Average the darks of ESIS camera {wildcards.camera}."
    script:
        "../../scripts/esis_dark.py"


rule esis_level1:
    input:
        frames=lambda wildcards: list(LIGHTS[int(wildcards.sequence)].values()),
        darks=expand("results/esis/dark/{camera}.fits", camera=CAMERAS),
    output:
        expand("results/esis/level1/{{sequence}}/{camera}.fits", camera=CAMERAS),
    log:
        "results/logs/esis_level1/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        thresholds=ESIS["cosmic_rays"],
        code=code("esis_level1"),
    message:
        "Reduce ESIS sequence {wildcards.sequence} to level 1."
    script:
        "../../scripts/esis_level1.py"


rule esis_align:
    input:
        images=expand("results/esis/level1/{{sequence}}/{camera}.fits", camera=CAMERAS),
        target=esis_target,
    output:
        "results/esis/aligned/{line}/{sequence}.fits",
    log:
        "results/logs/esis_align/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        merit={key: ESIS[key] for key in ("min_correlation", "robust")},
        code=code("esis_align"),
    message:
        "Align ESIS {wildcards.line}, sequence {wildcards.sequence}."
    script:
        "../../scripts/esis_align.py"


rule esis_mask:
    input:
        aligned="results/esis/aligned/{line}/{sequence}.fits",
    output:
        "results/esis/mask/{line}/{sequence}.fits",
    log:
        "results/logs/esis_mask/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("esis_mask"),
    message:
        "Mask ESIS {wildcards.line}, sequence {wildcards.sequence}."
    script:
        "../../scripts/esis_mask.py"


rule esis_vignetting:
    input:
        aligned=of_all_sequences("aligned"),
        mask=of_all_sequences("mask"),
    output:
        "results/esis/vignetting/{line}.fits",
    log:
        "results/logs/esis_vignetting/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("esis_vignetting"),
    message:
        "Fit the vignetting of ESIS {wildcards.line}."
    script:
        "../../scripts/esis_vignetting.py"


rule esis_normalise:
    input:
        aligned=of_all_sequences("aligned"),
        mask=of_all_sequences("mask"),
        vignetting="results/esis/vignetting/{line}.fits",
    output:
        "results/esis/normalised/{line}.fits",
    log:
        "results/logs/esis_normalise/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("esis_normalise"),
    message:
        "Normalise ESIS {wildcards.line}."
    script:
        "../../scripts/esis_normalise.py"


rule esis_level3:
    input:
        aligned=of_all_sequences("aligned"),
        mask=of_all_sequences("mask"),
        vignetting="results/esis/vignetting/{line}.fits",
        normalised="results/esis/normalised/{line}.fits",
    output:
        "results/esis/level3/{line}.fits",
    log:
        "results/logs/esis_level3/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=lambda wildcards: 500 + 150 * len(SEQUENCES),
    params:
        code=code("esis_level3"),
    message:
        "Assemble ESIS level 3 of {wildcards.line}."
    script:
        "../../scripts/esis_level3.py"


rule esis_figures:
    input:
        aligned=of_all_sequences("aligned"),
        mask=of_all_sequences("mask"),
        vignetting="results/esis/vignetting/{line}.fits",
        level1=lambda wildcards: [f"results/esis/level1/{SEQUENCES[len(SEQUENCES) // 2]}/{camera}.fits" for camera in CAMERAS],
    output:
        coalignment="results/esis/figures/{line}/coalignment.png",
        correlation="results/esis/figures/{line}/correlation.png",
        masks="results/esis/figures/{line}/masks.png",
        differences="results/esis/figures/{line}/differences.png",
        vignetting="results/esis/figures/{line}/vignetting.png",
    log:
        "results/logs/esis_figures/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        exposures=sorted(LIGHTS),
        code=code("esis_figures"),
    message:
        "Draw ESIS {wildcards.line}."
    script:
        "../../scripts/esis_figures.py"
