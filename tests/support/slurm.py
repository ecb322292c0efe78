"""A private SLURM on the loopback interface: munged, slurmctld and two slurmd, one with a pretended GPU.

Debian's packages: munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins. Runs as root, without cgroups and without
accounting. Everything is in one folder, so that several can live side by side and a machine's own SLURM is left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
SRUN = """\
#!/bin/sh
# Jobs drop SLURM_* before their inner srun, and with it the place of the configuration.
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
SlurmctldPort={port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
PropagateResourceLimits=NONE
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
MinJobAge=300
KillWait=2
SchedulerParameters=batch_sched_delay=0,bf_interval=1
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
NodeName=c1 NodeHostname={host} NodeAddr=127.0.0.1 Port={c1} CPUs=8 RealMemory=32000 State=UNKNOWN
NodeName=g1 NodeHostname={host} NodeAddr=127.0.0.1 Port={g1} CPUs=4 RealMemory=16000 Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=c1 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=g1 MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=c1 PriorityTier=10 MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no SLURM here; empty if there can."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if absent:
        return f"SLURM is not installed ({', '.join(absent)} missing)"
    return "" if os.geteuid() == 0 else "a private SLURM needs root"


class Cluster:
    """The daemons, from :meth:`start` to :meth:`stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{PATH}",
            "SLURM_CONF": str(folder / "slurm.conf"),
        }

    def start(self) -> None:
        """Start everything and wait until the nodes are idle."""
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        names = {"socket": "munge.sock", "pid-file": "munged.pid", "log-file": "munged.log", "seed-file": "munge.seed"}
        self._do("munged", "--force", f"--key-file={key}", *(f"--{n}={self.folder / file}" for n, file in names.items()))
        (self.folder / "gres.conf").write_text("NodeName=g1 Name=gpu File=/dev/null\n")
        port, c1, g1 = _free_ports(3)
        text = CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=self.folder, port=port, c1=c1, g1=g1)
        (self.folder / "slurm.conf").write_text(text)
        srun = self.folder / "bin" / "srun"
        srun.write_text(SRUN.format(folder=self.folder, srun=shutil.which("srun", path=PATH)))
        srun.chmod(0o755)
        self._do("slurmctld")
        self._wait(lambda: "UP" in self.ask("scontrol", "ping"))
        for node in ("c1", "g1"):
            self.start_node(node)
        self._wait(lambda: set(self.ask("sinfo", "-h", "-N", "-o", "%T").split()) == {"idle"})

    def start_node(self, node: str) -> None:
        """Start the daemon of one node."""
        self._do("slurmd", "-N", node)

    def kill_node(self, node: str) -> None:
        """Kill the daemon of one node, as a crash would."""
        os.kill(int((self.folder / f"slurmd.{node}.pid").read_text()), signal.SIGKILL)

    def ask(self, *command: str) -> str:
        """What one of SLURM's commands prints."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20, check=False).stdout

    def stop(self) -> None:
        """Cancel what runs and stop the daemons, each by its own pid file."""
        self.ask("scancel", "--full", "--user=root")
        for name in ("slurmctld", "slurmd.c1", "slurmd.g1", "munged"):
            file = self.folder / f"{name}.pid"
            if file.exists():
                _end(int(file.read_text()))

    def _do(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=20, check=True)

    def _wait(self, ready: object, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not ready():  # type: ignore[operator]
            if time.monotonic() > end:
                raise TimeoutError(f"SLURM did not come up: read the logs in {self.folder}")
            time.sleep(0.1)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _end(pid: int) -> None:
    """Ask a process to end, and wait until it has."""
    try:
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
