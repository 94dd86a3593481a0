"""The one module a plugin imports.

A plugin is a class of one of the six kinds below: Reader, Cleaner, Objective, Method, Metric, Exporter. It
describes itself (id, title, summary, explanation), declares its settings as a pydantic model, and does one thing.
The plugins that ship with the studio use this same door.
Torch is imported inside functions only, because the window describes plugins and must stay small.
"""

from __future__ import annotations

from studio.api.changing import Joining, LayerState, Method, Picture
from studio.api.learning import Batch, Encoder, Example, Head, Message, Objective, Scorer, Text, Token, Vocabulary
from studio.api.measuring import Metric, Prediction
from studio.api.plugin import NoSettings, Plugin
from studio.api.reading import Aside, Cleaner, Column, Dropped, Kept, Reader, ReadOptions, Record, Role, Row, Sniffed
from studio.api.sharing import Exporter, Trained
from studio.core import anatomy, modules
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem, StudioError
from studio.core.settings import SettingField, Settings, fields_of, setting

__all__ = [
    "Aside",
    "Batch",
    "Cleaner",
    "Column",
    "Device",
    "Dropped",
    "Encoder",
    "Example",
    "Exporter",
    "Head",
    "Joining",
    "Kept",
    "LayerState",
    "Message",
    "Method",
    "Metric",
    "ModelInfo",
    "NoSettings",
    "Objective",
    "Picture",
    "Plugin",
    "Prediction",
    "Problem",
    "ReadOptions",
    "Reader",
    "Record",
    "Role",
    "Row",
    "Scorer",
    "SettingField",
    "Settings",
    "Sniffed",
    "StudioError",
    "Text",
    "Token",
    "Trained",
    "Vocabulary",
    "anatomy",
    "fields_of",
    "modules",
    "setting",
]  # fmt: skip
