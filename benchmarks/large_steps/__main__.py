"""`python -m benchmarks.large_steps`."""

from benchmarks.large_steps.run import main

if __name__ == "__main__":
    main()
