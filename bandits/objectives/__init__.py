"""Objectives: they train or replay configurations. Those that train networks are loaded when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.lazy import lazily
from bandits.objectives.base import Measurement, Objective, WorkerSite
from bandits.objectives.curve_files.shipped_tables import SHIPPED_TABLES, shipped_titles
from bandits.objectives.curve_files.table_report import TableReport
from bandits.objectives.curve_table import CurveTable
from bandits.objectives.function import FunctionObjective, objective

if TYPE_CHECKING:
    from bandits.objectives.cnn import CNNObjective
    from bandits.objectives.lstm import LSTMObjective

__all__ = [
    "SHIPPED_TABLES",
    "CNNObjective",
    "CurveTable",
    "FunctionObjective",
    "LSTMObjective",
    "Measurement",
    "Objective",
    "TableReport",
    "WorkerSite",
    "objective",
    "shipped_titles",
]

_HOMES = {"CNNObjective": "bandits.objectives.cnn", "LSTMObjective": "bandits.objectives.lstm"}

__getattr__ = lazily(__name__, _HOMES)
