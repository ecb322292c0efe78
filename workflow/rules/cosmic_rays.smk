"""Cosmic rays of any FITS frames: combined calibration frames, cleaned frames, tables and figures of the hits."""


wildcard_constraints:
    job=r"[\w-]+",
    frame=r"[\w.+-]+",


localrules:
    cosmic_rays,
    cosmic_rays_example,


rule cosmic_rays:
    input:
        cosmic_rays.targets,


rule cosmic_rays_example:
    input:
        expand("results/cosmic_rays/sources/{job}/science.png", job=cosmic_rays.example.jobs),
        "results/cosmic_rays/compared/example.png",


rule cosmic_rays_simulate:
    output:
        darks=cosmic_rays.example.darks,
        science=cosmic_rays.example.science,
        truth=cosmic_rays.example.truth,
    log:
        "results/logs/cosmic_rays_simulate.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        **cosmic_rays.example.camera,
        code=code("cosmic_rays_simulate"),
    message:
        "Simulate a CCD with known cosmic rays."
    script:
        "../../scripts/cosmic_rays_simulate.py"


rule cosmic_rays_combine:
    input:
        lambda wildcards: cosmic_rays.combination(wildcards).frames,
    output:
        "results/cosmic_rays/combined/{job}.fits",
    log:
        "results/logs/cosmic_rays_combine/{job}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=2000,
    params:
        kind=lambda wildcards: cosmic_rays.combination(wildcards).kind,
        choices=lambda wildcards: cosmic_rays.combination(wildcards).choices,
        extension=lambda wildcards: cosmic_rays.combination(wildcards).extension,
        code=code("cosmic_rays_combine"),
    message:
        "Combine the frames of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_combine.py"


rule cosmic_rays_clean:
    input:
        unpack(cosmic_rays.to_clean),
    output:
        image="results/cosmic_rays/cleaned/{job}/{frame}.fits",
        hits="results/cosmic_rays/hits/{job}/{frame}.fits",
    log:
        "results/logs/cosmic_rays_clean/{job}/{frame}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        noise=lambda wildcards: cosmic_rays.cleaning(wildcards).noise,
        search=lambda wildcards: cosmic_rays.cleaning(wildcards).search,
        electrons=lambda wildcards: cosmic_rays.cleaning(wildcards).electrons,
        choice=lambda wildcards: cosmic_rays.cleaning(wildcards).choice,
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
        code=code("cosmic_rays_sources"),
    message:
        "List and draw the hits of {wildcards.job}/{wildcards.frame}."
    script:
        "../../scripts/cosmic_rays_sources.py"


rule cosmic_rays_rates:
    input:
        images=cosmic_rays.of_job("cleaned"),
        hits=cosmic_rays.of_job("hits"),
    output:
        table="results/cosmic_rays/rates/{job}.ecsv",
        hot="results/cosmic_rays/hot/{job}.fits",
    log:
        "results/logs/cosmic_rays_rates/{job}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        rate=lambda wildcards: cosmic_rays.cleaning(wildcards).rate,
        code=code("cosmic_rays_rates"),
    message:
        "Count the hits of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_rates.py"


rule cosmic_rays_compare:
    input:
        images=expand(
            "results/cosmic_rays/cleaned/{job}/science.fits",
            job=cosmic_rays.example.jobs,
        ),
        hits=expand(
            "results/cosmic_rays/hits/{job}/science.fits",
            job=cosmic_rays.example.jobs,
        ),
        truth=cosmic_rays.example.truth,
    output:
        table="results/cosmic_rays/compared/example.ecsv",
        picture="results/cosmic_rays/compared/example.png",
    log:
        "results/logs/cosmic_rays_compare.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        names=cosmic_rays.example.names,
        code=code("cosmic_rays_compare"),
    message:
        "Compare two thresholds with the truth."
    script:
        "../../scripts/cosmic_rays_compare.py"


rule cosmic_rays_score:
    input:
        image="results/aia/error/{channel}/{time}.fits",
        spikes=cosmic_rays.spikes,
    output:
        "results/cosmic_rays/scored/{channel}/{time}.ecsv",
    log:
        "results/logs/cosmic_rays_score/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        position=cosmic_rays.position,
        search={"sigclip": 6.0, "objlim": 3.0, "sigfrac": 0.5},
        code=code("cosmic_rays_score"),
    message:
        "Compare with the spikes of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/cosmic_rays_score.py"
