"""helioreduce: reproducible reduction of solar EUV data."""

from snakemake.utils import min_version, validate

min_version("9.0")


configfile: "config.yaml"


include: "workflow/rules/common.smk"


validate(config, "workflow/schemas/config.schema.yaml")


include: "workflow/rules/archive.smk"
include: "workflow/rules/aia.smk"


rule all:
    default_target: True
    input:
        aia_targets(),


onsuccess:
    print(summary())
