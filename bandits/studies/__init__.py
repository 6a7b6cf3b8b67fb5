"""Studies from any source: journals, tables, Optuna studies, exports of other tools."""

from bandits.studies.optuna_history import history_of
from bandits.studies.sources import read_studies, read_study
from bandits.studies.study import Reports, Study, StudyTrial
from bandits.studies.study_curves import StudyCurves, read_curves
from bandits.studies.warm_start import earlier_curves

__all__ = [
    "Reports",
    "Study",
    "StudyCurves",
    "StudyTrial",
    "earlier_curves",
    "history_of",
    "read_curves",
    "read_studies",
    "read_study",
]
