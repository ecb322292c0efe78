"""Series (aia.output.form): a request in parts of a day and channel, each reduced into shards of a store of a channel and year."""


rule aia_collect:
    input:
        unpack(aia_series.tables),
        archive=aia_series.served,
    output:
        temp(directory(f"{aia_series.folder}/collected/{{channel}}/{{day}}")),
    log:
        "results/logs/aia_shard/{channel}/{day}.log",  # until the part is reduced: one log a part
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    resources:
        jsoc=aia.source.connection,
    params:
        source=aia.source.name,
        part=aia_series.part,
        made_by=aia_series.made_by,
        manifest=lambda wildcards: aia_series.manifest(*wildcards),
        level1=aia_series.level1,
        asked=aia.source.asked,
        quality=aia.settings["quality"],
        series=aia.source.asked["series"],
        code=code("aia_collect"),
    message:
        "Collect {wildcards.channel} Å, {wildcards.day}."
    script:
        "../../scripts/aia_collect.py"


rule aia_shard:
    input:
        unpack(aia_series.tables),
        collected=f"{aia_series.folder}/collected/{{channel}}/{{day}}",
    output:
        update(aia_series.manifest()),
    log:
        "results/logs/aia_shard/{channel}/{day}.log",
    priority: 1  # before more is collected
    conda:
        f"../../envs/{aia.environment}.yaml"
    threads: 2
    resources:
        **aia.gpu,
        **growing(mem_mb=3000, runtime=aia_series.runtime),
    params:
        part=aia_series.part,
        made_by=aia_series.made_by,
        store=lambda wildcards: aia_series.store(wildcards.channel, wildcards.day[:4]),
        level1=aia_series.level1,
        again=aia_series.again,
        quality=aia.settings["quality"],
        code=code("aia_shard", *SCRIPTS),
    message:
        "Reduce {wildcards.channel} Å, {wildcards.day}, into its shard."
    script:
        "../../scripts/aia_shard.py"


rule aia_index:
    input:
        aia_series.manifests,
    output:
        store=f"{aia_series.store()}/zarr.json",
        missing=f"{aia_series.folder}/{{channel}}/{{year}}_missing.tsv",
    log:
        "results/logs/aia_index/{channel}/{year}.log",
    wildcard_constraints:
        year=r"\d{4}",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1500),
    params:
        grid=lambda wildcards: aia_series.grid(wildcards.channel),
        code=code("aia_index"),
    message:
        "Write the index of {wildcards.channel} Å, {wildcards.year}."
    script:
        "../../scripts/aia_index.py"


rule aia_review:
    input:
        aia_series.stores(),
    output:
        f"{aia_series.folder}/review.txt",  # not where images failed
    log:
        "results/logs/aia_review.log",
    localrule: True
    conda:
        "../../envs/reduction.yaml"
    params:
        parts=lambda wildcards: aia_series.asked,
        logs="results/logs/aia_shard",
        on_missing=aia.source.jsoc["on_missing"],
        code=code("aia_review"),
    message:
        "Say what the series lack."
    script:
        "../../scripts/aia_review.py"


rule aia_shard_quicklook:
    input:
        manifest=aia_series.manifest(),
    output:
        directory(aia_series.quicklooks()),
    log:
        "results/logs/aia_shard_quicklook/{channel}/{day}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=1200, runtime=aia_series.runtime),
    params:
        part=aia_series.part,
        store=lambda wildcards: aia_series.store(wildcards.channel, wildcards.day[:4]),
        every=aia_series.every,
        code=code("aia_shard_quicklook"),
    message:
        "Draw images of {wildcards.channel} Å, {wildcards.day}."
    script:
        "../../scripts/aia_shard_quicklook.py"


rule aia_film:
    input:
        films.shown,
    output:
        films.file(),
    log:
        "results/logs/aia_film/{channel}/{day}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=2000, runtime=30),
    params:
        part=films.part,
        store=lambda wildcards: aia_series.store(wildcards.channel, wildcards.day[:4]),
        code=code("aia_film"),
    message:
        "Draw the film of {wildcards.channel} Å, {wildcards.day}."
    script:
        "../../scripts/aia_film.py"


rule series:
    input:
        aia_series.targets(),
    message:
        "The series are finished."


rule film:
    input:
        films.targets(),
    message:
        "The films are finished."
