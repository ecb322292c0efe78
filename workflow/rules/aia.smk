"""SDO/AIA, level 1 to level 1.5 and beyond, in the order of the data flow."""


include: "aia_plan.smk"


if config["source"] == "local":

    rule aia_copy:
        input:
            image=lambda wildcards: FRAMES[wildcards_of(wildcards)].image,
        output:
            "results/aia/level1/{channel}/{time}.fits",
        log:
            "results/logs/aia_copy/{channel}/{time}.log",
        group:
            "aia"
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=lambda wildcards, attempt: 600 * attempt,
            runtime=lambda wildcards, attempt: attempt,
            serial=1,
        params:
            code=code("aia_copy"),
        message:
            "Take {wildcards.channel} Å at {wildcards.time} from {input.image}."
        script:
            "../../scripts/aia_copy.py"

    rule aia_copy_spikes:
        input:
            image="results/aia/level1/{channel}/{time}.fits",
            spikes=lambda wildcards: FRAMES[wildcards_of(wildcards)].spikes,
        output:
            "results/aia/spikes/{channel}/{time}.fits",
        log:
            "results/logs/aia_copy_spikes/{channel}/{time}.log",
        group:
            "aia"
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=lambda wildcards, attempt: 600 * attempt,
            runtime=lambda wildcards, attempt: attempt,
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
            lambda wildcards: archived(FRAMES_OF[wildcards.channel, wildcards.day]),
        output:
            "results/aia/records/{channel}/{day}.jsonl",
        log:
            "results/logs/aia_query/{channel}/{day}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=1,
        params:
            source=SOURCE,
            slots=lambda wildcards: [time for _, time in FRAMES_OF[wildcards.channel, wildcards.day]],
            cadence_s=AIA["cadence_s"],
            code=code("aia_query"),
        message:
            "Ask for the records of {wildcards.channel} Å on {wildcards.day}."
        script:
            "../../scripts/aia_query.py"

    rule aia_export:
        input:
            records=records_of,
        output:
            "results/aia/exports/{channel}/{day}.json",
        log:
            "results/logs/aia_export/{channel}/{day}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=1,
            jsoc_export=1,
        params:
            source=SOURCE,
            scenario=SCENARIO,
            quality=QUALITY,
            code=code("aia_export"),
        message:
            "Have {wildcards.channel} Å on {wildcards.day} staged."
        script:
            "../../scripts/aia_export.py"

    rule aia_fetch:
        input:
            records=records_of,
            exports=exports_of,
        output:
            image="results/aia/level1/{channel}/{time}.fits",
            history="results/aia/level1/{channel}/{time}.json",
        log:
            "results/logs/aia_fetch/{channel}/{time}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=1,
        params:
            source=SOURCE,
            scenario=SCENARIO,
            quality=QUALITY,
            code=code("aia_fetch"),
        message:
            "Fetch {wildcards.channel} Å at {wildcards.time}."
        script:
            "../../scripts/aia_fetch.py"

    rule aia_fetch_spikes:
        input:
            records=records_of,
            exports=exports_of,
            image="results/aia/level1/{channel}/{time}.fits",
        output:
            "results/aia/spikes/{channel}/{time}.fits",
        log:
            "results/logs/aia_fetch_spikes/{channel}/{time}.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        resources:
            jsoc=1,
        params:
            source=SOURCE,
            scenario=SCENARIO,
            code=code("aia_fetch_spikes"),
        message:
            "Fetch the spikes of {wildcards.channel} Å at {wildcards.time}."
        script:
            "../../scripts/aia_fetch_spikes.py"

    rule aia_missing:
        input:
            [f"results/aia/records/{channel}/{day}.jsonl" for channel, day in FRAMES_OF],
        output:
            "results/aia/missing.tsv",
        log:
            "results/logs/aia_missing.log",
        localrule: True
        conda:
            "../../envs/reduction.yaml"
        params:
            quality=QUALITY,
            code=code("aia_missing"),
        message:
            "List the frames that cannot be had."
        script:
            "../../scripts/aia_missing.py"


rule offline:
    input:
        offline_targets(),


localrules:
    aia_tables,
    aia_pointing,


rule aia_tables:
    input:
        file=lambda wildcards: table_of(wildcards.table),
        archive=ancient(archived([])),
    output:
        "results/aia/tables/{table}.ecsv",
    log:
        "results/logs/aia_tables/{table}.log",
    wildcard_constraints:
        table="degradation|error",
    conda:
        "../../envs/reduction.yaml"
    resources:
        jsoc=1,
    params:
        source=TABLES,
        version=AIA["calibration"]["version"],
        code=code("aia_tables"),
    message:
        "Take the {wildcards.table} table."
    script:
        "../../scripts/aia_tables.py"


