"""Real AIA cut-outs of a flare with real calibration tables, for a machine without an account: ``make real``.

    python workflow/real_data.py FOLDER

The tests look there too.

The files are in source distributions of other packages. pip downloads them from the registry that it is set up for and
verifies them (SHA-256 in ``real_data.yaml``). FOLDER becomes a working folder: images, tables, and a ``config.yaml``.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import yaml

SOURCES = Path(__file__).with_suffix(".yaml")
SETTINGS = """\
# Cut-outs of the X2.2 flare of 2011-02-15 in six channels.
source: local
local: {directory: aia/flare, tables: aia/tables}
"""
PIP = ("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20", "--no-deps")
OPTIONS = ("--no-binary", ":all:", "--ignore-requires-python", "--require-hashes")


def download(package: str, sha256: str, below: Path) -> Path:
    """Return the source distribution of a package, downloaded into a folder of its own and verified."""
    folder = below / package
    folder.mkdir()
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package} --hash=sha256:{sha256}\n")
    command = [sys.executable, *PIP, *OPTIONS, "--dest", str(folder), "--requirement", str(wanted)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        reason = (finished.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SystemExit(
            f"{package} cannot be downloaded: {reason}\nThis needs a Python package registry; nothing has been kept."
        )
    return next(folder.glob("*.tar.gz"))


def unpack(archive: Path, members: dict[str, str], folder: Path) -> int:
    """Write the members of an archive that match into their folders; return how many there are."""
    count = 0
    with tarfile.open(archive) as opened:
        for member in opened:
            for pattern, place in members.items():
                if member.isfile() and fnmatch(member.name, pattern) and (content := opened.extractfile(member)):
                    target = folder / place / (PurePosixPath(member.name).name if place.endswith("/") else "")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())
                    count += 1
    return count


def main(folder: Path) -> None:
    """Fill a working folder, all of it or nothing."""
    if (folder / "config.yaml").exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        made = Path(name, "made")
        made.mkdir()
        sources = yaml.safe_load(SOURCES.read_text())
        print(f"Downloading {', '.join(source['package'] for source in sources)} ...", flush=True)
        with ThreadPoolExecutor(len(sources)) as pool:
            archives = list(pool.map(lambda source: download(source["package"], source["sha256"], Path(name)), sources))
        for source, archive in zip(sources, archives, strict=True):
            if not unpack(archive, source["members"], made):
                sys.exit(f"{source['package']} lacks {', '.join(source['members'])}; nothing has been kept.")
        (made / "config.yaml").write_text(SETTINGS)
        made.rename(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
