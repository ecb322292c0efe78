"""Solar Orbiter/SPICE, level 2 to fitted lines, radiances, velocities and composition, in the order of the data flow."""


wildcard_constraints:
    raster=r"[\w.+-]+",
    group=r"[\w.+-]+",


ruleorder: spice_reduce > spice_reduce_composed > spice_merge > spice_velocity > spice_radiance > spice_composition > spice_report


rule spice:
    input:
        spice.targets(),
    message:
        "SPICE: see results/spice/report."


rule spice_views:
    input:
        spice.products("view", ".html"),
    message:
        "SPICE: see results/spice/view."


rule spice_view:
    input:
        **spice.catalogue,
        level2=spice.level2,
    output:
        "results/spice/view/{raster}.html",
    log:
        "results/logs/spice_view/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=spice.memory,
    params:
        fits=spice.every_fit,
        request=spice.request,
        notes=spice.notes_of,
        code=code("spice_view"),
    message:
        "Draw level 2 of {wildcards.raster} and the starts of its fits."
    script:
        "../../scripts/spice_view.py"


rule spice_figures:
    input:
        spice.products("figures", ""),
    message:
        "SPICE: see results/spice/figures."


rule spice_figure:
    input:
        unpack(spice.composition),
        level3="results/spice/level3/{raster}.fits",
        radiance="results/spice/radiance/{raster}.fits",
        velocity="results/spice/velocity/{raster}.fits",
    output:
        directory("results/spice/figures/{raster}"),
    log:
        "results/logs/spice_figure/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=spice.memory,
    params:
        code=code("spice_figure"),
    message:
        "Draw the figures of {wildcards.raster}."
    script:
        "../../scripts/spice_figure.py"


rule spice_simulate:
    output:
        level2=f"results/spice/simulated/{spice.simulated}.fits",
        truth=f"results/spice/simulated/{spice.simulated}_truth.fits",
        table="results/spice/simulated/contribution_functions.npz",
    log:
        "results/logs/spice_simulate.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        settings=spice.settings["simulated"],
        code=code("spice_simulate"),
    message:
        "Simulate a SPICE raster."
    script:
        "../../scripts/spice_simulate.py"


rule spice_reduce:
    input:
        **spice.catalogue,
        level2=spice.level2,
    output:
        level3="results/spice/level3/{raster}.fits",
        saffron=directory("results/spice/saffron/{raster}"),
        radiance="results/spice/radiance/{raster}.fits",
        velocity="results/spice/velocity/{raster}.fits",
        page="results/spice/report/{raster}.html",
    log:
        "results/logs/spice_reduce/{raster}.log",
    wildcard_constraints:
        raster=spice.pattern(composed=False),
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        mem_mb=spice.memory,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        fits=spice.every_fit,
        request=spice.request,
        after=spice.after,
        code=code("spice_reduce"),
    message:
        "Reduce {wildcards.raster}."
    script:
        "../../scripts/spice_reduce.py"


use rule spice_reduce as spice_reduce_composed with:
    input:
        **spice.catalogue,
        level2=spice.level2,
        table=spice.contribution_functions,
        dems=spice.dems,
    output:
        level3="results/spice/level3/{raster}.fits",
        saffron=directory("results/spice/saffron/{raster}"),
        radiance="results/spice/radiance/{raster}.fits",
        velocity="results/spice/velocity/{raster}.fits",
        page="results/spice/report/{raster}.html",
        composition="results/spice/composition/{raster}.fits",
    log:
        "results/logs/spice_reduce_composed/{raster}.log",
    wildcard_constraints:
        raster=spice.pattern(composed=True),


rule spice_refuse:
    input:
        spice.products("level3"),
    output:
        "results/spice/complete.txt",
    log:
        "results/logs/spice_refuse.log",
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    params:
        rasters=spice.recorded,
        refused_files=spice.refused,
        code=code("spice_refuse"),
    message:
        "Say what was refused."
    script:
        "../../scripts/spice_refuse.py"


