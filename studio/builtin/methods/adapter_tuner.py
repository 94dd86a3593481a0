"""Bottleneck adapters as a tuner of peft's, so that saving, loading, several adapters and switching off are peft's own.

Beside the product that closes a part of a layer stands a narrow passage: y becomes y + up(act(down(y))), in front of
the layer's own shortcut, as Houlsby et al. (2019) have it. The passage begins with nothing (up is zero).

The classes derive from peft's and so can only be made where peft is: `registered` makes them once and tells peft.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

NAME = "studio_adapters"


@cache
def registered() -> Any:
    """The class of the adapters' configuration; peft knows it, their layers and their model from now on."""
    from peft.utils import register_peft_method

    _new_peft_type(NAME.upper())
    config = _config_class()
    register_peft_method(name=NAME, config_cls=config, model_cls=_model_class(_layer_class()))
    return config


def _new_peft_type(name: str) -> None:
    """peft keeps its methods in a closed list of names; this adds one to it."""
    from peft import PeftType

    member = str.__new__(PeftType, name)
    member._name_, member._value_ = name, name
    PeftType._member_map_[name] = member
    PeftType._value2member_map_[name] = member
    PeftType._member_names_.append(name)


def _config_class() -> Any:
    from peft import PeftConfig, PeftType

    @dataclass
    class AdaptersConfig(PeftConfig):
        """`width` numbers pass through each adapter; `target_modules` are the products they stand behind."""

        width: int = field(default=32)
        target_modules: list[str] | str | None = field(default=None)
        exclude_modules: list[str] | str | None = field(default=None)
        modules_to_save: list[str] | None = field(default=None)

        def __post_init__(self) -> None:
            super().__post_init__()
            self.peft_type = PeftType(NAME.upper())
            if isinstance(self.target_modules, list):
                self.target_modules = set(self.target_modules)  # type: ignore[assignment]

    return AdaptersConfig


def _layer_class() -> Any:
    import torch
    from peft.tuners.tuners_utils import BaseTunerLayer

    class AdapterLayer(torch.nn.Module, BaseTunerLayer):
        """A product with adapters behind it, each by its name."""

        adapter_layer_names = (f"{NAME}_down", f"{NAME}_up")
        other_param_names = (f"{NAME}_width",)

        def __init__(self, base_layer: Any, adapter_name: str, config: Any) -> None:
            super().__init__()
            self.base_layer = base_layer
            self.studio_adapters_down = torch.nn.ModuleDict()
            self.studio_adapters_up = torch.nn.ModuleDict()
            self.studio_adapters_width: dict[str, int] = {}
            self._disable_adapters = False
            self.merged_adapters = []
            self.update_layer(adapter_name, config)

        def update_layer(self, adapter_name: str, config: Any) -> None:
            """Put a new adapter behind the product; it changes nothing yet."""
            outputs = _outputs(self.get_base_layer())
            down, up = torch.nn.Linear(outputs, config.width), torch.nn.Linear(config.width, outputs)
            torch.nn.init.normal_(down.weight, std=outputs**-0.5)
            for start_at_zero in (down.bias, up.weight, up.bias):
                torch.nn.init.zeros_(start_at_zero)
            self.studio_adapters_width[adapter_name] = config.width
            self.studio_adapters_down[adapter_name], self.studio_adapters_up[adapter_name] = down, up
            self._move_adapter_to_device_of_base_layer(adapter_name)
            self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

        def forward(self, x: Any, *arguments: Any, **named: Any) -> Any:
            """The product, through each adapter that is switched on."""
            y = self.base_layer(x, *arguments, **named)
            if self.disable_adapters:
                return y
            for name in self.active_adapters:
                if name in self.studio_adapters_down:
                    down, up = self.studio_adapters_down[name], self.studio_adapters_up[name]
                    inside = torch.nn.functional.gelu(down(y.to(down.weight.dtype)))
                    y = y + up(inside).to(y.dtype)
            return y

    return AdapterLayer


def _model_class(layer: Any) -> Any:
    from peft.tuners.tuners_utils import BaseTuner

    class AdaptersModel(BaseTuner):
        """A model with adapters behind the products that the configuration names."""

        prefix = f"{NAME}_"
        tuner_layer_cls = layer
        target_module_mapping: dict[str, list[str]] = {}  # noqa: RUF012 - peft's own declaration

        def _create_and_replace(
            self, peft_config: Any, adapter_name: str, target: Any, target_name: str, parent: Any, **_: Any
        ) -> None:
            if isinstance(target, layer):
                target.update_layer(adapter_name, peft_config)
                return
            made = layer(target, adapter_name, peft_config)
            if adapter_name not in self.active_adapters:
                made.requires_grad_(False)
            self._replace_module(parent, target_name, made, target)

    return AdaptersModel


def _outputs(part: Any) -> int:
    """How many numbers a product gives (GPT-2 calls them nf)."""
    return part.nf if hasattr(part, "nf") else part.out_features
