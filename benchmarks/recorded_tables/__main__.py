"""`python -m benchmarks.recorded_tables`."""

from benchmarks.recorded_tables.check import main

if __name__ == "__main__":
    main()
