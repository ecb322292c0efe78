"""Figures of a paper out of the products, as PDF and PNG, and a page that shows them all."""


rule aia_statistics:
    input:
        image=aia.finished,
        raw="results/aia/level1/{channel}/{time}.fits",
    output:
        "results/aia/statistics/{channel}/{time}.ecsv",
    log:
        "results/logs/aia_statistics/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_statistics"),
    message:
        "Measure {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_statistics.py"


rule aia_series:
    input:
        figures.statistics,
    output:
        "results/aia/statistics.ecsv",
    log:
        "results/logs/aia_series.log",
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_series"),
    message:
        "Put the statistics of all frames into one table."
    script:
        "../../scripts/aia_series.py"


rule aia_light_curves:
    input:
        figures.images_of_channel,
    output:
        "results/aia/light_curves/{channel}.ecsv",
    log:
        "results/logs/aia_light_curves/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1200),
    params:
        box=aia.settings["light_curves"]["box"],
        deconvolution=figures.deconvolution_of_channel,
        code=code("aia_light_curves"),
    message:
        "Measure the light curve of {wildcards.channel} Å."
    script:
        "../../scripts/aia_light_curves.py"


rule aia_alignment:
    input:
        curves=figures.curves,
        images=figures.finished,
    output:
        "results/aia/alignment.ecsv",
    log:
        "results/logs/aia_alignment.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=3000),
    params:
        tolerance_s=aia.settings["alignment"]["tolerance_s"],
        code=code("aia_alignment"),
    message:
        "Measure the offsets between the channels."
    script:
        "../../scripts/aia_alignment.py"


rule aia_align:
    input:
        image=aia.finished,
        offsets="results/aia/alignment.ecsv",
    output:
        "results/aia/aligned/{channel}/{time}.fits",
    log:
        "results/logs/aia_align/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        reference=aia.settings["alignment"]["reference"],
        code=code("aia_align"),
    message:
        "Align {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_align.py"


for figure in figures.figures.values():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            **figure.inputs,
        output:
            png=report(
                figure.pattern(".png"),
                caption=f"../report/{figure.name}.rst",
                category=figure.entry.group,
                labels={"figure": figure.name.replace("_", " "), "of": figure.label},
            ),
            pdf=figure.pattern(".pdf"),
        log:
            figure.pattern(".log", folder="results/logs/figures"),
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=2500,
        params:
            **figure.params,
            figure=figure.name,
            code=code("figure", figure.module),
        message:
            f"Draw {figure.name.replace('_', ' ')} of {figure.label}.".replace("{", "{wildcards.")
        script:
            "../../scripts/figure.py"


rule figure_gallery:
    input:
        **figures.gallery,
    output:
        "results/figures/gallery.html",
    log:
        "results/logs/figure_gallery.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        side=figures.side,
        facts=figures.facts,
        code=code("figure_gallery"),
    message:
        "Make the page of all figures."
    script:
        "../../scripts/figure_gallery.py"


rule alignment:
    input:
        figures.alignment,
        aia.loss_lists(),
    message:
        "The offsets between the channels are measured and drawn."


rule light_curves:
    input:
        figures.light_curves,
        aia.loss_lists(),
    message:
        "The light curves are measured and drawn."


rule figures:
    input:
        figures.targets(),
        aia.loss_lists(),
    message:
        "All figures are drawn."