rule spice_ingest:
    input:
        level2=spice.level2,
    output:
        "results/spice/ingested/{raster}.json",
    log:
        "results/logs/spice_ingest/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("spice_ingest"),
    message:
        "Look through {wildcards.raster}."
    script:
        "../../scripts/spice_ingest.py"


rule spice_prepare:
    input:
        **spice.catalogue,
        level2=spice.level2,
        checks="results/spice/ingested/{raster}.json",
    output:
        "results/spice/prepared/{raster}/{group}.fits",
    log:
        "results/logs/spice_prepare/{raster}/{group}.log",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        mem_mb=spice.memory,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        fit=spice.fit,
        trim=spice.trim,
        joining=spice.joining,
        threshold=spice.spike_threshold,
        denoise=spice.settings["denoise"],
        model=spice.model_of_spikes,
        code=code("spice_prepare"),
    message:
        "Prepare {wildcards.group} of {wildcards.raster}."
    script:
        "../../scripts/spice_prepare.py"


rule spice_fit:
    input:
        **spice.catalogue,
        prepared="results/spice/prepared/{raster}/{group}.fits",
    output:
        "results/spice/fitted/{raster}/{group}.fits",
    log:
        "results/logs/spice_fit/{raster}/{group}.log",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        mem_mb=spice.memory,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        bins=spice.settings["binning"],
        model=spice.settings["model"],
        code=code("spice_fit"),
    message:
        "Fit the lines of {wildcards.group} of {wildcards.raster}."
    script:
        "../../scripts/spice_fit.py"


rule spice_merge:
    input:
        groups=spice.fitted,
        level2=spice.level2,
    output:
        level3="results/spice/level3/{raster}.fits",
        saffron=directory("results/spice/saffron/{raster}"),
    log:
        "results/logs/spice_merge/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        pattern=spice.settings["legacy"]["name"],
        extents=spice.settings["binning"]["extents"],
        times=spice.settings["binning"]["times"],
        code=code("spice_merge"),
    message:
        "Merge the fits of {wildcards.raster}."
    script:
        "../../scripts/spice_merge.py"


rule spice_velocity:
    input:
        level3="results/spice/level3/{raster}.fits",
    output:
        "results/spice/velocity/{raster}.fits",
    log:
        "results/logs/spice_velocity/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        **spice.settings["velocity"],
        code=code("spice_velocity"),
    message:
        "Velocities of {wildcards.raster}."
    script:
        "../../scripts/spice_velocity.py"


rule spice_radiance:
    input:
        level3="results/spice/level3/{raster}.fits",
    output:
        "results/spice/radiance/{raster}.fits",
    log:
        "results/logs/spice_radiance/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("spice_radiance"),
    message:
        "Radiances of {wildcards.raster}."
    script:
        "../../scripts/spice_radiance.py"


rule spice_table:
    input:
        spice.tables,
    output:
        "results/spice/contribution_functions.npz",
    log:
        "results/logs/spice_table.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("spice_table"),
    message:
        "Join the contribution functions."
    script:
        "../../scripts/spice_table.py"


rule spice_composition:
    input:
        radiance="results/spice/radiance/{raster}.fits",
        table=spice.contribution_functions,
        dems=spice.dems,
    output:
        "results/spice/composition/{raster}.fits",
    log:
        "results/logs/spice_composition/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        lines=spice.settings["composition"]["lines"],
        log_n=spice.settings["composition"]["log_n"],
        sides=spice.settings["composition"]["sides"],
        code=code("spice_composition"),
    message:
        "Composition of {wildcards.raster}."
    script:
        "../../scripts/spice_composition.py"


rule spice_report:
    input:
        unpack(spice.composition),
        level3="results/spice/level3/{raster}.fits",
        radiance="results/spice/radiance/{raster}.fits",
        velocity="results/spice/velocity/{raster}.fits",
        checks="results/spice/ingested/{raster}.json",
    output:
        "results/spice/report/{raster}.html",
    log:
        "results/logs/spice_report/{raster}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        notes=spice.notes_of,
        code=code("spice_report"),
    message:
        "Report on {wildcards.raster}."
    script:
        "../../scripts/spice_report.py"
