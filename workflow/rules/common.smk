"""What every rule file needs: the package, digests of the code, names and wildcards. No physics."""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(workflow.basedir) / "scripts"))

from helioreduce.errors import InputError
from helioreduce.provenance import code_digest


wildcard_constraints:
    channel=r"\d{2,4}",
    time=r"\d{8}T\d{6}",
    day=r"\d{8}",


def code(script):
    """Digest of ``scripts/<script>.py`` and the package modules it imports, for ``params``: edited code reruns its rules."""
    return code_digest(Path(workflow.basedir) / "scripts" / f"{script}.py")


def located(path):
    """A path of the configuration: absolute, or relative to the working folder, the calling folder or this repository."""
    tried = [Path(base, path).resolve() for base in (Path.cwd(), os.environ.get("PWD", "."), workflow.basedir)]
    for candidate in tried:
        if candidate.exists():
            return candidate
    listed = ", ".join(dict.fromkeys(map(str, tried)))
    raise WorkflowError(f"config: {path!r} does not exist (looked for {listed}). Give an existing path.")


def plain(value):
    """The configuration with YAML dates (an unquoted 2014-01-01) back as text."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value


config.update(plain(config))
