"""ESIS, level 0 to level 3, in the order of the data flow. Without a folder of level-0 frames: a simulated flight."""


wildcard_constraints:
    flight=r"[\w-]+",
    line=r"\w+",
    sequence=r"\d{5}",
    camera=r"[1-4]",


rule esis:
    input:
        esis.targets(),


if esis.simulated:

    rule esis_simulate:
        input:
            aia=esis.modelled_on,
        output:
            lights=[file for files in esis.lights.values() for file in files.values()],
            darks=[file for files in esis.darks.values() for file in files.values()],
            target="results/esis/level0/target.fits",
            truth="results/esis/level0/truth.fits",
        log:
            "results/logs/esis_simulate.log",
        conda:
            "../../envs/reduction.yaml"
        params:
            seed=esis.settings["simulate"]["seed"],
            code=code("esis_simulate"),
        message:
            "Simulate a flight of ESIS."
        script:
            "../../scripts/esis_simulate.py"


rule esis_dark:
    input:
        frames=esis.dark_frames,
    output:
        "results/esis/dark/{flight}/{camera}.fits",
    log:
        "results/logs/esis_dark/{flight}/{camera}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        table=esis.table,
        code=code("esis_dark"),
    message:
        "Average the darks of ESIS camera {wildcards.camera}."
    script:
        "../../scripts/esis_dark.py"


rule esis_level1:
    input:
        frames=esis.light_frames,
        darks=expand("results/esis/dark/{{flight}}/{camera}.fits", camera=esis.cameras),
    output:
        expand("results/esis/level1/{{flight}}/{{sequence}}/{camera}.fits", camera=esis.cameras),
    log:
        "results/logs/esis_level1/{flight}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        search=esis.settings["cosmic_rays"],
        table=esis.table,
        code=code("esis_level1"),
    message:
        "Reduce ESIS sequence {wildcards.sequence} to level 1."
    script:
        "../../scripts/esis_level1.py"


rule esis_register:
    input:
        images=expand("results/esis/level1/{{flight}}/{{sequence}}/{camera}.fits", camera=esis.cameras),
        target=esis.target,
    output:
        "results/esis/registered/{flight}/{line}/{sequence}.fits",
    log:
        "results/logs/esis_register/{flight}/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        min_correlation=esis.settings["min_correlation"],
        robust=esis.settings["robust"],
        table=esis.table,
        code=code("esis_register"),
    message:
        "Register ESIS {wildcards.line}, sequence {wildcards.sequence}."
    script:
        "../../scripts/esis_register.py"


rule esis_drift:
    input:
        registered=esis.every("registered"),
    output:
        "results/esis/drift/{flight}/{line}.fits",
    log:
        "results/logs/esis_drift/{flight}/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        min_correlation=esis.settings["min_correlation"],
        code=code("esis_drift"),
    message:
        "Align the sequences of ESIS {wildcards.line} to each other."
    script:
        "../../scripts/esis_drift.py"


rule esis_align:
    input:
        images=expand("results/esis/level1/{{flight}}/{{sequence}}/{camera}.fits", camera=esis.cameras),
        target=esis.target,
        registered="results/esis/registered/{flight}/{line}/{sequence}.fits",
        drift="results/esis/drift/{flight}/{line}.fits",
    output:
        "results/esis/aligned/{flight}/{line}/{sequence}.fits",
    log:
        "results/logs/esis_align/{flight}/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        table=esis.table,
        code=code("esis_align"),
    message:
        "Put ESIS {wildcards.line}, sequence {wildcards.sequence}, on the grid of level 3."
    script:
        "../../scripts/esis_align.py"


rule esis_mask:
    input:
        aligned="results/esis/aligned/{flight}/{line}/{sequence}.fits",
    output:
        "results/esis/mask/{flight}/{line}/{sequence}.fits",
    log:
        "results/logs/esis_mask/{flight}/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        table=esis.table,
        code=code("esis_mask"),
    message:
        "Mask ESIS {wildcards.line}, sequence {wildcards.sequence}."
    script:
        "../../scripts/esis_mask.py"


rule esis_vignetting:
    input:
        aligned=esis.every("aligned"),
        mask=esis.every("mask"),
    output:
        "results/esis/vignetting/{flight}/{line}.fits",
    log:
        "results/logs/esis_vignetting/{flight}/{line}.log",
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
        aligned=esis.every("aligned"),
        mask=esis.every("mask"),
        slopes="results/esis/vignetting/{flight}/{line}.fits",
    output:
        "results/esis/normalised/{flight}/{line}.fits",
    log:
        "results/logs/esis_normalise/{flight}/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        flatten=esis.settings["flatten"],
        code=code("esis_normalise"),
    message:
        "Normalise ESIS {wildcards.line}."
    script:
        "../../scripts/esis_normalise.py"


rule esis_level3:
    input:
        aligned="results/esis/aligned/{flight}/{line}/{sequence}.fits",
        mask="results/esis/mask/{flight}/{line}/{sequence}.fits",
        slopes="results/esis/vignetting/{flight}/{line}.fits",
        factors="results/esis/normalised/{flight}/{line}.fits",
    output:
        "results/esis/level3/{flight}/{line}/{sequence}.fits",
    log:
        "results/logs/esis_level3/{flight}/{line}/{sequence}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        flatten=esis.settings["flatten"],
        table=esis.table,
        code=code("esis_level3"),
    message:
        "Make level 3 of ESIS {wildcards.line}, sequence {wildcards.sequence}."
    script:
        "../../scripts/esis_level3.py"


rule esis_compare:
    input:
        level3=esis.every("level3"),
    output:
        sequences="results/esis/compared/{flight}/{line}/sequences.ecsv",
        table="results/esis/compared/{flight}/{line}/events.ecsv",
        movie="results/esis/compared/{flight}/{line}/movie.gif",
    log:
        "results/logs/esis_compare/{flight}/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        limits=esis.settings["events"],
        code=code("esis_compare"),
    message:
        "Compare the cameras of ESIS {wildcards.line}."
    script:
        "../../scripts/esis_compare.py"


rule esis_figures:
    input:
        aligned=esis.every("aligned"),
        mask=esis.every("mask"),
        slopes="results/esis/vignetting/{flight}/{line}.fits",
        drift="results/esis/drift/{flight}/{line}.fits",
        level1=esis.every_level1(),
    output:
        coalignment="results/esis/figures/{flight}/{line}/coalignment.png",
        correlation="results/esis/figures/{flight}/{line}/correlation.png",
        masks="results/esis/figures/{flight}/{line}/masks.png",
        differences="results/esis/figures/{flight}/{line}/differences.png",
        vignetting="results/esis/figures/{flight}/{line}/vignetting.png",
        drift_picture="results/esis/figures/{flight}/{line}/drift.png",
    log:
        "results/logs/esis_figures/{flight}/{line}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        table=esis.table,
        code=code("esis_figures"),
    message:
        "Draw ESIS {wildcards.line}."
    script:
        "../../scripts/esis_figures.py"
