"""The embedded archive: a synthetic Sun, rendered before it is served."""


localrules:
    archive_pointing,
    archive_tables,


rule archive_pointing:
    output:
        "results/archive/pointing/{period}.json",
    log:
        "results/logs/archive_pointing/{period}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        scenario=aia.source.instrument,
        code=code("archive_pointing"),
    message:
        "Make the archive's pointing table of {wildcards.period}."
    script:
        "../../scripts/archive_pointing.py"


rule archive_tables:
    output:
        response="results/archive/response.json",
        error="results/archive/solarsoft/error.json",
    log:
        "results/logs/archive_tables.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("archive_tables"),
    message:
        "Make the archive's degradation and error tables."
    script:
        "../../scripts/archive_tables.py"


use rule aia_psf as archive_psf with:
    input:
        source=[],
    output:
        "results/archive/psf/{channel}.fits",
    log:
        "results/logs/archive_psf/{channel}.log",
    resources:
        **growing(mem_mb=5000),
    params:
        core="parametric",
        settings={"core": "default", **aia.source.archive["psf"]},
        code=code("aia_psf"),
    message:
        "Compute the point-spread function of the archive's {wildcards.channel} Å, with stray light."


rule archive_render:
    input:
        psf=aia.source.psf,
    output:
        record="results/archive/frames/{channel}/{time}/record.json",
        image="results/archive/frames/{channel}/{time}/image_lev1.fits",
        spikes="results/archive/frames/{channel}/{time}/spikes.fits",
        truth="results/archive/frames/{channel}/{time}/truth.fits",
    log:
        "results/logs/archive_render/{channel}/{time}.log",
    wildcard_constraints:
        channel=r"\d{2,3}",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=4000 if aia.source.scatters else 1500),
    params:
        scenario=aia.scenario,
        stray_light=aia.source.scatters,
        code=code("archive_render"),
    message:
        "Render the archive's {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/archive_render.py"


use rule archive_render as archive_render_uv with:
    input:
        psf=[],
    output:
        record="results/archive/frames/{channel}/{time}/record.json",
        image="results/archive/frames/{channel}/{time}/image_lev1.fits",
        truth="results/archive/frames/{channel}/{time}/truth.fits",
    wildcard_constraints:
        channel=r"\d{4}",


rule archive_dem:
    output:
        "results/archive/dem/{time}.fits",
    log:
        "results/logs/archive_dem/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        **growing(mem_mb=2000),
    params:
        scenario=dem.scenario,
        code=code("archive_dem"),
    message:
        "Make the emission measure behind the archive's channels at {wildcards.time}."
    script:
        "../../scripts/archive_dem.py"
