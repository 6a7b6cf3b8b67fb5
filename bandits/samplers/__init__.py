"""Which configuration comes next."""

from bandits.samplers.architectures import ArchitectureSampler
from bandits.samplers.base import Outcome, Sampler
from bandits.samplers.random import RandomSampler
from bandits.samplers.table import TableSampler

__all__ = ["ArchitectureSampler", "Outcome", "RandomSampler", "Sampler", "TableSampler"]
