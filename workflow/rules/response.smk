"""Response of the telescopes to wavelength and temperature, and its history."""


rule archive_response:
    output:
        instrument="results/archive/instrument.ecsv",
        emissivity="results/archive/emissivity.ecsv",
    log:
        "results/logs/archive_response.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("archive_response"),
    message:
        "Make the archive's instrument and emissivity."
    script:
        "../../scripts/archive_response.py"


rule aia_instrument:
    input:
        response.instrument,
    output:
        "results/aia/tables/instrument.ecsv",
    log:
        "results/logs/aia_instrument.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_instrument"),
    message:
        "Take the components of the telescopes."
    script:
        "../../scripts/aia_instrument.py"


rule aia_emissivity:
    input:
        response.emissivity,
    output:
        "results/aia/tables/emissivity.ecsv",
    log:
        "results/logs/aia_emissivity.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_emissivity"),
    message:
        "Take the emissivity."
    script:
        "../../scripts/aia_emissivity.py"


rule aia_response:
    input:
        instrument="results/aia/tables/instrument.ecsv",
        degradation="results/aia/tables/degradation.ecsv",
    output:
        "results/aia/response/{channel}/{time}.ecsv",
    log:
        "results/logs/aia_response/{channel}/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        settings=response.settings,
        code=code("aia_response"),
    message:
        "Compute the wavelength response of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_response.py"


rule aia_response_temperature:
    input:
        **response.fix,
        instrument="results/aia/tables/instrument.ecsv",
        emissivity="results/aia/tables/emissivity.ecsv",
        degradation="results/aia/tables/degradation.ecsv",
    output:
        "results/aia/response/temperature/{time}.ecsv",
    log:
        "results/logs/aia_response_temperature/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        settings=response.settings,
        code=code("aia_response_temperature"),
    message:
        "Compute the temperature response at {wildcards.time}."
    script:
        "../../scripts/aia_response_temperature.py"


rule aia_response_history:
    input:
        response.tables,
    output:
        "results/aia/response/history/{channel}.ecsv",
    log:
        "results/logs/aia_response_history/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_response_history"),
    message:
        "Compute the sensitivity of {wildcards.channel} Å since launch."
    script:
        "../../scripts/aia_response_history.py"
