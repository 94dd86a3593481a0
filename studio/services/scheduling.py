"""A run handed to a scheduler or to torchrun: the same folder, started by somebody else on one computer or many."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from studio.core.files import write_whole
from studio.core.paths import program_root
from studio.services.facts import Fact
from studio.worker.run_folder import RunFolder

PORT = 29500
ENVIRONMENT = (
    f"PYTHONPATH={shlex.quote(str(program_root()))}",
    "HF_HUB_OFFLINE=1",
    "TRANSFORMERS_OFFLINE=1",
    "TOKENIZERS_PARALLELISM=false",
    "OMP_WAIT_POLICY=PASSIVE",
)


class Places(Fact):
    """On how many computers, and with how many processes on each (one per graphics card)."""

    nodes: int = 1
    processes: int = 1


def write_job(run: RunFolder, places: Places, out: Path) -> dict[str, Path]:
    """Write a Slurm script and the plain torchrun lines for a run whose folder every computer sees."""
    out.mkdir(parents=True, exist_ok=True)
    files = {"slurm": out / f"{run.paths.folder.name}.slurm", "torchrun": out / f"{run.paths.folder.name}.sh"}
    write_whole(files["slurm"], slurm(run, places).encode())
    write_whole(files["torchrun"], torchrun(run, places).encode())
    return files


def slurm(run: RunFolder, places: Places) -> str:
    """The batch script. Sent again after the time is up, it goes on from the last save point."""
    folder = run.paths.folder
    name = f"studio-{folder.parents[1].name}-{folder.name}".replace(" ", "-")
    cards = [f"#SBATCH --gpus-per-node={places.processes}"] if run.config().train.device != "cpu" else []
    meet = '--node-rank "$SLURM_NODEID" --master-addr "$HEAD" --master-port "$PORT"' if places.nodes > 1 else ""
    return "\n".join(
        [
            "#!/bin/bash",
            f"#SBATCH --job-name={name}",
            f"#SBATCH --nodes={places.nodes}",
            "#SBATCH --ntasks-per-node=1",
            *cards,
            f"#SBATCH --output={shlex.quote(str(run.paths.log))}",
            "#SBATCH --open-mode=append",
            "# Add the partition, the account and the time of your cluster here. Send the script again when the time",
            f"# is up: the run goes on from its last save point. To follow it: {_follow(folder)}",
            "",
            'HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
            "PORT=$((20000 + SLURM_JOB_ID % 20000))",
            "export HEAD PORT",
            f"srun bash -c {shlex.quote(_torchrun(run, places, meet))}",
            "",
        ]
    )


def torchrun(run: RunFolder, places: Places) -> str:
    """A script that is started by hand, on each computer."""
    folder = run.paths.folder
    several = places.nodes > 1
    how = (
        [
            f"# Training {folder.name} on {places.nodes} computers, which all see its folder under the same path.",
            f"# On each of them: sh {folder.name}.sh NUMBER FIRST",
            "# NUMBER counts the computers from 0; FIRST is the name or the address of the computer with number 0.",
            f"NUMBER=${{1:?which of the {places.nodes} computers is this, counted from 0}}",
            "FIRST=${2:?the name or the address of the first computer}",
        ]
        if several
        else [f"# Training {folder.name}."]
    )
    meet = f'--node-rank "$NUMBER" --master-addr "$FIRST" --master-port {PORT}' if several else ""
    return "\n".join(
        [
            "#!/bin/sh",
            *how,
            f"# What it says goes into the run's log. To follow it: {_follow(folder)}",
            f"{_torchrun(run, places, meet)} >>{shlex.quote(str(run.paths.log))} 2>&1",
            "",
        ]
    )


def _follow(folder: Path) -> str:
    return f"studio follow {shlex.quote(str(folder.parents[1]))} {folder.name}"


def _torchrun(run: RunFolder, places: Places, meet: str) -> str:
    """One computer's line. `meet` says where the computers meet; one alone finds a free port by itself."""
    return " ".join(
        [
            *ENVIRONMENT,
            shlex.quote(sys.executable),
            "-P -s -m torch.distributed.run",
            f"--nnodes {places.nodes} --nproc-per-node {places.processes}",
            meet or "--standalone",
            "-m studio.worker",
            shlex.quote(str(run.paths.folder)),
        ]
    )
