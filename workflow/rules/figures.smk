"""Figures of a paper out of the products, as PDF and PNG, and a page that shows them all."""


include: "figures_plan.smk"


rule aia_statistics:
    input:
        image=aia.finished,
        raw=product("level1"),
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


for spec in FIGURES.values():

    rule:
        name:
            f"figure_{spec.name}"
        input:
            **spec.inputs,
        output:
            png=report(
                f"{under('results/figures', spec)}.png",
                caption=f"../report/{spec.name}.rst",
                category=spec.group,
                labels={
                    "figure": spec.name.replace("_", " "),
                    "of": " Å, ".join(Path(spec.tail).parts) or "all frames",
                },
            ),
            pdf=f"{under('results/figures', spec)}.pdf",
        log:
            f"{under('results/logs/figures', spec)}.log",
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=2500,
        params:
            **spec.params,
            figure=spec.name,
            code=code(f"figure_{spec.name}"),
        message:
            f"Draw {spec.name} {spec.tail}.".replace("{", "{wildcards.")
        script:
            "../../scripts/figure_{params.figure}.py"  # read when the job runs


rule figure_gallery:
    input:
        figures=[f"{file}.png" for spec in FIGURES.values() for file in files_of(spec)],
        captions=[REPOSITORY / "workflow" / "report" / f"{name}.rst" for name in FIGURES],
        before=[product(aia.latest(c, TIMES[c][0], "deconvolve")).format(channel=c, time=TIMES[c][0]) for c in deconvolving],
        after=[product("deconvolved").format(channel=c, time=TIMES[c][0]) for c in deconvolving],
    output:
        "results/figures/gallery.html",
    log:
        "results/logs/figure_gallery.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        **SIDE,
        groups={name: spec.group for name, spec in FIGURES.items()},
        facts={
            "source": config["source"],
            "channels": ", ".join(f"{c} Å" for c in CHANNELS),
            "images": str(len(aia.frames)),
            "first": ", ".join(ALL_TIMES[:1]),
            "calibration": f"version {aia.tables.version}",
        },
        code=code("figure_gallery"),
    message:
        "Make the page of all figures."
    script:
        "../../scripts/figure_gallery.py"


rule figures:
    input:
        [f"{file}.{kind}" for spec in FIGURES.values() for file in files_of(spec) for kind in ("pdf", "png")],
        "results/figures/gallery.html",
    message:
        "All figures are drawn."
