"""`python -m benchmarks.bnn`."""

from benchmarks.bnn.run import main

if __name__ == "__main__":
    main()
