"""Claims about the finished files, tested by the workflow."""


rule check:
    message:
        "Check the finished files."
    input:
        aia=[target for target in aia_targets() if target.endswith(".fits")],
    output:
        "results/checked.txt",
    log:
        "results/logs/check.log",
    params:
        tests=str(Path(workflow.basedir) / "tests" / "products"),
        code=code("check"),
    conda:
        "../../envs/test.yaml"
    script:
        "../../scripts/check.py"
