"""`python -m benchmarks.equal_budget`."""

from benchmarks.equal_budget.run import main

if __name__ == "__main__":
    main()
