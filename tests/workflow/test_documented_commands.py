"""Every command in README and docs is one that exists, and runs in a fresh clone with the environment of ``make demo`` alone.

``pytest tests/workflow/test_documented_commands.py -vv --durations=0`` lists each with its time.
"""

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from external import Server
from level1_cases import HEADER
from values_products import degradation, solarsoft

from helioreduce.aia.channels import CAMERA
from helioreduce.sun import calibration

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((REPOSITORY / "docs").rglob("*.md"))
FENCED = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
#: The page whose commands are typed with the settings that stand on it.
CAMPAIGN = "docs/how_to/campaign.md"
#: What is scaled down: an hour to four images of a channel, a cluster to this machine.
SCALED = {
    "end: '2014-01-01T01:00:00', cadence_s: 60": "end: '2014-01-01T00:03:00', cadence_s: 60",
    "end: '2014-01-01T01:00:00', cadence_s: 720": "end: '2014-01-01T00:12:00', cadence_s: 720",
    "end: '2014-01-01T01:00:00', where": "end: '2014-01-01T00:00:36', where",
    "--cores 16": "--cores 2",
    "--cores 4": "--cores 2",
    "helioreduce run": "helioreduce run --config 'archive={npix: 256}'",
    "--workflow-profile profiles/slurm": "--workflow-profile profiles/slurm --executor local --cores 2",
}
#: What stands for something of the reader's own, in the folder of the clone.
READERS = {
    "YOUR_ADDRESS": "reader@localhost",
    "/data/me/flare": "../me",
    "/opt/helioreduce": "../helioreduce",
    "archive serve FOLDER": "archive serve results/archive",
    "solo_L2_spice-n-ras_….fits": "results/spice/simulated/*_synthetic.fits",
}
#: Commands that need more than `make demo` installs or a server elsewhere: where else they are tested.
ELSEWHERE = {
    "make (test|check|docs|lint)": "in .ci/run, with their own environments",
    "make real": "tests/project/test_real_data.py: it downloads",
    "pytest ": "in make check, with the tests' environment",
    "python tests/benchmarks/": "in make bench, with the tests' environment",
    ".*--sdm conda": "tests/project/test_environments.py: it needs conda",
    ".*fiasco|helioreduce spice contributions": "tests/spice/test_chianti.py: it needs fiasco and CHIANTI",
    "helioreduce tables --source jsoc": "tests/command/test_command.py: it asks Stanford",
}
#: Commands that serve until they are stopped.
SERVE = ("helioreduce archive serve",)


def commands():
    """(command, page) of every line of every fenced block, each command once; `cd` belongs to the line after it."""
    found = {}
    for page in PAGES:
        for block in FENCED.findall(page.read_text()):
            before = ""
            for line in (line.partition("  #")[0].strip() for line in block.splitlines()):
                if line.startswith("cd "):
                    before = f"{line} && "
                elif line and not line.startswith("#"):
                    found.setdefault(before + line, page)
    return {line: page.relative_to(REPOSITORY).as_posix() for line, page in found.items()}


COMMANDS = commands()


def elsewhere(line):
    """Where else a command is tested, or None."""
    return next((where for pattern, where in ELSEWHERE.items() if re.match(pattern, line)), None)


WALKED = [line for line in COMMANDS if not elsewhere(line)]


def test_every_command_is_of_a_known_kind():
    known = {"make", "snakemake", "source", "cd", "pytest", "helioreduce", "python", "pip"}
    assert not {line: page for line, page in COMMANDS.items() if shlex.split(line)[0] not in known}


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    assert {line.split()[1] for line in COMMANDS if line.startswith("make ")} <= targets


def test_every_path_of_a_test_exists():
    paths = [word for line in COMMANDS for word in line.split() if word.startswith("tests/")]
    paths += [path for where in ELSEWHERE.values() for path in re.findall(r"tests/[\w/]+\.py", where)]
    assert paths and all((REPOSITORY / path).exists() for path in paths)


