"""A Slurm cluster of two nodes on this machine, with all its files in one folder: for tests, and gone after them."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "squeue", "scancel", "srun")
PATHS = (os.environ.get("PATH", ""), "/usr/sbin", "/sbin")
NODES = ("n1", "n2")
CONF = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
MpiDefault=none
ReturnToService=2
KillWait=10
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cpus}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={cpus}
PartitionName=main Nodes=ALL Default=YES OverSubscribe=EXCLUSIVE State=UP
"""


def missing() -> str:
    """Why there can be no cluster here; "" if there can."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=os.pathsep.join(PATHS))]
    return f"Slurm is not installed: {', '.join(absent)} missing (apt-get install slurm-wlm munge)" if absent else ""


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def asked(*words: str) -> str:
    """What a command of Slurm prints."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """The cluster; its commands find it through ``SLURM_CONF``, which is set meanwhile. The folder is its own.

    Raises:
        OSError: it does not start; the text has the end of its logs.
    """
    folder.mkdir(mode=0o755, parents=True)
    (folder / "state").mkdir()
    facts = {"host": socket.gethostname().split(".")[0], "user": getpass.getuser(), "folder": folder}
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(**facts, ports=[_port() for _ in range(3)], cpus=os.cpu_count()))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    files = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
    files |= {"seed-file": "munged.seed"}
    munged = ["munged", "--foreground", "--force", *(f"--{name}={folder / file}" for name, file in files.items())]
    before = {name: os.environ.get(name) for name in ("SLURM_CONF", "PATH")}
    os.environ |= {"SLURM_CONF": str(conf), "PATH": os.pathsep.join(PATHS)}
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        for words in (munged, ["slurmctld", "-D"], *(["slurmd", "-D", "-N", node] for node in NODES)):
            with (folder / f"{words[0]}.out").open("ab") as out:
                daemons.append(subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL))
            time.sleep(1)
        _wait_for_nodes(folder)
        yield folder
    finally:
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            asked("scancel", "--user", getpass.getuser())
            time.sleep(2)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _wait_for_nodes(folder: Path) -> None:
    for _ in range(60):
        with contextlib.suppress(subprocess.SubprocessError):
            if asked("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * len(NODES):
                return
        time.sleep(1)
    logs = [path.read_text(errors="replace")[-1000:] for path in (*folder.glob("*.log"), *folder.glob("*.out"))]
    raise OSError("the cluster does not start:\n" + "\n".join(logs))
