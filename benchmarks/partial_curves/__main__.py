"""`python -m benchmarks.partial_curves`."""

from benchmarks.partial_curves.run import main

if __name__ == "__main__":
    main()
