"""`python -m benchmarks.startup`."""

from benchmarks.startup.run import main

if __name__ == "__main__":
    main()
