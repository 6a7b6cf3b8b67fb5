"""`python -m benchmarks.prediction_cost`."""

from benchmarks.prediction_cost.run import main

if __name__ == "__main__":
    main()