def test_what_is_scaled_down_or_replaced_is_written_somewhere():
    text = "\n".join(COMMANDS)
    assert all(word in text for word in (*SCALED, *READERS, *SERVE))
    assert all(any(re.match(pattern, line) for line in COMMANDS) for pattern in ELSEWHERE if pattern != "make real")


def own_files(folder):
    """Write a reader's own files: cut-outs of two channels and two times, tables, a script that runs SAFFRON."""
    rng = np.random.default_rng(1)
    (folder / "my_level1").mkdir()
    for channel, second in itertools.product((171, 193), (1, 13)):
        header = fits.Header(HEADER)
        header.update(WAVELNTH=channel, INSTRUME=f"AIA_{CAMERA[channel]}", CAMERA=CAMERA[channel])
        header["T_REC"] = header["T_OBS"] = f"2014-01-01T00:00:{second:02d}"
        data = rng.poisson(300, (64, 64)).astype(np.int16)
        fits.PrimaryHDU(data, header).writeto(folder / "my_level1" / f"{channel}_{second}.fits")
    degradation(10, folder / "my_tables/aia_V10_own_response_table.txt")
    solarsoft(calibration.error_records(), folder / "my_tables/aia_V3_own_error_table.txt")
    (folder / "my_saffron.py").write_text("m.fuse_windows([0, 2])\n")


class Clone:
    """A fresh clone, in which a reader types."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", REPOSITORY, folder], check=True)
        (folder.parent / "me").mkdir()
        own_files(folder)

    def configure(self, page):
        """Make the simulated detector small; take the settings that stand on the page of a campaign, but for its length."""
        text = subprocess.run(
            ["git", "show", "HEAD:config.yaml"], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.replace("  npix: 4096             #", "  npix: 256              #")
        if page == CAMPAIGN:
            text = re.search(r"```yaml\n(.*?)```", (REPOSITORY / page).read_text(), re.S)[1] + "archive: {npix: 256}\n"
            text = text.replace("source: jsoc", "source: archive").replace("2014-12-31T23:59:59", "2014-01-01T00:12:00")
        assert "npix: 256" in text
        (self.folder / "config.yaml").write_text(text)

    def line(self, line):
        """Return a line as it is typed here: scaled down, with this reader's files, in the environment if it is there."""
        for word, here in {**SCALED, **READERS}.items():
            line = line.replace(word, here)
        if not line.startswith("make "):
            line = f"source .venv/bin/activate && {line}"
        return line

    def start(self, line):
        """Start a line in bash."""
        inherited = ("PYTHONPATH", "VIRTUAL_ENV", "SOURCE_DATE_EPOCH")
        environment = {key: value for key, value in os.environ.items() if key not in inherited}
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        said["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
        return subprocess.Popen(["bash", "-c", line], cwd=self.folder, env={**environment, "PWD": str(self.folder)}, **said)


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A clone of what is committed."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("no Git repository to clone")
    return Clone(tmp_path_factory.mktemp("walk") / "helioreduce")


@pytest.fixture
def served(clone):
    """Run the archive of the clone in JSOC's place for the time of a command: an address."""
    with Server(clone.folder / "results/archive", clone.folder / "requests.jsonl") as server:
        yield server.url


@pytest.mark.full
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("line", [pytest.param(line, id=line) for line in WALKED])
def test_a_documented_command_ends_well(line, clone, request):
    clone.configure(COMMANDS[line])
    typed = clone.line(line)
    if "source=jsoc" in line:
        typed = typed.replace('jsoc="{', f"jsoc=\"{{url: '{request.getfixturevalue('served')}', ")
    if "directory: flare" in typed and not (flare := clone.folder / "flare").exists():
        real = request.getfixturevalue("real")
        shutil.copytree(real / "aia/tables", clone.folder / "tables")
        shutil.copytree(real / "aia/flare", flare)
    process = clone.start(typed)
    if line.startswith(SERVE):
        assert "http://" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) in (0, 130)
        return
    said, _ = process.communicate()
    assert process.returncode == 0, f"{typed}\n{said[-6000:]}"