rule aia_pointing:
    input:
        file=table_of("pointing"),
        archive=ancient(archived([])),
    output:
        "results/aia/tables/pointing/{day}.ecsv",
    log:
        "results/logs/aia_pointing/{day}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        jsoc=1,
    params:
        source=TABLES,
        code=code("aia_pointing"),
    message:
        "Take the pointing table of {wildcards.day}."
    script:
        "../../scripts/aia_pointing.py"


rule aia_respike:
    input:
        image="results/aia/level1/{channel}/{time}.fits",
        spikes="results/aia/spikes/{channel}/{time}.fits",
    output:
        "results/aia/respiked/{channel}/{time}.fits",
    log:
        "results/logs/aia_respike/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        code=code("aia_respike"),
    message:
        "Respike {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_respike.py"


rule aia_error:
    input:
        image=before("error"),
        table="results/aia/tables/error.ecsv",
    output:
        "results/aia/error/{channel}/{time}.fits",
    log:
        "results/logs/aia_error/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 800 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        systematic=AIA["error"],
        skipped=skipped("error"),
        code=code("aia_error"),
    message:
        "Estimate the error of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_error.py"


rule aia_psf:
    output:
        "results/aia/psf/{core}/{channel}.fits",
    log:
        "results/logs/aia_psf/{core}/{channel}.log",
    wildcard_constraints:
        core="default|preflight",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
    params:
        code=code("aia_psf"),
    message:
        "Compute the point-spread function of {wildcards.channel} Å."
    script:
        "../../scripts/aia_psf.py"


rule aia_deconvolve:
    input:
        image=before("deconvolve"),
        psf=f"results/aia/psf/{AIA['deconvolve']['core']}/{{channel}}.fits",
    output:
        "results/aia/deconvolved/{channel}/{time}.fits",
    log:
        "results/logs/aia_deconvolve/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/gpu.yaml" if ON_GPU else "../../envs/reduction.yaml"
    threads: 2
    resources:
        **ON_GPU,
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=lambda wildcards, attempt: 3 * attempt,
        serial=1,
    params:
        settings=AIA["deconvolve"],
        device=AIA["device"],
        skipped=skipped("deconvolve"),
        code=code("aia_deconvolve"),
    message:
        "Deconvolve {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_deconvolve.py"


rule aia_prep:
    input:
        image=before("prep"),
        table=lambda wildcards: f"results/aia/tables/pointing/{wildcards.time[:8]}.ecsv",
    output:
        "results/aia/level1.5/{channel}/{time}.fits",
    log:
        "results/logs/aia_prep/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/gpu.yaml" if ON_GPU else "../../envs/reduction.yaml"
    threads: 2
    resources:
        **ON_GPU,
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        device=AIA["device"],
        skipped=skipped("prep"),
        code=code("aia_prep"),
    message:
        "Prep {wildcards.channel} Å at {wildcards.time} to level 1.5."
    script:
        "../../scripts/aia_prep.py"


rule aia_degradation:
    input:
        image=before("degradation"),
        table="results/aia/tables/degradation.ecsv",
    output:
        "results/aia/corrected/{channel}/{time}.fits",
    log:
        "results/logs/aia_degradation/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        version=AIA["calibration"]["version"],
        skipped=skipped("degradation"),
        code=code("aia_degradation"),
    message:
        "Correct {wildcards.channel} Å at {wildcards.time} for degradation."
    script:
        "../../scripts/aia_degradation.py"


rule aia_exposure:
    input:
        image=before("exposure"),
    output:
        "results/aia/normalised/{channel}/{time}.fits",
    log:
        "results/logs/aia_exposure/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        skipped=skipped("exposure"),
        code=code("aia_exposure"),
    message:
        "Normalise {wildcards.channel} Å at {wildcards.time} to DN/s."
    script:
        "../../scripts/aia_exposure.py"


rule aia_quicklook:
    input:
        lambda wildcards: f"results/aia/{latest(*wildcards_of(wildcards))[0]}/{wildcards.channel}/{wildcards.time}.fits",
    output:
        "results/aia/quicklook/{channel}/{time}.png",
    log:
        "results/logs/aia_quicklook/{channel}/{time}.log",
    group:
        "aia"
    conda:
        "../../envs/reduction.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
        runtime=lambda wildcards, attempt: attempt,
        serial=1,
    params:
        code=code("aia_quicklook"),
    message:
        "Draw {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_quicklook.py"


rule aia_refuse:
    output:
        "results/aia/refused/{name}.txt",
    log:
        "results/logs/aia_refuse/{name}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        reason=lambda wildcards: REFUSED[wildcards.name],
        code=code("aia_refuse"),
    message:
        "Refuse {wildcards.name}: it cannot be named."
    script:
        "../../scripts/aia_refuse.py"
