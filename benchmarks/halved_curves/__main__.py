"""`python -m benchmarks.halved_curves`."""

from benchmarks.halved_curves.run import main

if __name__ == "__main__":
    main()
