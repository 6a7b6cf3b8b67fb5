"""The pruner in an Optuna study; see README.md."""
