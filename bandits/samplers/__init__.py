"""Samplers choose the next configuration."""

from bandits.samplers.architectures import ArchitectureSampler
from bandits.samplers.base import Outcome, Sampler
from bandits.samplers.differential_evolution import DifferentialEvolution
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.samplers.optuna import OptunaSampler
from bandits.samplers.q_learning import QLearning, StageReport
from bandits.samplers.random import RandomSampler
from bandits.samplers.table import TableSampler

__all__ = [
    "ArchitectureSampler",
    "DifferentialEvolution",
    "EpsilonSchedule",
    "OptunaSampler",
    "Outcome",
    "QLearning",
    "RandomSampler",
    "Sampler",
    "StageReport",
    "TableSampler",
]
