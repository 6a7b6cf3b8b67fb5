"""Curves of earlier studies, wherever they were kept: journals, tables, Optuna studies, exports of other tools."""

from bandits.earlier.sources import read_studies, read_study
from bandits.earlier.studies import EarlierStudy, EarlierTrial
from bandits.earlier.warm_start import earlier_curves

__all__ = ["EarlierStudy", "EarlierTrial", "earlier_curves", "read_studies", "read_study"]
