"""`python -m benchmarks.optuna_pruner`."""

from benchmarks.optuna_pruner.quality import main

if __name__ == "__main__":
    main()
