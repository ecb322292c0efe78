"""SDO/AIA, level 1 to level 1.5 and beyond, in the order of the data flow."""

if aia.source.is_local:

    rule aia_copy:
        input:
            image=lambda wildcards: aia.own(wildcards).image,
        output:
            state("results/aia/level1/{channel}/{time}.fits"),
        log:
            "results/logs/aia_copy/{channel}/{time}.log",
        group:
            "aia"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=600, runtime=1),
            serial=1,
        params:
            quality=aia.judged_inside,
            cutout=aia.cut,
            code=code("aia_copy"),
        message:
            "Take {wildcards.channel} Å at {wildcards.time} from {input.image}."
        script:
            "../../scripts/aia_copy.py"

    rule aia_copy_spikes:
        input:
            image="results/aia/level1/{channel}/{time}.fits",
            spikes=lambda wildcards: aia.own(wildcards).spikes,
        output:
            state("results/aia/spikes/{channel}/{time}.fits"),
        log:
            "results/logs/aia_copy_spikes/{channel}/{time}.log",
        group:
            "aia"
        conda:
            "../../envs/reduction.yaml"
        resources:
            **growing(mem_mb=600, runtime=1),
            serial=1,
        params:
            code=code("aia_copy_spikes"),
        message:
            "Take the spikes of {wildcards.channel} Å at {wildcards.time} from {input.spikes}."
        script:
            "../../scripts/aia_copy_spikes.py"

else:

    rule aia_query:
        input:
            aia.served,
        output:
            "results/aia/records/{channel}/{period}.jsonl",
        log:
            "results/logs/aia_query/{channel}/{period}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
        params:
            source=aia.source.name,
            slots=aia.slots,
            asked=aia.source.asked,
            code=code("aia_query"),
        message:
            "Ask for the records of {wildcards.channel} Å, {wildcards.period}."
        script:
            "../../scripts/aia_query.py"

    rule aia_export:
        input:
            record_list=ancient(aia.records),
            archive=aia.served,
        output:
            "results/aia/exports/{channel}/{period}.json",
        log:
            "results/logs/aia_export/{channel}/{period}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
            jsoc_export=1,
        params:
            source=aia.source.name,
            quality=aia.settings["quality"],
            cutout=aia.cut_by_server,
            asked=aia.source.asked,
            code=code("aia_export"),
        message:
            "Have {wildcards.channel} Å, {wildcards.period}, staged."
        script:
            "../../scripts/aia_export.py"

    rule aia_fetch:
        input:
            record_list=ancient(aia.records),
            exports=ancient(aia.exports),
            archive=aia.rendered,
        output:
            image=state("results/aia/level1/{channel}/{time}.fits"),
            history="results/aia/level1/{channel}/{time}.json",
        log:
            "results/logs/aia_fetch/{channel}/{time}.log",
        wildcard_constraints:
            channel=aia_batch.single("level1"),
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
        params:
            source=aia.source.name,
            quality=aia.judged_inside,
            cutout=aia.cut,
            series=aia.source.asked["series"],
            code=code("aia_fetch"),
        message:
            "Fetch {wildcards.channel} Å at {wildcards.time}."
        script:
            "../../scripts/aia_fetch.py"

    rule aia_fetch_spikes:
        input:
            record_list=ancient(aia.records),
            exports=ancient(aia.exports),
            archive=aia.rendered,
            image="results/aia/level1/{channel}/{time}.fits",
        output:
            state("results/aia/spikes/{channel}/{time}.fits"),
        log:
            "results/logs/aia_fetch_spikes/{channel}/{time}.log",
        wildcard_constraints:
            channel=aia_batch.single("spikes"),
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
        params:
            source=aia.source.name,
            series=aia.source.asked["series"],
            code=code("aia_fetch_spikes"),
        message:
            "Fetch the spikes of {wildcards.channel} Å at {wildcards.time}."
        script:
            "../../scripts/aia_fetch_spikes.py"

    rule aia_missing:
        input:
            [aia.source.records(channel, period) for channel, period in aia.frames_of_period],
        output:
            "results/aia/missing.tsv",
        log:
            "results/logs/aia_missing.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
        params:
            source=aia.source.name,
            lost=sorted((*frame, loss.reason) for frame, loss in aia.lost.items()),
            again=aia.again(),
            respike=aia.settings["steps"]["respike"],
            quality=aia.settings["quality"],
            code=code("aia_missing"),
        message:
            "List the unavailable frames."
        script:
            "../../scripts/aia_missing.py"

    rule aia_record:
        input:
            fetched=aia.fetched,
            pointing=[file for period in aia.periods for file in aia.source.series("pointing", period)],
        output:
            "results/aia/recorded.txt",
        log:
            "results/logs/aia_record.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=aia.source.connection,
        params:
            source=aia.source.tables,
            folder=aia.source.jsoc["record"],
            frames=lambda wildcards: [tuple(frame) for frame in aia_batch.downloads],
            periods=aia.periods,
            version=aia.tables.version,
            files=aia.tables.files,
            code=code("aia_record"),
        message:
            "Keep a copy of everything fetched."
        script:
            "../../scripts/aia_record.py"


