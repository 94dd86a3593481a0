"""AdaLoRA: additions whose room is shared out while they train (Zhang et al., 2023).

The first tenth of the steps only watches, the last quarter only learns with the room that is then fixed. The paper's
pull toward perpendicular directions is left out: it belongs to the loss, which is the objective's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .family import Family, opened

NAME = "default"


class Shrinking(Family):
    """Additions that are cut back after each step, by how much each direction helps."""

    def after_step(self, model: Any, step: int, steps: int) -> None:
        config = model.peft_config[NAME]
        if config.target_r >= config.init_r:
            return
        config.total_step, config.tinit, config.tfinal = steps, steps // 10, steps // 4
        config.deltaT = max(1, steps // 100)
        model.base_model.update_and_allocate(step)

    def memory(self, model: Any) -> Mapping[str, Any]:
        """How much each weight has helped so far, and which directions are left."""
        import torch

        allocator, pattern = model.base_model.rankallocator, model.peft_config[NAME].rank_pattern or {}
        return {
            **{f"helps:{name}": value for name, value in allocator.exp_avg_ipt.items()},
            **{f"wavers:{name}": value for name, value in allocator.exp_avg_unc.items()},
            **{f"left:{name}": torch.tensor(kept) for name, kept in pattern.items()},
        }

    def recall(self, model: Any, memory: Mapping[str, Any]) -> None:
        import torch

        allocator, pattern = model.base_model.rankallocator, {}
        for key, value in memory.items():
            what, _, name = key.partition(":")
            if what == "left":
                pattern[name] = value.tolist()
                continue
            kept = allocator.exp_avg_ipt if what == "helps" else allocator.exp_avg_unc
            kept[name] = value.clone()
            allocator.ipt.setdefault(name, torch.zeros_like(value))
        model.peft_config[NAME].rank_pattern = pattern or None

    def load(self, model: Any, folder: Path) -> Any:
        """As one that could be trained on, for peft's AdaLoRA can't even run as one that can't."""
        return opened(model, folder, learns=True).requires_grad_(False).eval()

    def save(self, model: Any, folder: Path) -> None:
        """All directions are written, those taken away as zeros: the kept weights may be of an earlier step than the
        pattern of what is left."""
        config = model.peft_config[NAME]
        pattern, config.rank_pattern = config.rank_pattern, None
        super().save(model, folder)
        config.rank_pattern = pattern
