"""Response of the telescopes to wavelength and temperature, and its history."""


include: "response_plan.smk"


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
        response_files("instrument"),
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
        response_files("emissivity"),
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
        settings=response_settings(),
        code=code("aia_response"),
    message:
        "Compute the wavelength response of {wildcards.channel} Å at {wildcards.time}."
    script:
        "../../scripts/aia_response.py"


rule aia_response_temperature:
    input:
        instrument="results/aia/tables/instrument.ecsv",
        emissivity="results/aia/tables/emissivity.ecsv",
        degradation="results/aia/tables/degradation.ecsv",
        fix=str(located(RESPONSE["chiantifix"])) if RESPONSE["chiantifix"] else [],
    output:
        "results/aia/response/temperature/{time}.ecsv",
    log:
        "results/logs/aia_response_temperature/{time}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        settings=response_settings(),
        code=code("aia_response_temperature"),
    message:
        "Compute the temperature response at {wildcards.time}."
    script:
        "../../scripts/aia_response_temperature.py"


rule aia_response_history:
    input:
        "results/aia/tables/degradation.ecsv",
        [str(located(path)) for path in RESPONSE["compare"]],
    output:
        "results/aia/response/history/{channel}.ecsv",
    log:
        "results/logs/aia_response_history/{channel}.log",
    conda:
        "../../envs/reduction.yaml"
    params:
        code=code("aia_response_history"),
    message:
        "Draw the sensitivity of {wildcards.channel} Å since launch out of the tables."
    script:
        "../../scripts/aia_response_history.py"
