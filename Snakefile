"""helioreduce: reproducible reduction of solar EUV data."""

from pathlib import Path

from snakemake.utils import min_version, validate

min_version("9.0")


REPOSITORY = Path(str(workflow.current_basedir))  # of this file, also as a module of another workflow


configfile: str(REPOSITORY / "config.yaml")


if Path("config.yaml").exists():  # --directory: a project's own settings, over the repository's

    configfile: "config.yaml"


include: "workflow/rules/common.smk"


validate(config, "workflow/schemas/config.schema.yaml")
config.update(canonical(config, yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())))


try:
    spice = SpicePlan.of(config)
except InputError as error:
    raise WorkflowError(f"config: {error}")
if workflow.is_main_process:
    for note in spice.notes:
        logger.warning(note)


limit(jsoc=config["jsoc"]["connections"], jsoc_export=1, gpu=1)


resource_scopes:
    serial="local",  # members of a group run one after the other


include: "workflow/rules/archive.smk"
include: "workflow/rules/aia.smk"
include: "workflow/rules/aia_batch.smk"
include: "workflow/rules/cosmic_rays.smk"
include: "workflow/rules/esis.smk"
include: "workflow/rules/spice.smk"
include: "workflow/rules/response.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/check.smk"


rule all:
    default_target: True
    input:
        aia_targets(),
        cosmic_rays_targets(),


onsuccess:
    print(summary())


onerror:
    after_failure()
