"""SPICE: rasters, groups, names of files."""

from helioreduce.spice import saffron, selection

SIMULATED = "solo_L2_spice-n-ras_20220402T111537_V00_synthetic"


def spice_settings():
    """The section ``spice``, with a SAFFRON configuration laid over it where one is given."""
    settings = dict(config["spice"])
    if settings["saffron"]:
        path = located(settings["saffron"])
        try:
            translation = saffron.settings(path.read_text())
        except InputError as error:
            raise error.at(path)
        for note in translation.notes:
            logger.info(f"{path.name}: {note}")
        for key, value in translation.settings.items():
            settings[key] = {**settings[key], **value} if isinstance(value, dict) else value
    return settings


def spice_rasters():
    """Every raster of the request by name, and the files that cannot be used; the simulated one has no file yet."""
    if SPICE["source"] == "simulated":
        return {SIMULATED: selection.Raster(SIMULATED, None, ("", "", ""))}, {}
    if SPICE["source"] == "list":
        paths = [located(path) for path in SPICE["files"]]
    elif not SPICE["folder"]:
        raise InputError("spice.folder is not set", cure="Give the folder of your level-2 files")
    elif SPICE["source"] == "folder":
        paths = selection.in_folder(located(SPICE["folder"]))
    else:
        paths = selection.on_days(located(SPICE["folder"]), **SPICE["dates"])
    found, refused = selection.rasters(paths, SPICE["filters"])
    return {raster.name: raster for raster in found}, refused


def spice_groups(raster):
    """Names of the groups of windows of a raster: those of the configuration, and every other window alone."""
    count = len(RASTERS[raster].windows)
    joined = [list(group) for group in SPICE["groups"] if max(group) < count]
    alone = [[i] for i in range(count) if not any(i in group for group in joined)]
    return [f"window{'-'.join(map(str, group))}" for group in sorted(joined + alone)]


try:
    SPICE = spice_settings()
    RASTERS, SPICE_REFUSED = spice_rasters()
except InputError as error:
    raise WorkflowError(f"config: {error}")

COMPOSED = bool(SPICE["composition"]["lines"] and (SPICE["composition"]["table"] or SPICE["source"] == "simulated"))


def level2_of(wildcards):
    """The level-2 file of a raster."""
    raster = RASTERS[wildcards.raster]
    return raster.file or f"results/spice/simulated/{raster.name}.fits"


def spice_catalogue():
    """The user's line catalogue; none: the built-in one."""
    return {"catalogue": located(SPICE["catalogue"])} if SPICE["catalogue"] else {}


def spice_table():
    """Contribution functions: the user's table or lines, or those of the simulated raster."""
    given = SPICE["composition"]["table"]
    if not given:
        return "results/spice/simulated/contribution_functions.npz"
    return located(given) if isinstance(given, str) else "results/spice/contribution_functions.npz"


def spice_targets():
    """The products of every raster, and its page."""
    states = {
        "level3": "fits",
        "radiance": "fits",
        "velocity": "fits",
        "report": "html",
    }
    if COMPOSED:
        states["composition"] = "fits"
    return [f"results/spice/{s}/{r}.{end}" for r in RASTERS for s, end in states.items()]


wildcard_constraints:
    raster=r"[\w.+-]+",
    group=r"window\d+(-\d+)*",
