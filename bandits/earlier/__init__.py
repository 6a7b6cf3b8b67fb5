"""Curves of earlier studies: what a journal, a table or an Optuna study gives a new one to start with."""

from bandits.earlier.sources import read_study
from bandits.earlier.studies import EarlierStudy
from bandits.earlier.warm_start import earlier_curves

__all__ = ["EarlierStudy", "earlier_curves", "read_study"]
