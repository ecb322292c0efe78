"""Common ground of the rules: the package, the validated configuration, and the plan of each instrument."""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path

# the package beside these rules, not an installed one of perhaps another version
sys.path.insert(0, str(Path(str(workflow.current_basedir)).parents[1] / "scripts"))

from helioreduce.errors import InputError, counted
from helioreduce.jsoc.losses import begin
from helioreduce.plan.aia import Plan as AIAPlan
from helioreduce.plan.aia_batch import SCRIPTS, Batches
from helioreduce.plan.aia_cube import Cube
from helioreduce.plan.aia_missing import goes_on
from helioreduce.plan.aia_series import Series, refusals as series_refusals
from helioreduce.plan import targets
from helioreduce.plan.code import code
from helioreduce.plan.cosmic_rays import Plan as CosmicRaysPlan
from helioreduce.plan.dem import Plan as DEMPlan
from helioreduce.plan.films import Films
from helioreduce.plan.esis import Plan as EsisPlan
from helioreduce.plan.figures import Plan as FiguresPlan
from helioreduce.plan.paths import REPOSITORY
from helioreduce.plan.resources import growing
from helioreduce.plan.response import Plan as ResponsePlan
from helioreduce.plan.settings import validated
from helioreduce.plan.spice import Plan as SpicePlan
from helioreduce.plan.summary import failed, summary
from helioreduce.runtime import config_files, engine, process, progress

engine.install()
process.find_home()
process.pass_on(sys.path[0])


config_files.check_keys(*workflow.overwrite_configfiles)  # of --configfile

# a project's own settings (--directory), over those beside the Snakefile, also as a module of another workflow
for settings in config_files.settings(REPOSITORY / "config.yaml", Path("config.yaml")):

    configfile: str(settings)


workflow.start_time = min(workflow.start_time, datetime.fromtimestamp(begin()))  # of the time elapsed
try:
    config.update(validated(config))
    aia = AIAPlan.of(config)
    aia_batch = Batches.of(aia)
    aia_cube = Cube.of(aia_batch.plan)
    aia = aia_cube.plan
    aia_series = Series.of(aia)
    films = Films(aia, aia_series)
    cosmic_rays = CosmicRaysPlan.of(config, aia.frames)
    esis = EsisPlan.of(config, aia.frames)
    response = ResponsePlan.of(aia)
    dem = DEMPlan(aia, response)
    cube_dem = DEMPlan(aia, response, tracked=True)
    refusals = {"dem": dem.refusal, "cube_dem": cube_dem.refusal} | series_refusals(aia_series)
    figures = FiguresPlan(aia, response)
    spice = SpicePlan.of(config)
    asked = {
        *aia.targets(),
        *aia_series.targets(),
        *films.targets(),
        *figures.targets(),
        *figures.light_curves,
        *figures.alignment,
        *dem.targets(),
        *esis.targets(),
        *spice.targets(),
        *aia_cube.targets(),
        *(cube_dem.targets() if aia_cube.is_asked else ()),
        *cosmic_rays.targets,
    }
    others = {"esis": esis.values, "spice": spice.values, "cosmic_rays": cosmic_rays.values}
except InputError as error:
    raise config_files.refused(workflow, error)

if workflow.is_main_process:
    progress.install(logger)
    for note in (*aia.notes, *aia_batch.notes, *aia_series.notes, *spice.notes):
        logger.warning(note)


state = partial(engine.temporary_unless, aia.states.keeps)  # an image that leaves the disk after its last use (aia.keep)


wildcard_constraints:
    channel=r"\d{2,4}",
    time=r"\d{8}T\d{6}(_simulated)?(_x\d{4}y\d{4})?",  # the place is that of one of several cut-outs at one time
    day=r"\d{8}",
    period=r"\d{4}(\d{2}(\d{2})?)?",  # year, month or day


resource_scopes:
    serial="local",  # members of a group run one after the other


onstart:
    aia_series.begin()


onsuccess:
    engine.remove_left_behind(workflow)
    if not goes_on(aia_batch, cosmic_rays.newly_refused()):
        print(summary(aia, engine.files(workflow), asked))


onerror:
    if not goes_on(aia_batch, cosmic_rays.newly_refused()):
        print(failed(aia, engine.files(workflow), asked))
