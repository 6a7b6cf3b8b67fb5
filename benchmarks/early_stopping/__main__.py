"""`python -m benchmarks.early_stopping`."""

from benchmarks.early_stopping.run import main

if __name__ == "__main__":
    main()
