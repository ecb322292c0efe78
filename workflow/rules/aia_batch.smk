"""The steps from level 1 to the finished image fused: one job for many images (aia.batch). Products keep their names.

A rule is made for every chunk, with the exact names of its products. A rule without wildcards goes before the rules of the
single steps, whose products can still be asked for.
"""

for chunk in aia_batch.chunks:
    if chunk.downloads:

        rule:
            name:
                f"aia_fetch_{chunk.name}"
            input:
                record_list=[ancient(file) for file in sorted({frame.record_list for frame in chunk.downloads})],
                exports=[ancient(file) for file in sorted({frame.exports for frame in chunk.downloads if frame.exports})],
                archive=aia.source.served(chunk.keys),
            output:
                [state(file) for file in chunk.fetched],
            log:
                f"results/logs/aia_fetch/{chunk.channel}/{chunk.name}.log",
            localrule: True
            conda:
                "../../envs/reduction.yaml"
            resources:
                jsoc=aia.source.connection,
            params:
                frames=[tuple(frame) for frame in chunk.downloads],
                source=aia.source.name,
                quality=aia.judged_inside,
                cutout=aia.cut,
                series=aia.source.asked["series"],
                code=code("aia_fetch_batch", "aia_fetch", "aia_fetch_spikes"),
            message:
                f"Fetch {counted(len(chunk.keys), 'image')} of {chunk.channel} Å from {chunk.first}."
            script:
                "../../scripts/aia_fetch_batch.py"

    rule:
        name:
            f"aia_batch_{chunk.name}"
        input:
            **chunk.inputs(),
        output:
            [frame.output for frame in chunk.frames],
        log:
            f"results/logs/aia_batch/{chunk.channel}/{chunk.name}.log",
        group:
            f"aia_{chunk.name}"
        conda:
            f"../../envs/{aia.environment}.yaml"
        threads: chunk.threads
        resources:
            **aia.gpu,
            **growing(mem_mb=1700, runtime=10 + len(chunk.keys)),
        params:
            frames=[tuple(frame) for frame in chunk.frames],
            settings=chunk.settings(),
            code=code("aia_batch", *SCRIPTS),
        message:
            f"Reduce {counted(len(chunk.good), 'image')} of {chunk.channel} Å from {chunk.first}."
        script:
            "../../scripts/aia_batch.py"

    if chunk.quicklooks:

        rule:
            name:
                f"aia_quicklook_{chunk.name}"
            input:
                chunk.shown,
            output:
                chunk.quicklooks,
            log:
                f"results/logs/aia_quicklook/{chunk.channel}/{chunk.name}.log",
            group:
                f"aia_{chunk.name}"
            conda:
                "../../envs/reduction.yaml"
            resources:
                **growing(mem_mb=1200, runtime=10 + len(chunk.keys)),
            params:
                code=code("aia_quicklook"),
            message:
                f"Draw {counted(len(chunk.quicklooks), 'image')} of {chunk.channel} Å from {chunk.first}."
            script:
                "../../scripts/aia_quicklook.py"
