"""The library inside other people's loops: `bandits.integrations.optuna` is a pruner for Optuna studies."""

from bandits.integrations.pruning_warning import PruningWarning

__all__ = ["PruningWarning"]
