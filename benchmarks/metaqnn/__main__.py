"""`python -m benchmarks.metaqnn`."""

from benchmarks.metaqnn.run import main

if __name__ == "__main__":
    main()
