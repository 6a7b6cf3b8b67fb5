"""Early stopping by forecasts inside an Optuna study: `PredictivePruner`."""

from bandits.integrations.optuna.pruner import PredictivePruner
from bandits.integrations.optuna.pruning_warning import PruningWarning

__all__ = ["PredictivePruner", "PruningWarning"]
