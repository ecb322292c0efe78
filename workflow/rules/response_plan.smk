"""AIA responses: inputs and names of files."""

RESPONSE = aia.settings["response"]
SOLARSOFT = {  # kind: the files of it in a folder of SolarSoft's response files, newest version last
    "instrument": ("aia_V*_all_fullinst.genx", "aia_V*_fuv_fullinst.genx"),
    "emissivity": ("aia_V*_fullemiss.genx",),
}


def response_files(kind):
    """The files of the instrument or of the emissivity: configured, the user's folder's, the embedded archive's; else none."""
    setting = RESPONSE[kind]
    if setting != "auto":
        return [str(located(path)) for path in ([setting] if isinstance(setting, str) else setting)]
    if aia.source.is_archive:
        return [f"results/archive/{kind}.ecsv"]
    folder = aia.tables.folder
    newest = [sorted(folder.glob(pattern))[-1:] for pattern in SOLARSOFT[kind]] if folder else []
    return [str(file) for files in newest for file in files]


def response_settings():
    """What the responses are made with."""
    return {
        "version": aia.tables.version,
        "eve": RESPONSE["eve"],
        "crosstalk": RESPONSE["crosstalk"],
    }
