"""What early stopping would have saved: a search that is over, trial by trial, under the pruner's eyes."""

from bandits.tools.what_if.replay import Dropped, Replay
from bandits.tools.what_if.results import WhatIf
from bandits.tools.what_if.settings import Settings
from bandits.tools.what_if.trials import PastTrial
from bandits.tools.what_if.what_if import what_if

__all__ = ["Dropped", "PastTrial", "Replay", "Settings", "WhatIf", "what_if"]
