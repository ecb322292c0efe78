"""Cosmic rays of any FITS frames: combined calibration frames, cleaned frames, tables and figures of the hits."""


include: "cosmic_rays_plan.smk"


localrules:
    cosmic_rays,
    cosmic_rays_example,


rule cosmic_rays:
    input:
        cosmic_rays_targets(),


rule cosmic_rays_example:
    input:
        expand("results/cosmic_rays/sources/{job}/science.png", job=COSMIC_RAYS_EXAMPLES),
        "results/cosmic_rays/compared/example.png",


rule cosmic_rays_simulate:
    output:
        darks=COSMIC_RAYS_DARKS,
        science=COSMIC_RAYS_SCIENCE,
        truth="results/cosmic_rays/simulated/truth.fits",
    log:
        "results/logs/cosmic_rays_simulate.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        **COSMIC_RAYS_CAMERA,
        code=code("cosmic_rays_simulate"),
    message:
        "Simulate a CCD with known cosmic rays."
    script:
        "../../scripts/cosmic_rays_simulate.py"


rule cosmic_rays_combine:
    input:
        lambda wildcards: list(cosmic_rays_files(COSMIC_RAYS_COMBINE[wildcards.job]).values()),
    output:
        "results/cosmic_rays/combined/{job}.fits",
    log:
        "results/logs/cosmic_rays_combine/{job}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=2000,
    params:
        kind=lambda wildcards: COSMIC_RAYS_COMBINE[wildcards.job]["kind"],
        choices=lambda wildcards: {
            key: value for key, value in COSMIC_RAYS_COMBINE[wildcards.job].items() if key in COSMIC_RAYS_CHOICES
        },
        memory_mb=COSMIC_RAYS["memory_mb"],
        code=code("cosmic_rays_combine"),
    message:
        "Combine the frames of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_combine.py"


rule cosmic_rays_clean:
    input:
        unpack(cosmic_rays_inputs),
    output:
        image="results/cosmic_rays/cleaned/{job}/{frame}.fits",
        hits="results/cosmic_rays/hits/{job}/{frame}.fits",
    log:
        "results/logs/cosmic_rays_clean/{job}/{frame}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        noise=cosmic_rays_chosen(COSMIC_RAYS_NOISE, COSMIC_RAYS_NOISE),
        search=cosmic_rays_chosen(COSMIC_RAYS_SEARCH),
        electrons=lambda wildcards: COSMIC_RAYS_CLEAN[wildcards.job].get("electrons", False),
        code=code("cosmic_rays_clean"),
    message:
        "Clean {wildcards.frame} of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_clean.py"


rule cosmic_rays_sources:
    input:
        image="results/cosmic_rays/cleaned/{job}/{frame}.fits",
        hits="results/cosmic_rays/hits/{job}/{frame}.fits",
    output:
        table="results/cosmic_rays/sources/{job}/{frame}.ecsv",
        picture="results/cosmic_rays/sources/{job}/{frame}.png",
    log:
        "results/logs/cosmic_rays_sources/{job}/{frame}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        extended=COSMIC_RAYS_EXTENDED,
        rows=COSMIC_RAYS_ROWS,
        code=code("cosmic_rays_sources"),
    message:
        "List and draw the hits of {wildcards.job}/{wildcards.frame}."
    script:
        "../../scripts/cosmic_rays_sources.py"


rule cosmic_rays_compare:
    input:
        images=expand(
            "results/cosmic_rays/cleaned/{job}/science.fits",
            job=reversed(COSMIC_RAYS_EXAMPLES),
        ),
        hits=expand(
            "results/cosmic_rays/hits/{job}/science.fits",
            job=reversed(COSMIC_RAYS_EXAMPLES),
        ),
        truth="results/cosmic_rays/simulated/truth.fits",
    output:
        table="results/cosmic_rays/compared/example.ecsv",
        picture="results/cosmic_rays/compared/example.png",
    log:
        "results/logs/cosmic_rays_compare.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        names=[f"sigclip {COSMIC_RAYS_EXAMPLES[job]['sigclip']:g}" for job in reversed(COSMIC_RAYS_EXAMPLES)],
        extended=COSMIC_RAYS_EXTENDED,
        code=code("cosmic_rays_compare"),
    message:
        "Compare two thresholds with the truth."
    script:
        "../../scripts/cosmic_rays_compare.py"


rule cosmic_rays_score:
    input:
        image="results/aia/error/{channel}/{time}.fits",
        spikes=lambda wildcards: [
            f"results/aia/spikes/{wildcards.channel}/{time}.fits" for time in cosmic_rays_series(wildcards)
        ],
    output:
        "results/cosmic_rays/scored/{channel}/{time}.ecsv",
    log:
        "results/logs/cosmic_rays_score/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        position=lambda wildcards: cosmic_rays_series(wildcards).index(wildcards.time),
        search={"sigclip": 6.0, "objlim": 3.0, "sigfrac": 0.5},
        code=code("cosmic_rays_score"),
    message:
        "Compare with the spikes of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/cosmic_rays_score.py"
