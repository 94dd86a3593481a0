"""A run handed to a scheduler or to torchrun: the same folder, started by somebody else on one computer or many."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from studio.core.files import write_whole
from studio.services.facts import Fact
from studio.worker.run_folder import RunFolder

PORT = 29500


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
    launch = _torchrun(run, places, "$SLURM_NODEID", "$HEAD")
    return "\n".join(
        [
            "#!/bin/bash",
            f"#SBATCH --job-name={name}",
            f"#SBATCH --nodes={places.nodes}",
            "#SBATCH --ntasks-per-node=1",
            f"#SBATCH --gpus-per-node={places.processes}",
            f"#SBATCH --output={shlex.quote(str(folder / 'slurm-%j.txt'))}",
            "# Add the partition, the account and the time of your cluster here. Send the script again when the time",
            "# is up: the run goes on from its last save point.",
            "",
            'HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
            "export HEAD",
            f"srun bash -c {shlex.quote(launch)}",
            "",
        ]
    )


def torchrun(run: RunFolder, places: Places) -> str:
    """One line for each computer, to be started by hand."""
    head = "FIRST_COMPUTER" if places.nodes > 1 else "127.0.0.1"
    lines = [
        "#!/bin/sh",
        f"# Training {run.paths.folder.name}. Every computer must see its folder under the same path.",
    ]
    for node in range(places.nodes):
        if places.nodes > 1:
            lines.append(
                f"# On computer {node + 1}" + (f" (put its name for {head} everywhere):" if node == 0 else ":")
            )
        line = _torchrun(run, places, str(node), head)
        lines.append(line if node == 0 else f"# {line}")
    return "\n".join([*lines, ""])


def _torchrun(run: RunFolder, places: Places, node: str, head: str) -> str:
    return " ".join(
        [
            "HF_HUB_OFFLINE=1",
            shlex.quote(sys.executable),
            "-P -s -m torch.distributed.run",
            f"--nnodes {places.nodes} --nproc-per-node {places.processes}",
            f"--node-rank {node} --master-addr {head} --master-port {PORT}",
            "-m studio.worker",
            shlex.quote(str(run.paths.folder)),
        ]
    )
