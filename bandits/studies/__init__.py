"""Curves of earlier studies, wherever they were kept: journals, tables, Optuna studies, exports of other tools."""

from bandits.studies.sources import read_studies, read_study
from bandits.studies.study import EarlierStudy, EarlierTrial
from bandits.studies.warm_start import earlier_curves

__all__ = ["EarlierStudy", "EarlierTrial", "earlier_curves", "read_studies", "read_study"]
