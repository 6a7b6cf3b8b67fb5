"""`python -m benchmarks.workers`."""

from benchmarks.workers.run import main

if __name__ == "__main__":
    main()
