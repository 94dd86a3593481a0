"""What a scheduler or a person on several computers is given to start a run with."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.config import RunConfig, edit
from studio.services import runs, scheduling
from studio.services.projects import Project
from studio.services.scheduling import Places
from studio.worker.run_folder import RunFolder


@pytest.fixture
def run(project: Project) -> RunFolder:
    return runs.folder(project, runs.make(project, RunConfig()))


def line_of(script: str) -> list[str]:
    """The words of the line that starts torchrun."""
    return shlex.split(next(line for line in script.splitlines() if "torch.distributed.run" in line))


def test_one_computer_needs_no_place_to_meet(run: RunFolder) -> None:
    words = line_of(scheduling.torchrun(run, Places(processes=4)))
    assert sys.executable in words and str(run.paths.folder) in words
    assert words[words.index("--nproc-per-node") + 1] == "4"
    assert "--standalone" in words and "--master-addr" not in words


def test_several_computers_are_told_apart_by_their_number(run: RunFolder) -> None:
    script = scheduling.torchrun(run, Places(nodes=3, processes=2))
    words = line_of(script)
    assert [words[words.index(name) + 1] for name in ("--nnodes", "--node-rank", "--master-addr")] == [
        "3",
        "$NUMBER",
        "$FIRST",
    ]
    assert "--standalone" not in words


@pytest.mark.parametrize("nodes", [1, 2])
def test_both_scripts_are_sound_and_say_how_the_run_is_followed(run: RunFolder, nodes: int, tmp_path: Path) -> None:
    files = scheduling.write_job(run, Places(nodes=nodes, processes=2), tmp_path / "a job")
    for kind, shell in (("slurm", "bash"), ("torchrun", "sh")):
        subprocess.run([shell, "-n", str(files[kind])], check=True)
        assert "studio follow" in files[kind].read_text()


@pytest.mark.parametrize(("number", "said"), [((), "which of the 2 computers"), (("0",), "the first computer")])
def test_a_number_or_name_that_is_left_out_is_asked_for(
    run: RunFolder, number: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    script = scheduling.write_job(run, Places(nodes=2), tmp_path)["torchrun"]
    answer = subprocess.run(["sh", str(script), *number], capture_output=True, text=True)
    assert answer.returncode != 0 and said in answer.stderr


def test_cards_are_asked_of_slurm_unless_the_run_is_for_processors(run: RunFolder) -> None:
    assert "#SBATCH --gpus-per-node=2" in scheduling.slurm(run, Places(processes=2))
    run.paths.config.write_text(edit(RunConfig(), {"train.device": "cpu"}).to_json())
    assert "gpus" not in scheduling.slurm(run, Places(processes=2))
    assert f"#SBATCH --output={run.paths.log}" in scheduling.slurm(run, Places())