rule offline:
    input:
        aia.offline_targets(),


localrules:
    aia_tables,
    aia_pointing,


rule aia_tables:
    input:
        file=lambda wildcards: aia.tables.files[wildcards.table],
        archive=lambda wildcards: aia.source.series(wildcards.table),
    output:
        "results/aia/tables/{table}.ecsv",
    log:
        "results/logs/aia_tables/{table}.log",
    wildcard_constraints:
        table="degradation|error",
    conda:
        "../../envs/reduction.yaml"
    resources:
        jsoc=aia.source.connection,
    params:
        source=aia.source.tables,
        version=lambda wildcards: aia.tables.version if wildcards.table == "degradation" else None,
        code=code("aia_tables"),
    message:
        "Take the {wildcards.table} table."
    script:
        "../../scripts/aia_tables.py"


rule aia_pointing:
    input:
        file=aia.tables.files["pointing"],
        archive=lambda wildcards: aia.source.series("pointing", wildcards.period),
    output:
        "results/aia/tables/pointing/{period}.ecsv",
    log:
        "results/logs/aia_pointing/{period}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        jsoc=aia.source.connection,
    params:
        source=aia.source.tables,
        code=code("aia_pointing"),
    message:
        "Take the pointing table of {wildcards.period}."
    script:
        "../../scripts/aia_pointing.py"


rule aia_respike:
    input:
        image="results/aia/level1/{channel}/{time}.fits",
        spikes="results/aia/spikes/{channel}/{time}.fits",
    output:
        state("results/aia/respiked/{channel}/{time}.fits"),
    log:
        "results/logs/aia_respike/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("respiked"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=600, runtime=1),
        serial=1,
    params:
        skipped=aia.skipped("respike"),
        code=code("aia_respike"),
    message:
        "Respike {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_respike.py"


rule aia_error:
    input:
        image=engine.ancient_unless(aia.states.is_level1, aia.before("error")),
        sources=aia.states.sources("error"),
        error_table="results/aia/tables/error.ecsv",
    output:
        state("results/aia/error/{channel}/{time}.fits"),
    log:
        "results/logs/aia_error/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("error"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=800, runtime=1),
        serial=1,
    params:
        systematic=aia.settings["error"],
        skipped=aia.skipped("error"),
        follows=aia.states.follows("error"),
        code=code("aia_error"),
    message:
        "Estimate the error of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_error.py"


rule aia_psf:
    input:
        source=aia.psf.source,
    output:
        "results/aia/psf/{core}/{channel}.fits",
    log:
        "results/logs/aia_psf/{core}/{channel}.log",
    wildcard_constraints:
        core="default|preflight|file|parametric",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        **growing(mem_mb=aia.psf.memory_mb),
    params:
        settings=aia.psf.parameters,
        code=code("aia_psf"),
    message:
        "Compute the point-spread function of {wildcards.channel} Å."
    script:
        "../../scripts/aia_psf.py"


rule aia_deconvolve:
    input:
        image=engine.ancient_unless(aia.states.is_level1, aia.before("deconvolve")),
        sources=aia.states.sources("deconvolve"),
        psf=aia.psf.pattern,
    output:
        state("results/aia/deconvolved/{channel}/{time}.fits"),
    log:
        "results/logs/aia_deconvolve/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("deconvolved"),
    group:
        "aia"
    conda:
        f"../../envs/{aia.environment}.yaml"
    threads: 2
    resources:
        **aia.gpu,
        **growing(mem_mb=1500, runtime=3),
        serial=1,
    params:
        options=aia.settings["deconvolve"],
        skipped=aia.skipped("deconvolve"),
        follows=aia.states.follows("deconvolve"),
        code=code("aia_deconvolve"),
    message:
        "Deconvolve {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_deconvolve.py"


