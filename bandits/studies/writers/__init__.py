"""Write runs as Optuna studies, and studies as tables of learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.lazy import lazily

if TYPE_CHECKING:
    from bandits.studies.writers.csv import ImportedCurves, import_study
    from bandits.studies.writers.optuna import export_journal

__all__ = ["ImportedCurves", "export_journal", "import_study"]

_HOMES = {
    "ImportedCurves": "bandits.studies.writers.csv",
    "export_journal": "bandits.studies.writers.optuna",
    "import_study": "bandits.studies.writers.csv",
}

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
