"""Differential emission measure: from six channels to the temperatures of the plasma."""


rule aia_dem_set:
    input:
        dem.channels,
    output:
        "results/aia/dem_set/{time}.fits",
    log:
        "results/logs/aia_dem_set/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=dem.memory_mb["set"], runtime=2),
    params:
        bin_px=dem.settings["bin"],
        code=code("aia_dem_set"),
    message:
        "Put the six channels at {wildcards.time} on one grid."
    script:
        "../../scripts/aia_dem_set.py"


rule aia_dem:
    input:
        channels="results/aia/dem_set/{time}.fits",
        response="results/aia/response/temperature/{time}.ecsv",
    output:
        "results/aia/dem/{time}.fits",
    log:
        "results/logs/aia_dem/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    threads: 2
    resources:
        **growing(mem_mb=dem.memory_mb["dem"], runtime=10),
    params:
        settings=dem.inversion,
        code=code("aia_dem"),
    message:
        "Find the differential emission measure at {wildcards.time}."
    script:
        "../../scripts/aia_dem.py"


rule aia_dem_maps:
    input:
        "results/aia/dem/{time}.fits",
    output:
        "results/aia/dem_maps/{time}.png",
    log:
        "results/logs/aia_dem_maps/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    resources:
        **growing(mem_mb=dem.memory_mb["dem"], runtime=2),
    params:
        code=code("aia_dem_maps"),
    message:
        "Draw emission measure and temperature at {wildcards.time}."
    script:
        "../../scripts/aia_dem_maps.py"


rule dem:
    input:
        dem.targets(),
    message:
        "The differential emission measures are found and drawn."


use rule aia_dem_set as aia_cube_dem_set with:
    input:
        cube_dem.channels,
    output:
        "results/aia/cube_dem_set/{time}.fits",
    log:
        "results/logs/aia_cube_dem_set/{time}.log",
    message:
        "Put the six channels of the cube at {wildcards.time} together."


use rule aia_dem as aia_cube_dem with:
    input:
        channels="results/aia/cube_dem_set/{time}.fits",
        response="results/aia/response/temperature/{time}.ecsv",
    output:
        "results/aia/cube_dem/{time}.fits",
    log:
        "results/logs/aia_cube_dem/{time}.log",
    message:
        "Find the differential emission measure of the cube at {wildcards.time}."


use rule aia_dem_maps as aia_cube_dem_maps with:
    input:
        "results/aia/cube_dem/{time}.fits",
    output:
        "results/aia/cube_dem_maps/{time}.png",
    log:
        "results/logs/aia_cube_dem_maps/{time}.log",
    message:
        "Draw emission measure and temperature of the cube at {wildcards.time}."


rule cube_dem:
    input:
        cube_dem.targets(),
    message:
        "The differential emission measures of the cube are found and drawn."
