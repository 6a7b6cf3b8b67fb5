"""Who trains next, and how far: ask/tell machines, one algorithm a file."""

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
from bandits.schedulers.hyperband import Hyperband, SuccessiveHalving
from bandits.schedulers.lifecycle import State
from bandits.schedulers.random_search import RandomSearch

__all__ = [
    "ASHA",
    "Arm",
    "BracketReport",
    "Change",
    "Done",
    "Failed",
    "Hyperband",
    "Job",
    "Measured",
    "RandomSearch",
    "RungReport",
    "Scheduler",
    "State",
    "SuccessiveHalving",
    "Wait",
]
