"""The steps from level 1 to the finished image fused: one job for many images (aia.batch). Products keep their names.

A rule is made for every chunk, with the exact names of its products. A rule without wildcards goes before the rules of the
single steps, whose products can still be asked for.
"""


include: "aia_batch_plan.smk"


for (channel, first), chunk in aia_chunks():
    frames = [batch_frame(*frame) for frame in chunk]
    downloads = [batch_download(*frame) for frame in chunk]

    if downloads and config["source"] != "local":

        rule:
            name:
                f"aia_fetch_{channel}_{first}"
            input:
                records=[ancient(file) for file in sorted({frame[0] for frame in downloads})],
                exports=[ancient(file) for file in sorted({frame[1] for frame in downloads if frame[1]})],
            output:
                [file for frame in downloads for file in frame[2:] if file],
            log:
                f"results/logs/aia_fetch/{channel}/{first}.log",
            localrule: True
            conda:
                "../../envs/reduction.yaml"
            resources:
                jsoc=1,
            params:
                frames=downloads,
                source=SOURCE,
                scenario=SCENARIO,
                quality=QUALITY,
                code=code("aia_fetch_batch"),
            message:
                f"Fetch {len(downloads)} images of {channel} Å from {first}."
            script:
                "../../scripts/aia_fetch_batch.py"

    rule:
        name:
            f"aia_batch_{channel}_{first}"
        input:
            images=[frame[0] for frame in frames],
            spikes=[frame[1] for frame in frames if frame[1]],
            pointing=sorted({frame[2] for frame in frames}),
            error=["results/aia/tables/error.ecsv"],
            degradation=(["results/aia/tables/degradation.ecsv"] if taken("degradation", frames) else []),
            psf=([f"results/aia/psf/{AIA['deconvolve']['core']}/{channel}.fits"] if taken("deconvolve", frames) else []),
        output:
            [frame[3] for frame in frames],
        log:
            f"results/logs/aia_batch/{channel}/{first}.log",
        group:
            f"aia_{channel}_{first}"
        conda:
            "../../envs/gpu.yaml" if ON_GPU else "../../envs/reduction.yaml"
        threads: 2
        resources:
            **ON_GPU,
            mem_mb=lambda wildcards, attempt: 1700 * attempt,
            runtime=lambda wildcards, attempt, images=len(frames): (10 + images) * attempt,
        params:
            frames=frames,
            settings={
                "systematic": AIA["error"],
                "deconvolve": AIA["deconvolve"],
                "version": AIA["calibration"]["version"],
            },
            device=AIA["device"],
            code=code("aia_batch"),
        message:
            f"Reduce {len(frames)} images of {channel} Å from {first}."
        script:
            "../../scripts/aia_batch.py"

    rule:
        name:
            f"aia_quicklook_{channel}_{first}"
        input:
            [frame[3] for frame in frames],
        output:
            [f"results/aia/quicklook/{channel}/{time}.png" for _, time in chunk],
        log:
            f"results/logs/aia_quicklook/{channel}/{first}.log",
        group:
            f"aia_{channel}_{first}"
        conda:
            "../../envs/reduction.yaml"
        resources:
            mem_mb=lambda wildcards, attempt: 1200 * attempt,
            runtime=lambda wildcards, attempt, images=len(chunk): (10 + images) * attempt,
        params:
            code=code("aia_quicklook"),
        message:
            f"Draw {len(frames)} images of {channel} Å from {first}."
        script:
            "../../scripts/aia_quicklook.py"