rule aia_prep:
    input:
        image=engine.ancient_unless(aia.states.is_level1, aia.before("prep")),
        sources=aia.states.sources("prep"),
        pointing=aia.pointing,
    output:
        state("results/aia/level1.5/{channel}/{time}.fits"),
    log:
        "results/logs/aia_prep/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("level1.5"),
    group:
        "aia"
    conda:
        f"../../envs/{aia.environment}.yaml"
    threads: 2
    resources:
        **aia.gpu,
        **growing(mem_mb=1200, runtime=1),
        serial=1,
    params:
        skipped=aia.skipped("prep"),
        follows=aia.states.follows("prep"),
        code=code("aia_prep"),
    message:
        "Prep {wildcards.channel} Å at {wildcards.time} to level 1.5."
    script:
        "../../scripts/aia_prep.py"


rule aia_degradation:
    input:
        image=engine.ancient_unless(aia.states.is_level1, aia.before("degradation")),
        sources=aia.states.sources("degradation"),
        degradation_table="results/aia/tables/degradation.ecsv",
    output:
        state("results/aia/corrected/{channel}/{time}.fits"),
    log:
        "results/logs/aia_degradation/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("corrected"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=700, runtime=1),
        serial=1,
    params:
        version=aia.tables.version,
        skipped=aia.skipped("degradation"),
        follows=aia.states.follows("degradation"),
        code=code("aia_degradation"),
    message:
        "Correct {wildcards.channel} Å at {wildcards.time} for degradation."
    script:
        "../../scripts/aia_degradation.py"


rule aia_exposure:
    input:
        image=engine.ancient_unless(aia.states.is_level1, aia.before("exposure")),
        sources=aia.states.sources("exposure"),
    output:
        state("results/aia/normalised/{channel}/{time}.fits"),
    log:
        "results/logs/aia_exposure/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("normalised"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=700, runtime=1),
        serial=1,
    params:
        exposure_time=aia.settings["exposure"],
        skipped=aia.skipped("exposure"),
        follows=aia.states.follows("exposure"),
        code=code("aia_exposure"),
    message:
        "Normalise {wildcards.channel} Å at {wildcards.time} to DN/s."
    script:
        "../../scripts/aia_exposure.py"


rule aia_bin:
    input:
        image=aia.finished,
    output:
        "results/aia/binned/{channel}/{time}.fits",
    log:
        "results/logs/aia_bin/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("binned"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=700, runtime=1),
        serial=1,
    params:
        grid=lambda wildcards: aia.grid(wildcards.channel, wildcards.time),
        code=code("aia_bin"),
    message:
        "Bin {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_bin.py"


rule aia_quicklook:
    input:
        aia.final,
    output:
        "results/aia/quicklook/{channel}/{time}.jpg",
    log:
        "results/logs/aia_quicklook/{channel}/{time}.log",
    wildcard_constraints:
        channel=aia_batch.single("quicklook"),
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1200, runtime=1),
        serial=1,
    params:
        code=code("aia_quicklook"),
    message:
        "Draw {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_quicklook.py"


rule aia_refuse:
    output:
        "results/aia/refused.txt",  # is never made
    log:
        "results/logs/aia_refuse.log",
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    params:
        reasons=lambda _: list(aia.refused.values()),
        code=code("aia_refuse"),
    message:
        f"Refuse {counted(len(aia.refused), 'image')}."
    script:
        "../../scripts/aia_refuse.py"


rule aia_archive:
    input:
        image=aia.final,
    output:
        "results/aia/archived/{channel}/{time}.fits",
    log:
        "results/logs/aia_archive/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1200),
    params:
        code=code("aia_archive"),
    message:
        "Compress {wildcards.channel} Å at {wildcards.time} for the archive."
    script:
        "../../scripts/aia_archive.py"


rule archived:
    input:
        aia.archived(),
    message:
        "The archive copies are made."
