"""`python -m benchmarks.lce`."""

from benchmarks.lce.run import main

if __name__ == "__main__":
    main()
