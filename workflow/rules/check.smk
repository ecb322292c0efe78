"""Claims about the finished files, tested by the workflow."""


rule check:
    input:
        aia=[target for target in aia_targets() if target.endswith(".fits")],
    output:
        "results/checked.txt",
    log:
        "results/logs/check.log",
    conda:
        "../../envs/test.yaml"
    params:
        tests=str(REPOSITORY / "tests" / "products"),
        code=code("check"),
    message:
        "Check the finished files."
    script:
        "../../scripts/check.py"
