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


for chunk in cosmic_rays.chunks:  # cosmic_rays.batch: a rule without wildcards goes before those of single frames

    rule:
        name:
            f"cosmic_rays_clean_{chunk.name}"
        input:
            sorted({file for frame in chunk.frames for file in frame.inputs}),
        output:
            chunk.products("cleaned"),
            chunk.products("hits"),
        log:
            f"results/logs/cosmic_rays_clean/{chunk.job}/{chunk.names[0]}.log",
        group:
            f"cosmic_rays_{chunk.name}"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=3000, runtime=10 + len(chunk.names)),
        params:
            frames=[tuple(frame) for frame in chunk.frames],
            settings=chunk.cleaning.settings,
            code=code("cosmic_rays_clean"),
        message:
            f"Clean {len(chunk.names)} frames of {chunk.job} from {chunk.names[0]}."
        script:
            "../../scripts/cosmic_rays_clean.py"

    rule:
        name:
            f"cosmic_rays_sources_{chunk.name}"
        input:
            images=chunk.products("cleaned"),
            hits=chunk.products("hits"),
        output:
            tables=chunk.products("sources", "ecsv"),
            pictures=chunk.products("sources", "png"),
        log:
            f"results/logs/cosmic_rays_sources/{chunk.job}/{chunk.names[0]}.log",
        group:
            f"cosmic_rays_{chunk.name}"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=2000, runtime=10 + len(chunk.names)),
        params:
            code=code("cosmic_rays_sources"),
        message:
            f"List and draw the hits of {len(chunk.names)} frames of {chunk.job} from {chunk.names[0]}."
        script:
            "../../scripts/cosmic_rays_sources.py"


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
        frames=lambda wildcards: [tuple(cosmic_rays.frame(wildcards))],
        settings=lambda wildcards: cosmic_rays.cleaning(wildcards).settings,
        code=code("cosmic_rays_clean"),
    message:
        "Clean {wildcards.frame} of {wildcards.job}."
    script:
        "../../scripts/cosmic_rays_clean.py"


rule cosmic_rays_sources:
    input:
        images=["results/cosmic_rays/cleaned/{job}/{frame}.fits"],
        hits=["results/cosmic_rays/hits/{job}/{frame}.fits"],
    output:
        tables=["results/cosmic_rays/sources/{job}/{frame}.ecsv"],
        pictures=["results/cosmic_rays/sources/{job}/{frame}.png"],
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


rule cosmic_rays_refuse:
    output:
        "results/cosmic_rays/refused.txt",  # is never made
    log:
        "results/logs/cosmic_rays_refuse.log",
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    params:
        reasons=list(cosmic_rays.refused.values()),
        code=code("cosmic_rays_refuse"),
    message:
        f"Refuse {len(cosmic_rays.refused)} frames."
    script:
        "../../scripts/cosmic_rays_refuse.py"


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
