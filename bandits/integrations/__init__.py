"""The library inside other people's loops: `bandits.integrations.optuna` is a pruner for Optuna studies."""
