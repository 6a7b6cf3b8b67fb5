"""Early stopping by forecasts inside an Optuna study: `PredictivePruner`."""

from bandits.integrations.optuna.pending_warnings import PruningWarning
from bandits.integrations.optuna.pruner import PredictivePruner

__all__ = ["PredictivePruner", "PruningWarning"]
