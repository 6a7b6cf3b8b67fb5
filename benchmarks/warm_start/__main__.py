"""`python -m benchmarks.warm_start`."""

from benchmarks.warm_start.run import main

if __name__ == "__main__":
    main()
