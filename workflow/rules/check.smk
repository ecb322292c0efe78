"""Claims about the finished files, tested by the workflow."""


rule check:
    input:
        aia=aia.products(),
    output:
        "results/checked.txt",
    log:
        "results/logs/check.log",
    conda:
        "../../envs/test.yaml"
    params:
        kind="aia",
        tests=str(REPOSITORY / "tests" / "products"),
        code=code("check"),
    message:
        "Check the finished files."
    script:
        "../../scripts/check.py"


rule spice_check:
    input:
        level3=spice.products("level3"),
        saffron=spice.products("saffron", ""),
    output:
        "results/spice/checked.txt",
    log:
        "results/logs/spice_check.log",
    conda:
        "../../envs/test.yaml"
    params:
        kind="spice",
        tests=str(REPOSITORY / "tests" / "products"),
        code=code("check"),
    message:
        "Check the finished SPICE files."
    script:
        "../../scripts/check.py"
