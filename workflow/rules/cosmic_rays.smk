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


for batch in cosmic_rays.chunks:  # cosmic_rays.batch: a rule without wildcards goes before those of single frames

    rule:
        name:
            f"cosmic_rays_clean_{batch.name}"
        input:
            sorted({file for frame in batch.frames for file in frame.inputs}),
        output:
            batch.products("cleaned"),
            batch.products("hits"),
        log:
            f"results/logs/cosmic_rays_clean/{batch.job}/{batch.names[0]}.log",
        group:
            f"cosmic_rays_{batch.name}"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=3000, runtime=10 + len(batch.names)),
        params:
            frames=[tuple(frame) for frame in batch.frames],
            settings=batch.cleaning.settings,
            code=code("cosmic_rays_clean"),
        message:
            f"Clean {counted(len(batch.names), 'frame')} of {batch.job} from {batch.names[0]}."
        script:
            "../../scripts/cosmic_rays_clean.py"

    rule:
        name:
            f"cosmic_rays_sources_{batch.name}"
        input:
            images=batch.products("cleaned"),
            hits=batch.products("hits"),
        output:
            tables=batch.products("sources", "ecsv"),
            pictures=batch.products("sources", "png"),
        log:
            f"results/logs/cosmic_rays_sources/{batch.job}/{batch.names[0]}.log",
        group:
            f"cosmic_rays_{batch.name}"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=2000, runtime=10 + len(batch.names)),
        params:
            code=code("cosmic_rays_sources"),
        message:
            f"List and draw the hits of {counted(len(batch.names), 'frame')} of {batch.job} from {batch.names[0]}."
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
        f"Refuse {counted(len(cosmic_rays.refused), 'frame')}."
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
