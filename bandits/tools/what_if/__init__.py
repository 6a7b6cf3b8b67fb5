"""What early stopping would have saved in a finished search: its trials are replayed under the pruner."""

from bandits.tools.what_if.replay import Dropped, Replay
from bandits.tools.what_if.results import WhatIf
from bandits.tools.what_if.settings import Settings
from bandits.tools.what_if.trials import PastTrial
from bandits.tools.what_if.what_if import what_if

__all__ = ["Dropped", "PastTrial", "Replay", "Settings", "WhatIf", "what_if"]
