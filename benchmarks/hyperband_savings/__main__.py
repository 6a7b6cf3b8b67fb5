"""`python -m benchmarks.hyperband_savings`."""

from benchmarks.hyperband_savings.run import main

if __name__ == "__main__":
    main()
