"""What is trained or replayed."""

from bandits.objectives.base import Measurement, Objective, Site
from bandits.objectives.curve_table import CurveTable
from bandits.objectives.function import FunctionObjective, objective
from bandits.objectives.shipped_tables import SHIPPED_TABLES, shipped_titles
from bandits.objectives.table_report import TableReport

__all__ = [
    "SHIPPED_TABLES",
    "CurveTable",
    "FunctionObjective",
    "Measurement",
    "Objective",
    "Site",
    "TableReport",
    "objective",
    "shipped_titles",
]
