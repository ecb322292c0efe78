"""helioreduce: reproducible reduction of solar EUV data."""

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/common.smk"
include: "workflow/rules/aia.smk"
include: "workflow/rules/archive.smk"
include: "workflow/rules/cosmic_rays.smk"
include: "workflow/rules/esis.smk"
include: "workflow/rules/spice.smk"
# the many names of chunks after the last wildcard_constraints, each of which goes through all names so far
include: "workflow/rules/aia_batch.smk"
include: "workflow/rules/aia_cube.smk"
include: "workflow/rules/aia_series.smk"
include: "workflow/rules/response.smk"
include: "workflow/rules/dem.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/check.smk"


rule all:
    default_target: True
    input:
        aia_series.targets() or aia.targets(),
        cosmic_rays.targets,


engine.check_targets(workflow, lambda names, rules: targets.check(names, rules, aia, aia_cube, asked, others, **refusals))
