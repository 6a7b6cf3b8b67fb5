"""Schedulers decide which arm trains next, and how far: ask/tell machines, one file for each algorithm."""

from bandits.schedulers.asha import ASHA
from bandits.schedulers.base import (
    Arm,
    BracketReport,
    Change,
    Done,
    Failed,
    Job,
    Measured,
    RungReport,
    Scheduler,
    Wait,
)
from bandits.schedulers.dehb import DEHB
from bandits.schedulers.freeze_thaw import FreezeThaw
from bandits.schedulers.hyperband import Hyperband, SuccessiveHalving
from bandits.schedulers.lifecycle import State
from bandits.schedulers.median_rule import MedianRule
from bandits.schedulers.metaqnn import MetaQNN
from bandits.schedulers.pasha import PASHA
from bandits.schedulers.population import Parents
from bandits.schedulers.random_search import RandomSearch
from bandits.schedulers.top_k import TopK

__all__ = [
    "ASHA",
    "DEHB",
    "PASHA",
    "Arm",
    "BracketReport",
    "Change",
    "Done",
    "Failed",
    "FreezeThaw",
    "Hyperband",
    "Job",
    "Measured",
    "MedianRule",
    "MetaQNN",
    "Parents",
    "RandomSearch",
    "RungReport",
    "Scheduler",
    "State",
    "SuccessiveHalving",
    "TopK",
    "Wait",
]
